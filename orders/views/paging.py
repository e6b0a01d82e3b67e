"""Which page of a list an address names: what follows one place, or what stands before another (keyset paging)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from orders.models import Order
from orders.search import Found
from orders.search.places import decode, encode, place_of
from orders.views.listing import Address


@dataclass(frozen=True, slots=True)
class Leaf:
    """The ids of a page's orders, and whether others stand before and behind them.

    `lost`: the address names a place that there is not, so it is the first page.
    """

    pks: list[int]
    before: bool
    behind: bool
    lost: bool = False


def leaf(found: Found, given: QueryDict, sort: str, size: int) -> Leaf:
    """The page of at most `size` orders that `after` or `before` names; without either, the first."""
    token = given.get("before", "")
    place = decode(token, _backwards(sort)) if token else None
    if place:
        pks = found.ids(_backwards(sort), place, size + 1)
        if len(pks) > size:
            return Leaf(pks[:size][::-1], before=True, behind=True)
        return _forwards(found, "", sort, size)  # whole, also when there is less than a page before the place
    return _forwards(found, given.get("after", "") or token, sort, size)


def neighbours(leaf: Leaf, page: list[Order], address: Address) -> tuple[str, str]:
    """The addresses of the pages before and behind; "" where there is none. page: its orders."""
    if not page:
        return "", ""
    sort = address.sort
    previous = address.to(before=encode(place_of(page[0], _backwards(sort)))) if leaf.before else ""
    following = address.to(after=encode(place_of(page[-1], sort))) if leaf.behind else ""
    return previous, following


def _forwards(found: Found, token: str, sort: str, size: int) -> Leaf:
    place = decode(token, sort) if token else None
    pks = found.ids(sort, place, size + 1)
    return Leaf(pks[:size], before=bool(place), behind=len(pks) > size, lost=bool(token and not place))


def _backwards(sort: str) -> str:
    """The same sort the other way round."""
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
