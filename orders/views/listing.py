"""What stands around the rows of the list: its address, tabs with counts, sorts, how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from orders.models import MOST_LINES, Shown
from orders.search import Found
from orders.search.places import NEWEST_FIRST

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SORTS: Mapping[str, StrPromise] = {
    "-created": gettext_lazy("Newest first"),
    "created": gettext_lazy("Oldest first"),
    "-updated": gettext_lazy("Changed lately first"),
    "updated": gettext_lazy("Changed long ago first"),
    "name": gettext_lazy("By name, A to Z"),
    "-name": gettext_lazy("By name, Z to A"),
    "-images": gettext_lazy("Most pictures first"),
    "images": gettext_lazy("Fewest pictures first"),
}
# What the first click on a column's head asks for; a second one turns it round.
HEADS = ("name", "-images", "-created", "-updated")


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a list: it is the whole state, also for a colleague (features Q9)."""

    path: str
    text: str = ""
    sort: str = NEWEST_FIRST

    def to(self, *, text: str | None = None, sort: str | None = None, after: str = "", before: str = "") -> str:
        """The list with another search or sort, from its first page; or the page that follows or ends at a place.

        An address without any state is not the whole list: it opens with the person's default view.
        """
        sort = self.sort if sort is None else sort
        state = {
            "q": self.text if text is None else text,
            "sort": "" if sort == NEWEST_FIRST else sort,
            "after": after,
            "before": before,
        }
        return f"{self.path}?{urlencode({name: value for name, value in state.items() if value} or {'q': ''})}"


@dataclass(frozen=True, slots=True)
class Tab:
    """One status above the table; `count` is "" where counting would take too long."""

    label: str
    url: str
    count: str
    current: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """A way to sort: `direction` is what aria-sort says of a column that is sorted now, else ""."""

    label: str
    url: str
    direction: str


def tabs(found: Found, address: Address, counts: Mapping[Shown, int] | None) -> list[Tab]:
    """All, and each status; that of deleted orders only while it is asked for."""
    query = found.query
    filtered = any(term.name == "status" for term in query.filters)

    def count(*those: Shown) -> str:
        return "" if counts is None else str(intcomma(sum(counts.get(shown, 0) for shown in those)))

    made = [Tab(_("All"), address.to(text=found.with_filter("status", "")), count(*Shown), current=not filtered)]
    for shown in Shown:
        word = shown.name.lower()
        current = query.asks_for("status", word)
        if shown != Shown.DELETED or current:
            url = address.to(text=found.with_filter("status", word))
            made.append(Tab(str(shown.label), url, "" if shown == Shown.DELETED else count(shown), current))
    return made


class Counted(NamedTuple):
    """How many orders there are, in words, and of each status; None where that would take too long.

    `few`: so few that all of them can be renamed at once.
    """

    says: str
    by_status: dict[Shown, int] | None
    few: bool


def counted(found: Found) -> Counted:
    """How many orders there are.

    Exact where that is cheap: without words the index's columns are counted alone; with words only up to a limit,
    beyond which it is "1,000+ orders", and no more is counted.
    """
    if not found.query.texts:
        counts = found.status_counts()
        in_tab = _of_tab(found, counts)
        return _counted(*(found.count() if in_tab is None else (in_tab, True)), counts)
    number, exact = found.count()
    return _counted(number, exact, found.status_counts() if exact else None)


def _counted(number: int, exact: bool, by_status: dict[Shown, int] | None) -> Counted:
    says = ngettext("%s order", "%s orders", number) % short(number, exact)
    return Counted(says, by_status, exact and number <= MOST_LINES)


def _of_tab(found: Found, counts: Mapping[Shown, int]) -> int | None:
    """The count of the one tab that is open; None where that is none of `counts`."""
    statuses = [term for term in found.query.filters if term.name == "status"]
    if not statuses:
        return sum(counts.values())
    (status, *others) = statuses
    if others or status.negated or status.value == "deleted":
        return None
    return counts.get(Shown[status.value.upper()], 0)


def short(number: int, exact: bool) -> str:
    """A figure for a narrow place: "86", or "999+"."""
    return str(intcomma(number)) if exact else f"{intcomma(number)}+"


def heads(address: Address) -> dict[str, Sort]:
    """The columns that can be sorted by: name, images, created, updated."""
    made = {}
    for first in HEADS:
        name = first.removeprefix("-")
        current = address.sort.removeprefix("-") == name
        other = name if address.sort.startswith("-") else f"-{name}"
        direction = ("descending" if address.sort.startswith("-") else "ascending") if current else ""
        target = other if current else first
        made[name] = Sort(str(SORTS[target]), address.to(sort=target), direction)
    return made


def sorts(address: Address) -> list[Sort]:
    """Every way to sort, for a screen too narrow for column heads."""
    return [
        Sort(str(label), address.to(sort=sort), "sorted" if sort == address.sort else "")
        for sort, label in SORTS.items()
    ]
