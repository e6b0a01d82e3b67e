"""What one answer changes in one order: pure rules, no database (contract "What a robust client must tolerate")."""

from __future__ import annotations

import json
import marshal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b, sha256
from operator import attrgetter
from typing import Any

from orders.answers import RemoteImage, RemoteOrder
from orders.fold import FOLD_VERSION, fold
from orders.models import Shown

# Bump it with any change here: what was heard before is then absorbed once more, by the new rules.
RULES_VERSION = 1

WORDS = {
    "waiting": Shown.WAITING,
    "processing": Shown.PROCESSING,
    "processed": Shown.READY,
    "error": Shown.ERROR,
}
DONE, FAILED = "processed", "error"
UNDEVELOPED = ("waiting", "processing")
STATUS_LENGTH = 100
FRAMES = 4  # of a strip (decision 9)

# Each digest begins as a copy of it: making one takes three times as long.
_DIGEST = blake2b(digest_size=8, salt=f"{RULES_VERSION}.{FOLD_VERSION}".encode())
_COMPLEX = {"created_at", "last_updated_at", "images"}
_plain = attrgetter(*(name for name in RemoteOrder.__slots__ if name not in _COMPLEX))


@dataclass(slots=True)
class Known:
    """What we know of an order from Autoenhance; the fields are columns of Order and OrderDetail.

    Not the models themselves: an import makes one for every order of an account, and a model takes ten times as long.
    """

    order_id: str
    created_at: datetime
    updated_at: datetime
    pk: int | None = None
    name: str = ""
    find: str = " "
    fold_version: int = FOLD_VERSION
    status: str = ""
    shown: int = Shown.UNKNOWN.value
    pictures: int = 0
    ready: int = 0
    failed: int = 0
    strip: str = ""
    deleted: bool = False
    version: int = 0
    run: int = 0
    run_at: datetime | None = None
    heard: int | None = None
    images: list[dict[str, Any]] = field(default_factory=list)
    next_n: int = 1
    is_processing: bool = False
    is_merging: bool = False

    @property
    def has_details(self) -> bool:
        """Whether there is anything to keep in OrderDetail: a list says nothing of pictures."""
        return bool(self.images or self.next_n > 1 or self.is_processing or self.is_merging)


_facts = attrgetter(*Known.__slots__)


def heard(answer: RemoteOrder) -> int:
    """All of the answer in 64 bits: what sounds as it did the last time changes nothing."""
    created, updated = answer.created_at, answer.last_updated_at
    times = (created.timestamp() if created else None, updated.timestamp() if updated else None)
    # Three times as fast as repr for all of it. From version 3 of the format on, equal values need not look equal.
    everything = marshal.dumps((_plain(answer), times, repr(answer.images)), 2)
    digest = _DIGEST.copy()
    digest.update(everything)
    return int.from_bytes(digest.digest(), "big", signed=True)


def absorb(order: Known, answer: RemoteOrder, *, found: bool = False) -> bool:
    """Bring `order` up to the answer, unsaved; whether anything changed, which also counts its version.

    What the answer does not say stays. A new order (version 0) without times keeps those it was made with. `found`: it
    counts as deleted only because it could not be found, and here it is.
    """
    before = _facts(order) if order.version else None
    if answer.name is not None and (answer.name != order.name or order.version == 0):
        order.name, order.find, order.fold_version = answer.name, fold(answer.name), FOLD_VERSION
    if answer.status is not None:
        order.status = answer.status[:STATUS_LENGTH]
    order.is_processing = _said(answer.is_processing, order.is_processing)
    order.is_merging = _said(answer.is_merging, order.is_merging)
    order.deleted = _said(answer.is_deleted, order.deleted and not found)
    _absorb_images(order, answer)
    if order.version == 0:
        order.created_at = answer.created_at or answer.last_updated_at or order.created_at
        order.updated_at = order.created_at
    order.updated_at = answer.last_updated_at or order.updated_at
    order.shown = shown(order).value
    changed = before is None or _facts(order) != before
    order.version += changed
    return changed


def shown(order: Known) -> Shown:
    """Our word for the status (features 4.3.3); without one, it is read off the pictures if possible."""
    if order.deleted:
        return Shown.DELETED
    if order.is_merging:
        return Shown.MERGING
    if order.is_processing:
        return Shown.PROCESSING
    if order.status:
        return WORDS.get(order.status.lower(), Shown.UNKNOWN)
    if order.images and order.ready + order.failed == len(order.images):
        return Shown.READY if order.ready else Shown.ERROR
    return Shown.UNKNOWN


def strip_of(images: Sequence[dict[str, Any]]) -> str:
    """What the strip of these pictures shows, as 12 letters that change with it; "" when there are no pictures.

    A picture that waits and one that is worked on look alike.
    """
    frames = [(image["id"], "" if image["status"] in UNDEVELOPED else image["status"]) for image in images[:FRAMES]]
    return sha256(json.dumps(frames).encode()).hexdigest()[:12] if frames else ""


def _absorb_images(order: Known, answer: RemoteOrder) -> None:
    """The pictures and their counts. An empty list is "not said" while there must be some (grouping, list entries)."""
    images = answer.images
    if images is not None and (images or not (order.is_merging or answer.total_images)):
        order.images = _numbered(order, images)
        order.ready = sum(image["status"] == DONE for image in order.images)
        order.failed = sum(image["status"] == FAILED for image in order.images)
        order.pictures = len(order.images)
        order.strip = strip_of(order.images)
    if answer.total_images is not None:
        order.pictures = max(answer.total_images, len(order.images))


def _numbered(order: Known, images: Sequence[RemoteImage]) -> list[dict[str, Any]]:
    """The pictures as we keep them, each with the number it got at first sight; numbers are never reused."""
    numbers = {image["id"]: image["n"] for image in order.images}
    kept = []
    for image in images:
        if image.image_id not in numbers:
            numbers[image.image_id] = order.next_n
            order.next_n += 1
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
