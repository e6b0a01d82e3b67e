"""Records as JSON, with every property of contract 2 and 3 and only values that the vendor's SDK 1.1.0 reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from orders.sandbox.records import Bracket, Image, Order

Json = dict[str, object]

IMAGE_SORTS: dict[str, Callable[[Image], Any]] = {
    "name": lambda image: image.name.casefold(),
    "date_added": lambda image: image.added_at,
}
AI_VERSIONS = {"5.x", "5.0", "4.x", "4.7"}
DEFAULTS: Json = {
    "enhance": True,
    "enhance_type": "neutral",
    "ai_version": "5.x",
    "preset_id": None,
    "lens_correction": True,
    "vertical_correction": True,
    "sky_replacement": False,
    "cloud_type": None,
    "window_pull_type": "NONE",
    "privacy": False,
    "upscale": False,
    "metadata": {},
}


def bare_time(moment: float) -> str:
    """UTC with microseconds and no zone, as real answers have it (contract 2)."""
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def order(order: Order, now: float, sort: str | None = None) -> Json:
    """One order, its images sorted as asked or as the order says. While grouping it shows none (contract 9)."""
    images = () if order.is_merging(now) else sorted_images(order.images, sort or order.sort_order)
    return {
        "order_id": order.order_id,
        "name": order.name,
        "status": order.status(now),
        "is_processing": order.is_processing(now),
        "is_merging": order.is_merging(now),
        "is_deleted": order.deleted,
        "total_images": len(images),
        "created_at": bare_time(order.created_at),
        "last_updated_at": bare_time(order.last_change(now)),
        "default_image_sort_order": order.sort_order,
        "images": [image(one, now) for one in images],
    }


def sorted_images(images: tuple[Image, ...], sort: str) -> tuple[Image, ...]:
    """By name or date added, equal ones as they came; `custom` is as they came (guess, contract 2)."""
    if sort == "custom":
        return images
    return tuple(sorted(images, key=IMAGE_SORTS[sort.removeprefix("-")], reverse=sort.startswith("-")))


def image(image: Image, now: float) -> Json:
    """One image; `date_added` in milliseconds (contract 3)."""
    status = image.status(now)
    return {
        "image_id": image.image_id,
        "image_name": image.name,
        "order_id": image.order_id,
        "user_id": None,
        "parent_image_id": None,
        "status": status,
        "status_reason": image.failure if status == "error" else None,
        "date_added": int(image.added_at * 1000),
        "downloaded": False,
        "scene": image.scene,
        "rating": None,
        "finetune_settings": {},
        **DEFAULTS,
        **_spoken(json.loads(image.settings)),
    }


def _spoken(settings: Json) -> Json:
    """Settings as the SDK at version 2025-05-08 reads them: one value it does not know fails its whole list."""
    if settings.get("cloud_type") == "LOW_CLOUD_LOW_SAT":
        settings["cloud_type"] = "LOW_CLOUD"
    if settings.get("ai_version") not in AI_VERSIONS:
        settings["ai_version"] = DEFAULTS["ai_version"]
    return settings


def bracket(bracket: Bracket) -> Json:
    """One bracket (contract 9)."""
    return {
        "bracket_id": bracket.bracket_id,
        "name": bracket.name,
        "order_id": bracket.order_id,
        "image_id": bracket.image_id,
        "is_uploaded": bracket.is_uploaded,
        "metadata": json.loads(bracket.metadata),
    }
