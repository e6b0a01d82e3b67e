"""A place in a sorted list: what the next page begins after (keyset paging), as a token in the address."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeGuard

from orders.models.orders import Order

# What each order of the list goes by. Names by their folded form: without case and accents, and it is in the index.
SORTS = {"created": "created_at", "updated": "updated_at", "name": "find", "images": "pictures"}
NEWEST_FIRST = "-created"
# A folded name has at most 800 bytes.
LONGEST_TOKEN = 2000
# Times are written in whole microseconds: a float is not exact for every year.
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

Value = int | str | datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Behind the order with this id, which has this value in the column that `sort` goes by."""

    sort: str
    value: Value
    pk: int


def valid(sort: str) -> str:
    """`sort` if there is such a one: created, updated, name or images, with or without "-"; else "-created"."""
    return sort if sort.removeprefix("-") in SORTS else NEWEST_FIRST


def column(sort: str) -> str:
    return SORTS[sort.removeprefix("-")]


def place_of(order: Order, sort: str) -> Place:
    """The place behind this order."""
    sort = valid(sort)
    return Place(sort, getattr(order, column(sort)), order.pk)


def encode(place: Place) -> str:
    """The place as a token of letters, digits, - and _."""
    value = (place.value - EPOCH) // MICROSECOND if isinstance(place.value, datetime) else place.value
    written = json.dumps([place.sort, value, place.pk], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def decode(token: str, sort: str) -> Place | None:
    """The place that `encode` wrote for this sort; None, so the first page, for anything else.

    A token that somebody made up is at worst another place in the same list.
    """
    try:
        padded = token[:LONGEST_TOKEN] + "=" * (-len(token) % 4)
        written = json.loads(base64.b64decode(padded, b"-_", validate=True))
        kept, value, pk = written
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return None
    if kept != valid(sort) or not _is_whole(pk, 63):
        return None
    known = _value(value, column(kept))
    return None if known is None else Place(kept, known, pk)


def _value(value: object, name: str) -> Value | None:
    """What stands in that column of an order."""
    if name == "find":
        return value if isinstance(value, str) and value.isprintable() else None
    if name == "pictures":
        return value if _is_whole(value, 31) else None
    if not _is_whole(value, 63):
        return None
    try:
        return EPOCH + value * MICROSECOND
    except OverflowError:
        return None


def _is_whole(value: object, bits: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**bits) <= value < 2**bits
