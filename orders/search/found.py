"""What a search found, read from the database piece by piece as it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from dashboard.accounts.models import Team, User
from orders.models import Order, Shown
from orders.models.orders import OrderQuerySet
from orders.search import fuzzy, marks, sql
from orders.search.language import Filter, Query
from orders.search.needles import Needles, Similar, needles
from orders.search.places import NEWEST_FIRST, Place
from orders.search.qualifiers import QUALIFIERS

COUNT_TO = 1000
# Whose names tell which of the similar words were met.
LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, for people; `without` is the text of the query without it."""

    label: str
    value: str
    without: str


@dataclass
class Found:
    """The orders of the team that match the query. `jump` is the one order that the text names by its id, if any;
    `unknown_id` is such an id that the mirror does not have.
    """

    team: Team
    user: User
    query: Query
    sort: str
    jump: Order | None = None
    unknown_id: str = ""
    _widened: bool | None = field(default=None, repr=False)

    # Which orders ----------------------------------------------------------------------------------------------------

    @property
    def orders(self) -> OrderQuerySet:
        """All of them, in no order; those of the second pass where only that finds any."""
        return self._second if self._is_widened else self._first

    def ids(self, sort: str, after: Place | None, limit: int) -> list[int]:
        """The ids of one page: at most `limit` from the place `after` (None: the beginning)."""
        if self._widened is None and after is None:
            return self._first_page(sort, limit)
        return sql.page(self.orders, sort, after, limit)

    def _first_page(self, sort: str, limit: int) -> list[int]:
        """A page that tells which pass it is on the way: an empty first one is not asked for twice."""
        page = sql.page(self._first, sort, None, limit)
        if not page and self._similar is not None:
            page = sql.page(self._second, sort, None, limit)
            self._widened = bool(page)
        else:
            self._widened = False
        return page

    @property
    def _is_widened(self) -> bool:
        if self._widened is None:
            self._widened = False
            if fuzzy.misspelled(self.query):
                self._first_page(NEWEST_FIRST, 1)
        return self._widened

    @cached_property
    def _first(self) -> OrderQuerySet:
        return sql.matching(self.team, self.user, self.query)

    @cached_property
    def _second(self) -> OrderQuerySet:
        return sql.matching(self.team, self.user, self.query, self._similar)

    @cached_property
    def _similar(self) -> Similar | None:
        return None if self.unknown_id else fuzzy.similar(self.team, self.query)

    # How many --------------------------------------------------------------------------------------------------------

    def count(self, cap: int = COUNT_TO) -> tuple[int, bool]:
        """How many orders, at most `cap`, and whether that is all of them."""
        return sql.count(self.orders, cap)

    def status_counts(self) -> dict[Shown, int]:
        """How many orders of each status the query finds without its filters by status; none where there are none."""
        whole = self.query.without_filter("status")
        similar = self._similar if self._is_widened else None
        return sql.status_counts(sql.matching(self.team, self.user, whole, similar))

    @property
    def asks_nothing(self) -> bool:
        """Whether the text has no filter, and no word that a name can have ("%"): it finds all orders, like none."""
        return not (self.jump or self.query.filters or needles(self.query))

    # What the page says ----------------------------------------------------------------------------------------------

    @property
    def hints(self) -> list[str]:
        """Sentences about what could not be understood."""
        return list(self.query.hints)

    @cached_property
    def similar(self) -> list[str]:
        """The words of the second pass that the newest of its orders have; empty when the first pass found any."""
        if not self._is_widened:
            return []
        names = self._second.newest_first().values_list("find", flat=True)[:LOOKED_AT]
        return fuzzy.met(self.query, self._similar or {}, {word for find in names for word in find.split()})

    def marks(self, name: str) -> list[tuple[str, bool]]:
        """The name in pieces, True where the search matched it; together they are the whole name."""
        return marks.marks(name, self._needles)

    @cached_property
    def _needles(self) -> list[Needles]:
        return needles(self.query, self._similar if self._is_widened else None)

    @property
    def chips(self) -> list[Chip]:
        """The filters in force, in reading order."""
        return [_chip(self.query, term) for term in self.query.filters]

    def with_filter(self, name: str, value: str) -> str:
        """The text of the query with `name:value` instead of its filters of that name; only without them for ""."""
        return str(self.query.with_filter(name, value) if value else self.query.without_filter(name))


def _chip(query: Query, term: Filter) -> Chip:
    qualifier = QUALIFIERS[term.name]
    label = str(qualifier.label)
    return Chip(
        label=_("not %s") % label if term.negated else label,
        value=qualifier.value_label(term.value),
        without=str(query.without(term)),
    )
