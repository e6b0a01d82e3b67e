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

from dashboard.accounts.models import Team
from orders.models import Order, Write


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in words: for machines, exact with its zone, short, and how long ago."""

    iso: str
    exact: str
    short: str
    ago: str


def moment(at: datetime, team: Team, now: datetime | None = None) -> Moment:
    """`at` for people of this team, in the team's zone."""
    local = at.astimezone(ZoneInfo(team.time_zone))
    day = date_format(local, "j M Y")
    return Moment(
        iso=local.isoformat(timespec="seconds"),
        exact=f"{day}, {local:%H:%M} {local.tzname()}",
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
    """One order in the list; `day` is the heading above it when a new day begins."""

    order: Order
    day: str
    created: Moment
    url: str
    name_url: str
    strip_url: str
    can_rename: bool
    write: Write | None


def rows(orders: list[Order], team: Team, address: str, *, can_rename: bool) -> list[Row]:
    """The orders of one page of the list, which is at `address`."""
    now, zone = timezone.now(), ZoneInfo(team.time_zone)
    pending = {write.target_id: write for write in Write.objects.unclear_of(orders)}
    made: list[Row] = []
    last: date | None = None
    for order in orders:
        day = order.created_at.astimezone(zone).date()
        made.append(
            Row(
                order=order,
                day="" if day == last else day_name(day, now.astimezone(zone).date()),
                created=moment(order.created_at, team, now),
                url=reverse("orders:detail", args=[order.pk]),
                name_url=name_url(order, f"{address}#order-{order.pk}"),
                strip_url=strip_url(order),
                can_rename=can_rename,
                write=pending.get(order.pk),
            )
        )
        last = day
    return made


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
