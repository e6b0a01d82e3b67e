"""What Autoenhance says, as frozen values: strict about ids, lenient about all the rest (contract, "must tolerate").

In a value, None means "not said": missing, null, or of a type that makes no sense, so the mirror keeps what it has.
The standard library reads the JSON: msgspec refuses a whole answer for one NaN, lone surrogate or 5,000-digit number,
and row F30 wants the rest of that order shown. Only `Unavailable` is raised here.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from django.utils.translation import gettext_lazy as _
from PIL import Image

from orders.errors import Fields, Unavailable

UNREADABLE = _("Autoenhance gave an answer that we could not read.")
LONGEST_ID = 200  # what the mirror's column holds
LONGEST_TEXT = 4096
MOST_VALUES = 100_000  # of JSON in 2 MB: an ordinary answer has half of that; "[[],[],..." would take 50 MB of memory
MOST_PIXELS = 60_000_000
MOST_REASONS = 20
# The service is younger, and zone arithmetic at the ends of the calendar overflows.
YEARS = range(2000, 9999)
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # Postgres takes neither NUL nor a lone surrogate
# What Pillow raises for damaged or absurd pictures; found by feeding it 200,000 of them. Warnings are errors in tests.
_DAMAGED = (OSError, ValueError, SyntaxError, RuntimeError, Image.DecompressionBombError, Warning)
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """A picture of an order. `status_reason` says in words why it failed."""

    image_id: str
    name: str
    status: str | None
    status_reason: str | None
    date_added: datetime | None
    scene: str | None


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as Autoenhance describes it. Times are aware and in UTC."""

    order_id: str
    name: str | None
    status: str | None
    is_processing: bool | None
    is_merging: bool | None
    is_deleted: bool | None
    total_images: int | None
    created_at: datetime | None
    last_updated_at: datetime | None
    images: tuple[RemoteImage, ...] | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders of a list; `next_offset` asks for the following ones and is None on the last page."""

    orders: tuple[RemoteOrder, ...]
    next_offset: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's bytes, and the media type that the bytes themselves show."""

    data: bytes
    media_type: str


def read_order(body: bytes) -> RemoteOrder:
    """The order in a JSON `body`; Unavailable when there is none with an id."""
    order = _order(_json(body))
    if order is None:
        raise Unavailable(UNREADABLE)
    return order


def read_page(body: bytes) -> Page:
    """The orders in a JSON `body`, without those that have no usable id; Unavailable when it holds no list at all."""
    answer = _json(body)
    orders = answer.get("orders") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(orders, list):
        raise Unavailable(UNREADABLE)
    return Page(_each(_order, orders, lambda order: order.order_id), _offset(answer.get("pagination")))


def read_fields(body: bytes, hide: str = "") -> Fields:
    """The reasons by field in the body of a refusal (`detail.json`, contract section 13); empty when there are none.

    `hide` is a key that the answer may echo (T11): what contains it is left out.
    """
    try:
        answer = _json(body)
    except Unavailable:
        return {}
    for step in ("detail", "json"):
        answer = answer.get(step) if isinstance(answer, dict) else None
    if not isinstance(answer, dict):
        return {}
    fields = {str(_text(field)): _reasons(value, hide) for field, value in answer.items()}
    told = [(field, reasons) for field, reasons in fields.items() if reasons and not (hide and hide in field)]
    return dict(told[:MOST_REASONS])


def read_picture(data: bytes) -> Picture:
    """`data` as a picture of a kind that browsers show, judged by its header alone; Unavailable for anything else."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "AVIF")) as picture:
            media_type, pixels = MEDIA_TYPES.get(picture.format or ""), picture.width * picture.height
    except _DAMAGED:
        media_type, pixels = None, 0
    if media_type is None or not 0 < pixels <= MOST_PIXELS:
        raise Unavailable(_("Autoenhance gave something that is not a picture we can show."))
    return Picture(data, media_type)


def _json(body: bytes) -> object:
    answer: object = None
    # Nothing is raised inside `except`: a JSONDecodeError holds the whole body, and would stay reachable as context.
    readable = sum(map(body.count, (b",", b"[", b"{"))) <= MOST_VALUES
    try:
        answer = json.loads(body.decode("utf-8-sig"), parse_int=_integer) if readable else None
    except (ValueError, RecursionError):
        readable = False
    if not readable:
        raise Unavailable(UNREADABLE)
    return answer


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _order(raw: object) -> RemoteOrder | None:
    if not isinstance(raw, dict) or (order_id := _id(raw.get("order_id"))) is None:
        return None
    images = raw.get("images")
    return RemoteOrder(
        order_id=order_id,
        name=_text(raw.get("name")),
        status=_text(raw.get("status"), LONGEST_ID) or None,
        is_processing=_flag(raw.get("is_processing")),
        is_merging=_flag(raw.get("is_merging")),
        is_deleted=_flag(raw.get("is_deleted")),
        total_images=_count(raw.get("total_images")),
        created_at=_time(raw.get("created_at")),
        last_updated_at=_time(raw.get("last_updated_at")),
        images=_each(_image, images, lambda image: image.image_id) if isinstance(images, list) else None,
    )


def _image(raw: object) -> RemoteImage | None:
    if not isinstance(raw, dict) or (image_id := _id(raw.get("image_id"))) is None:
        return None
    return RemoteImage(
        image_id=image_id,
        name=_text(raw.get("image_name")) or "",
        status=_text(raw.get("status"), LONGEST_ID) or None,
        status_reason=_text(raw.get("status_reason")) or None,
        date_added=_time(raw.get("date_added")),
        scene=_text(raw.get("scene"), LONGEST_ID) or None,
    )


def _each(
    read: Callable[[object], _Item | None], raw: Iterable[object], key: Callable[[_Item], str]
) -> tuple[_Item, ...]:
    """What can be read of `raw`, each key once: one bad or repeated item never costs the others."""
    return tuple({key(item): item for item in map(read, raw) if item is not None}.values())


def _id(value: object) -> str | None:
    """An id as it is or not at all: a repaired id would be another order's."""
    usable = isinstance(value, str) and 0 < len(value) <= LONGEST_ID and not _UNSTORABLE.search(value)
    return value if usable and isinstance(value, str) else None


def _text(value: object, longest: int = LONGEST_TEXT) -> str | None:
    return _UNSTORABLE.sub("\ufffd", value[:longest]) if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int | None:
    """3 and 3.0 are three pictures (contract section 2); NaN is within no bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**31:
        return None
    return int(value) if value == int(value) else None


def _time(value: object) -> datetime | None:
    """ISO 8601 with Z, an offset or bare (UTC), or Unix time: above 10^11 in milliseconds, else in seconds."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value[:64].strip().upper())
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            moment = datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year in YEARS else None


def _offset(pagination: object) -> str | None:
    """The token of the next page. One that cannot be read is no end: taking it for one would lose orders."""
    token = pagination.get("next_offset") if isinstance(pagination, dict) else None
    if isinstance(token, int) and not isinstance(token, bool):
        token = str(token)
    if token is not None and (not isinstance(token, str) or len(token) > LONGEST_TEXT):
        raise Unavailable(UNREADABLE)
    return _text(token) or None


def _reasons(value: object, hide: str) -> list[str]:
    reasons = value if isinstance(value, list) else [value]
    # The whole text is searched, then cut: half a key is a key's half too many.
    safe = (text for reason in reasons[:MOST_REASONS] if (text := _text(reason)) and not (hide and hide in text))
    return [text[:LONGEST_ID] for text in safe]
