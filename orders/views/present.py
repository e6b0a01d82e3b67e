"""Times and rows as pages show them. Dates are formatted here: the template filter takes most of a list's time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Team, User
from orders.models import Order, OrderKey, Shown, Write
from orders.search import Found
from orders.views.listing import Address


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in words: for machines, exact with its zone, its day, its time of day, and how long ago."""

    iso: str
    exact: str
    day: str
    short: str
    ago: str


def moment(at: datetime, team: Team, now: datetime | None = None) -> Moment:
    """`at` for people of this team, in the team's zone."""
    local = at.astimezone(ZoneInfo(team.time_zone))
    day = date_format(local, "j M Y")
    return Moment(
        iso=local.isoformat(timespec="seconds"),
        exact=f"{day}, {local:%H:%M} {local.tzname()}",
        day=day,
        short=f"{local:%H:%M}",
        ago=ago((now or timezone.now()) - at),
    )


def ago(age: timedelta) -> str:
    """An age in the largest unit that fits: "14 s ago", "3 min ago", "2 h ago", "5 days ago"."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 60:
        return _("%d s ago") % seconds
    if seconds < 3600:
        return _("%d min ago") % (seconds // 60)
    if seconds < 86400:
        return _("%d h ago") % (seconds // 3600)
    days = seconds // 86400
    return ngettext("%d day ago", "%d days ago", days) % days


@dataclass(frozen=True, slots=True)
class Row:
    """One order in the list; `day` is the heading above it when a new day begins, `clock` its time as the list says it.

    `marks` are the pieces of the name, True where the search matched; empty where nothing was searched. `closed`: this
    person has no key to rename it through.
    """

    order: Order
    day: str
    when: Moment
    clock: str
    name_url: str
    strip_url: str
    status_url: str
    marks: list[tuple[str, bool]]
    closed: bool
    write: Write | None


def rows(orders: list[Order], found: Found, address: Address, here: str) -> list[Row]:
    """The orders of one page of the list, which is at `here`. Sorted by a time, they stand under its days."""
    team, by = found.team, address.sort.removeprefix("-")
    now, zone = timezone.now(), ZoneInfo(team.time_zone)
    able = _through_a_key(orders, found.user)
    pending = {write.target_id: write for write in Write.objects.unclear_of(orders)}
    statuses = {shown: address.to(text=found.with_filter("status", Shown(shown).name.lower())) for shown in Shown}
    made: list[Row] = []
    last: date | None = None
    for order in orders:
        at = order.updated_at if by == "updated" else order.created_at
        day, when = at.astimezone(zone).date(), moment(at, team, now)
        by_day = by in ("created", "updated")
        made.append(
            Row(
                order=order,
                day=day_name(day, now.astimezone(zone).date()) if by_day and day != last else "",
                when=when,
                clock=when.short if by_day else when.day,
                name_url=name_url(order, f"{here}#order-{order.pk}"),
                strip_url=strip_url(order),
                status_url=statuses[Shown(order.shown)],
                marks=found.marks(order.name) if found.query.terms else [],
                closed=order.pk not in able,
                write=pending.get(order.pk),
            )
        )
        last = day
    return made


def _through_a_key(orders: list[Order], user: User) -> set[int]:
    """Which of the orders this person has a key for; `Order.key_for` decides once more when it comes to it."""
    keyed = [(order, order.key) for order in orders if order.key and order.key.refused_at is None]
    able = {order.pk for order, key in keyed if key.shared or key.user_id == user.pk}
    others = {order.pk for order in orders} - able
    if not others:
        return able
    mine = OrderKey.objects.filter(order__in=others, key__user=user, key__refused_at=None)
    return able | set(mine.values_list("order_id", flat=True))


def day_name(day: date, today: date) -> str:
    """ "Today", "Yesterday", "Wednesday 18 November", and with the year in other years."""
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(day, "l j F" if day.year == today.year else "l j F Y")


def name_url(order: Order, back: str) -> str:
    """The address that renames the order and then returns to `back`."""
    return f"{reverse('orders:name', args=[order.pk])}?{urlencode({'next': back})}"


def strip_url(order: Order) -> str:
    """The address of the order's strip as it is now; "" when it has no pictures."""
    return f"{reverse('orders:strip', args=[order.pk])}?v={order.strip}" if order.strip else ""
