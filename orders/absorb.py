"""What one answer changes in one order: pure rules, no database (contract "What a robust client must tolerate")."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from orders.answers import RemoteImage, RemoteOrder
from orders.models import Order, OrderDetail, Shown

WORDS = {
    "waiting": Shown.WAITING,
    "processing": Shown.PROCESSING,
    "processed": Shown.READY,
    "error": Shown.ERROR,
}
DONE, FAILED = "processed", "error"
STATUS_LENGTH = 100
FRAMES = 4  # of a strip (decision 9)


def absorb(order: Order, detail: OrderDetail, answer: RemoteOrder, began: datetime) -> bool:
    """Bring `order` and its `detail` up to the answer, unsaved; whether anything changed.

    What the answer does not say stays. A new order (version 0) without times gets the time of the request.
    """
    before = _facts(order, detail)
    if answer.name is not None and (answer.name != order.name or order.version == 0):
        order.rename_to(answer.name)
    if answer.status is not None:
        order.status = answer.status[:STATUS_LENGTH]
    detail.is_processing = _said(answer.is_processing, detail.is_processing)
    detail.is_merging = _said(answer.is_merging, detail.is_merging)
    order.deleted = _said(answer.is_deleted, order.deleted)
    _absorb_images(order, detail, answer)
    if order.version == 0:
        order.created_at = answer.created_at or answer.last_updated_at or began
        order.updated_at = order.created_at
    order.updated_at = answer.last_updated_at or order.updated_at
    order.shown = shown(order, detail)
    return order.version == 0 or _facts(order, detail) != before


def shown(order: Order, detail: OrderDetail) -> Shown:
    """Our word for the status (features 4.3.3); without one, it is read off the pictures if possible."""
    if order.deleted:
        return Shown.DELETED
    if detail.is_merging:
        return Shown.MERGING
    if detail.is_processing:
        return Shown.PROCESSING
    if order.status:
        return WORDS.get(order.status.lower(), Shown.UNKNOWN)
    if detail.images and order.ready + order.failed == len(detail.images):
        return Shown.READY if order.ready else Shown.ERROR
    return Shown.UNKNOWN


def strip_of(images: Sequence[dict[str, Any]]) -> str:
    """What the strip of these pictures shows, as 12 letters that change with it; "" when there are no pictures.

    Of a status it matters only whether the picture is ready or failed: others look alike.
    """
    frames = [(image["id"], image["status"] if image["status"] in (DONE, FAILED) else "") for image in images[:FRAMES]]
    return sha256(json.dumps(frames).encode()).hexdigest()[:12] if frames else ""


def _absorb_images(order: Order, detail: OrderDetail, answer: RemoteOrder) -> None:
    """The pictures and their counts. An empty list is "not said" while there must be some (grouping, list entries)."""
    images = answer.images
    if images is not None and (images or not (detail.is_merging or answer.total_images)):
        detail.images = _numbered(detail, images)
        order.ready = sum(image["status"] == DONE for image in detail.images)
        order.failed = sum(image["status"] == FAILED for image in detail.images)
        order.pictures = len(detail.images)
        order.strip = strip_of(detail.images)
    if answer.total_images is not None:
        order.pictures = max(answer.total_images, len(detail.images))


def _numbered(detail: OrderDetail, images: Sequence[RemoteImage]) -> list[dict[str, Any]]:
    """The pictures as we keep them, each with the number it got at first sight; numbers are never reused."""
    numbers = {image["id"]: image["n"] for image in detail.images}
    kept = []
    for image in images:
        if image.image_id not in numbers:
            numbers[image.image_id] = detail.next_n
            detail.next_n += 1
        kept.append(
            {
                "n": numbers[image.image_id],
                "id": image.image_id,
                "name": image.name,
                "status": image.status,
                "reason": image.status_reason,
                "scene": image.scene,
            }
        )
    return kept


def _said(value: bool | None, kept: bool) -> bool:
    return kept if value is None else value


def _facts(order: Order, detail: OrderDetail) -> tuple[Any, ...]:
    """Everything that a page shows."""
    return (
        order.name,
        order.status,
        order.shown,
        order.updated_at,
        order.pictures,
        order.ready,
        order.failed,
        order.strip,
        order.deleted,
        detail.images,
        detail.is_processing,
        detail.is_merging,
    )
