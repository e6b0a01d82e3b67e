"""How old what a page shows is, why nothing newer came, and how the page asks for news (features S2, S7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.accounts.models import Team, User
from dashboard.health import worker_lives
from orders import due, freshen, live
from orders.bulk import array
from orders.models import ApiKey, Order, OrderWatch, Pace, Sync, Write
from orders.rounds import ROUND
from orders.views.listing import Address
from orders.views.present import Moment, moment
from orders.views.sheet import ASKED

# What was asked for so lately need not be asked for again.
WANTED = timedelta(seconds=10)
# In one row for each status, so that a poll costs hardly more than knowing who asks. `visible_to` and `seen_at` in SQL;
# materialized, because the planner would else go through all orders of the team.
_GLANCE = """
    with mine as materialized (
        select team.id, time_zone from accounts_membership join accounts_team as team on team.id = team_id
        where user_id = %(user)s and (%(slug)s::text is null or slug = %(slug)s)
    ), picked as materialized (
        select id, team_id, version, shown, pictures, updated_at, run_at, next_at, failed_at, greatest(
            seen_at, case when missed_at is null then (select listed_at from orders_apikey where id = key_id) end
        ) as looked_at
        from orders_order join orders_orderwatch as watch on watch.order_id = id
        where id = any(%(pks)s::bigint[])
    )
    select shown, max(pictures), max(updated_at), min(updated_at), max(run_at), min(looked_at),
        min(looked_at) filter (where next_at > now() or next_at < now() - %(wanted)s or next_at is null),
        array_agg(picked.id) filter (
            where version <> (%(versions)s::bigint[])[array_position(%(pks)s::bigint[], picked.id)]
        ), array(
            select id from orders_write as owed
            where owed.team_id = picked.team_id and state in ('open', 'unclear')
                and (target_id = any(%(pks)s::bigint[]) or (kind = 'create' and %(slug)s::text is not null))
        ), coalesce(bool_or(failed_at > looked_at), false), picked.team_id, time_zone
    from picked join mine on mine.id = picked.team_id
    group by shown, picked.team_id, time_zone
