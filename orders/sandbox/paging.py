"""The list's pages (contract 7): an opaque token says where the next one begins, and null that there is none."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from orders.sandbox.records import Order
from orders.sandbox.tables import fold

MOST_IMAGES = 120  # contract 7: a page may hold "fewer than asked when it would be too large"
Place = tuple[str | float, int]


def _sql(column: str, direction: str) -> str:
    after = ">" if direction == "asc" else "<"
    return (
        "select * from orders where account = ? and not deleted and instr(folded, ?) > 0"  # noqa: S608 - four constants
        f" and (? or ({column}, seq) {after} (?, ?)) order by {column} {direction}, seq {direction} limit ?"
    )


SORTS = {
    "name": _sql("folded", "asc"),
    "-name": _sql("folded", "desc"),
    "date": _sql("created_at", "asc"),
    "-date": _sql("created_at", "desc"),
}


class BadOffset(ValueError):
    """Not a token that this list gave out."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, and the token of the page after them."""

    orders: list[Order]
    next_offset: str | None


@dataclass(frozen=True, slots=True)
class Cut:
    """Which page is asked for. `q` is text in the name, whatever its case."""

    sort: str
    after: Place | None
    q: str
    per_page: int

    @classmethod
    def read(cls, sort: str, q: str, per_page: int, offset: str | None) -> Cut:
        """From the query of the list; a token carries its sort. Raises BadOffset."""
        return cls(*_place(offset), q, per_page) if offset else cls(sort, None, q, per_page)

    @property
    def sql(self) -> str:
        """The query, for the values below."""
        return SORTS[self.sort]

    def values(self, account: int) -> tuple[object, ...]:
        """One row more than the page holds, to know whether another page follows."""
        return (account, fold(self.q), self.after is None, *(self.after or (None, None)), self.per_page + 1)

    def page(self, found: Sequence[tuple[Order, int]]) -> Page:
        """The page made of the orders found, with their row numbers; shorter when they hold many images."""
        length = 1 if found else 0
        images = len(found[0][0].images) if found else 0
        for order, _ in found[1 : self.per_page]:
            images += len(order.images)
            if images > MOST_IMAGES:
                break
            length += 1
        more = len(found) > length
        return Page([order for order, _ in found[:length]], self._token(*found[length - 1]) if more else None)

    def _token(self, order: Order, number: int) -> str:
        key = fold(order.name) if self.sort.endswith("name") else order.created_at
        return base64.urlsafe_b64encode(json.dumps([self.sort, key, number]).encode()).decode()


def _place(offset: str) -> tuple[str, Place]:
    try:
        sort, key, number = json.loads(base64.urlsafe_b64decode(offset))
        kind = str if SORTS[sort] and sort.endswith("name") else float
    except (ValueError, TypeError, KeyError):
        raise BadOffset from None
    if type(key) is not kind or type(number) is not int:
        raise BadOffset
    return sort, (key, number)
