"""A tree as a query (DESIGN section 6). What is asked of the list's index alone stays in its columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Count, Expression, F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from dashboard.accounts.models import Team, User
from orders import due, stuck
from orders.models import ApiKey, Order, OrderWatch, ShareLink, Shown
from orders.models.orders import OrderQuerySet
from orders.search.language import Filter, Query
from orders.search.needles import Needles, Similar, needles, of_name, telling
from orders.search.places import Place, column, valid
from orders.search.values import moments, numbers

# Not looked at for so long: while open, and otherwise.
STALE_OPEN, STALE = timedelta(days=1), timedelta(days=7)


def matching(team: Team, user: User, query: Query, similar: Similar | None = None) -> OrderQuerySet:
    """The team's orders that match the whole query; the deleted ones only if it asks for them."""
    wants_deleted = query.asks_for("is", "deleted") or query.asks_for("status", "deleted")
    orders = Order.objects.filter(team=team) if wants_deleted else Order.objects.of(team)
    for term in query.filters:
        if term.name == "name" and not term.negated:
            continue  # among the needles
        condition = CONDITIONS[term.name](term, team, user)
        orders = orders.filter(~condition if term.negated else condition)
    wanted = needles(query, similar)
    return orders.filter(HasAll(tuple(telling(wanted)))) if wanted else orders


def page(orders: OrderQuerySet, sort: str, after: Place | None, limit: int) -> list[int]:
    """The ids of one page, from the index alone; the rows of so few are fetched after."""
    sort = valid(sort)
    down = sort.startswith("-")
    name = column(sort)
    # In the order of letters' numbers: which language sorts how is decided for pages, not for an index.
    orders = orders.alias(place=Collate(name, "C") if name == "find" else F(name))
    if after:
        orders = orders.filter(_beyond(after, "lt" if down else "gt"))
    ordered = orders.order_by(*(("-place", "-pk") if down else ("place", "pk")))
    return list(ordered.values_list("pk", flat=True)[:limit])


def count(orders: OrderQuerySet, cap: int) -> tuple[int, bool]:
    """How many there are, at most `cap`, and whether that is all."""
    number = orders.order_by().values("pk")[: cap + 1].count()
    return min(number, cap), number <= cap


def status_counts(orders: OrderQuerySet) -> dict[Shown, int]:
    """How many there are of each status; those without any are left out."""
    return {
        Shown(shown): number for shown, number in orders.order_by().values_list("shown").annotate(number=Count("*"))
    }


def _beyond(after: Place, way: str) -> Q:
    """Behind this place. The first half is the one that an index understands."""
    at_or_beyond = Q(**{f"place__{way}e": after.value})
    return at_or_beyond & (Q(**{f"place__{way}": after.value}) | Q(**{f"pk__{way}": after.pk}))


class HasAll(Expression):
    """Whether the folded name contains, of each of these, one needle.

    strpos, not LIKE: nothing in a needle has to be escaped, and it is what was measured. One expression for all of
    them: Django would take as long for one each as Postgres for the search.
    """

    def __init__(self, wanted: tuple[Needles, ...]) -> None:
        super().__init__(output_field=BooleanField())
        self.find: Any = F("find")  # and once the query is built, the column itself
        self.wanted = wanted

    def get_source_expressions(self) -> list[Combinable]:
        return [self.find]

    def set_source_expressions(self, exprs: Sequence[Combinable]) -> None:
        (self.find,) = exprs

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        find, _ = compiler.compile(self.find)
        each = (" or ".join([f"strpos({find}, %s) > 0"] * len(needles)) for needles in self.wanted)
        return " and ".join(f"({any_of})" for any_of in each), tuple(chain.from_iterable(self.wanted))


def _interval(name: str, start: object, end: object) -> Q:
    """From `start` up to but without `end`; None is unbounded."""
    return (Q(**{f"{name}__gte": start}) if start is not None else Q()) & (
        Q(**{f"{name}__lt": end}) if end is not None else Q()
    )


def _moments(name: str) -> Condition:
    def condition(term: Filter, team: Team, user: User) -> Q:
        return _interval(name, *moments(term.value, timezone.now().astimezone(ZoneInfo(team.time_zone))))

    return condition


def _through(keys: Q, team: Team) -> Q:
    """Orders of these keys. Their ids are looked up first: a team has few, and a join would leave the index."""
    return Q(key__in=list(ApiKey.objects.filter(keys, team=team).values_list("pk", flat=True)))


def _by(term: Filter, team: Team, user: User) -> Q:
    """Whose key: me, a part of a teammate's name, or an address or its part before the @."""
    if term.value.lower() == "me":
        return _through(Q(user=user), team)
    address = Q(user__email__iexact=term.value) | Q(user__email__istartswith=f"{term.value}@")
    return _through(Q(user__name__icontains=term.value) | address, team)


def _is(term: Filter, team: Team, user: User) -> Q:
    if term.value == "deleted":
        return Q(deleted=True)
    if term.value == "shared":
        return Q(pk__in=ShareLink.objects.live().filter(team=team).values("order"))
    now = timezone.now()
    if term.value == "stuck":
        return stuck.condition(team, now)
    if term.value == "open":
        return due.open_at(now)
    listed = dict(ApiKey.objects.filter(team=team).values_list("pk", "listed_at"))
    return _unseen(listed, now - STALE) | (due.open_at(now) & _unseen(listed, now - STALE_OPEN))


def _unseen(listed: Mapping[int, datetime | None], since: datetime) -> Q:
    """Orders with a `seen_at` before that, by when the keys' lists were last read from beginning to end.

    For an order that was listed since then, the list's index is enough: what one has to look up of each takes longer.
    """
    fresh = [key for key, at in listed.items() if at and at >= since]
    missed = OrderWatch.objects.filter(missed_at__isnull=False).values("pk")
    return Q(watch__seen_at__lt=since) & (~Q(key__in=fresh) | Q(pk__in=missed))


Condition = Callable[[Filter, Team, User], Q]

# One for each qualifier of the table.
CONDITIONS: Mapping[str, Condition] = {
    "status": lambda term, team, user: Q(shown=Shown[term.value.upper()]),
    "name": lambda term, team, user: Q(HasAll(tuple(of_name(term)))),
    "id": lambda term, team, user: Q(order_id__startswith=term.value),
    "by": _by,
    "key": lambda term, team, user: _through(Q(label__icontains=term.value), team),
    "created": _moments("created_at"),
    "updated": _moments("updated_at"),
    "images": lambda term, team, user: _interval("pictures", *numbers(term.value)),
    "is": _is,
}