"""


@dataclass(slots=True)
class State:
    """Orders of one status, and what counts of them here.

    updated_at: of the one that changed last. quiet_at: of the one that has not changed for the longest. seen_at: the
    oldest look; unasked_at: the oldest that nobody has just asked to renew, if any. new: those of another version.
    owed: the Writes that are not confirmed yet, of all that the page shows. failed: so did the last look at one.
    """

    shown: int
    pictures: int
    updated_at: datetime
    quiet_at: datetime
    run_at: datetime | None
    seen_at: datetime
    unasked_at: datetime | None
    new: Sequence[int] | None = None
    owed: Sequence[int] = ()
    failed: bool = False

    @classmethod
    def of(cls, order: Order, write: Write | None = None) -> State:
        at, seen, owed = order.updated_at, order.seen_at, [write.pk] if write else []
        return cls(order.shown, order.pictures, at, at, order.run_at, seen, seen, owed=owed, failed=order.look_failed)

    def every(self, at: datetime) -> int | None:
        every = live.interval(self, self.seen_at, at)
        return min(every or live.SETTLING, live.SETTLING) if self.owed else every

    def end(self, at: datetime) -> datetime:
        """When the oldest look is old: by its own measure, that of an order which changes as rarely as any of these."""
        return self.seen_at + live.late(replace(self, updated_at=self.quiet_at), at)

    def is_stale(self, at: datetime) -> bool:
        return self.unasked_at is not None and due.is_stale(self, self.unasked_at, at)


@dataclass(frozen=True, slots=True)
class Glance:
    """What somebody with these orders on the screen would want to know of them. False: none is theirs."""

    states: list[State]
    team: Team

    def __bool__(self) -> bool:
        return bool(self.states)

    @property
    def new(self) -> list[int]:
        """The orders of another version than the page shows."""
        return [pk for state in self.states for pk in state.new or []]


def glance(user: User, shown: Mapping[int, int], slug: str | None = None) -> Glance:
    """Of the orders that a page shows (their versions), those that the user may see, in the team `slug` if given."""
    asked: dict[str, Any] = {
        "pks": array(shown),
        "versions": array(shown.values()),
        "user": user.pk,
        "slug": slug,
        "wanted": WANTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GLANCE, asked)
        rows = cursor.fetchall()
    pk, zone = rows[0][-2:] if rows else (None, "UTC")
    return Glance([State(*row[:-2]) for row in rows], Team(pk=pk, time_zone=zone))


@dataclass(frozen=True, slots=True)
class AsOf:
    """When we last looked, how many seconds ago, after how many that is old, and why: "" when nothing is wrong.

    refused: the key that is the reason, if one is.
    """

    moment: Moment
    age: int
    late: int
    why: str = ""
    refused: ApiKey | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """Where a page asks for news, and how often, in seconds."""

    url: str
    every: int

    @property
    def trigger(self) -> str:
        """For htmx. A tab that comes to the front asks at once."""
        return f"every {live.jittered(self.every)}, visibilitychange from:document"


def as_of(states: Sequence[State], team: Team, keys: Q) -> AsOf:
    """How old the oldest of these looks is; it is old as soon as one of them is.

    keys: those that, if Autoenhance refuses one, may be the reason.
    """
    at = timezone.now()
    seen = min(state.seen_at for state in states)
    end = min(state.end(at) for state in states)
    expected = any(due.is_open(state, at) for state in states)
    failed = partial(any, [state.failed for state in states])
    return _as_of(seen, end - seen, team, keys, at, expected=expected, failed=failed)


def of_order(order: Order) -> AsOf:
    """How old what we know of this order is."""
    return as_of([State.of(order)], order.team, Q(order=order))


def of_list(team: Team, states: Sequence[State], keys: Iterable[ApiKey]) -> AsOf | None:
    """How old a page of the list is: its open orders if it has some, else the list itself; None before it is read."""
    if states:
        return as_of(states, team, Q(team=team))
    read = [key.imported_at for key in keys if key.imported_at]
    if not read:
        return None
    failed = Sync.objects.filter(key__in=keys, state=Sync.State.WAITING, failures__gt=0).exists
    return _as_of(max(read), 2 * ROUND, team, Q(team=team), timezone.now(), expected=True, failed=failed)


def poll_of_order(order: Order, write: Write | None, by: str = "") -> Poll | None:
    """How the page of an order, and of a change that is not confirmed, asks for news; None when there will be none.

    by: how its pictures are arranged.
    """
    every = State.of(order, write).every(timezone.now())
    asked = urlencode({"v": order.version} | ({ASKED: by} if by else {}))
    return Poll(f"{reverse('orders:status', args=[order.pk])}?{asked}", every) if every else None


def poll_of_list(
    team: Team, states: Sequence[State], shown: Mapping[int, int], address: Address, after: str
) -> Poll | None:
    """One poll for the open rows that a page of the list shows: as often as the liveliest needs."""
    every = often(states)
    if every is None:
        return None
    asked = ",".join(f"{pk}.{version}" for pk, version in shown.items())
    here = replace(address, path=reverse("orders:list_status", args=[team.slug]))
    return Poll(f"{here.to(after=after)}&rows={asked}", every)


def often(states: Iterable[State]) -> int | None:
    """How often a page with these orders asks, in seconds; None when nothing new is to be expected."""
    at = timezone.now()
    return min((every for state in states if (every := state.every(at))), default=None)


def open_of(orders: Iterable[Order], writes: Iterable[Write]) -> tuple[list[State], dict[int, int]]:
    """Of the orders of a page those that news are to be expected of: their states, and their versions.

    writes: among them the changes of these orders that are not confirmed yet.
    """
    at, owed = timezone.now(), {write.target_id: write for write in writes}
    lively = {order.pk: order for order in orders if due.is_open(order, at) or order.pk in owed}
    for watch in OrderWatch.objects.filter(pk__in=lively) if lively else ():
        lively[watch.pk].watch = watch
    return [State.of(order, owed.get(order.pk)) for order in lively.values()], {
        pk: order.version for pk, order in lively.items()
    }


def look(states: Sequence[State], pks: Iterable[int]) -> None:
    """People look at these orders: have those that are older than they should be looked at, at Autoenhance.

    And what is not confirmed beside them settled.
    """
    at = timezone.now()
    if states and states[0].owed:
        freshen.settle(*Write.objects.filter(pk__in=states[0].owed))
    if any(state.is_stale(at) for state in states):
        freshen.look(*Order.objects.select_related("watch", "key").filter(pk__in=pks))


def event(asof: AsOf, every: int | None) -> dict[str, Any]:
    """What the header of an answer tells the page: when we last looked, and how often to ask from now on."""
    seen = {"iso": asof.moment.iso, "exact": asof.moment.exact, "age": asof.age, "late": asof.late}
    return {**seen, "why": asof.why, "every": every}


def _as_of(
    seen: datetime, late: timedelta, team: Team, keys: Q, at: datetime, *, expected: bool, failed: Callable[[], bool]
) -> AsOf:
    age = max(timedelta(), at - seen)
    why = _why(team, keys, expected=expected, failed=failed) if age > late else ("", None)
    return AsOf(moment(seen, team, at), int(age.total_seconds()), int(late.total_seconds()), *why)


def _why(team: Team, keys: Q, *, expected: bool, failed: Callable[[], bool]) -> tuple[str, ApiKey | None]:
    """Why nobody has looked lately, in a sentence; "" where nobody was expected to, or where no page was open.

    And the key that Autoenhance refuses, where that is the reason.
    """
    standing = Pace.standing()
    if standing.limited_until:
        return _("Autoenhance lets us ask again at %s.") % moment(standing.limited_until, team).short, None
    if standing.down_since:
        return _("Autoenhance has not answered since %s.") % moment(standing.down_since, team).short, None
    if refused := ApiKey.objects.filter(keys, refused_at__isnull=False).select_related("user").first():
        return _("Autoenhance refuses the key %s.") % refused.label, refused
    if expected and not worker_lives():
        return _("Nothing works in the background."), None
    return _("The last looks have failed.") if expected and failed() else "", None
