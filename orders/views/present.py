"""Times as pages show them. Dates are formatted here: the template filter takes most of a list's time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import zones
from dashboard.accounts.models import Team
from orders.models import Order


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in words: for machines, exact with its zone, its day, its time of day, and how long ago."""

    iso: str
    exact: str
    day: str
    short: str
    ago: str


def moment(at: datetime, team: Team, now: datetime | None = None) -> Moment:
    """`at` by the clock of whoever looks, of which nothing may be known: then by the team's."""
    return _moment(at.astimezone(zones.of_viewer(team.time_zone)), now)


def moment_there(at: datetime, team: Team) -> Moment:
    """`at` by the team's clock, whoever looks: what was chosen as a day of the team, and what guests see."""
    return _moment(at.astimezone(ZoneInfo(team.time_zone)))


def _moment(local: datetime, now: datetime | None = None) -> Moment:
    day = date_format(local, "j M Y")
    return Moment(
        iso=local.isoformat(timespec="seconds"),
        exact=f"{day}, {local:%H:%M} {zone_name(local)}",
        day=day,
        short=f"{local:%H:%M}",
        ago=ago((now or timezone.now()) - local),
    )


def zone_name(local: datetime) -> str:
    """The zone as its people call it, "CET"; those that have no name for it get their distance, "UTC-03"."""
    name = local.tzname() or ""
    return f"UTC{name}" if name.startswith(("+", "-")) else name


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


def day_name(day: date, today: date) -> str:
    """ "Today", "Yesterday", "Wednesday 18 November", and with the year in other years."""
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(day, "l j F" if day.year == today.year else "l j F Y")


def name_of(order: Order, back: str, *, heading: bool = False) -> dict[str, str]:
    """What shows the name of one order, and the way to rename it and then return to `back`.

    note_url: where a change that is not confirmed asks what became of it, on a page that asks for nothing else.
    """
    asked = urlencode({"next": back} | ({"heading": "1"} if heading else {}))
    return {
        "url": order.get_absolute_url(),
        "name_url": f"{reverse('orders:name', args=[order.pk])}?{asked}",
        "note_url": f"{reverse('orders:name_pending', args=[order.pk])}?{asked}",
        "rename": _("Rename %(name)s") % {"name": order.label},
    }


def addresses(name: str, *first: int) -> Callable[[int], SafeString]:
    """The address with this name for any last argument. Resolving each takes longer than all else in its row.

    Nothing in it has to be escaped, which templates are told: of hundreds of pictures that takes a fifth of the time.
    """
    before, _, after = reverse(name, args=[*first, 0]).rpartition("0")
    return lambda last: SafeString(f"{before}{last}{after}")
