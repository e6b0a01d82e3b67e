"""Orders that take far longer than the team's own usually do (features S6, D14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboard.accounts.models import Team
from orders.due import AT_WORK
from orders.models import Event, Order

# Of fewer finished orders nothing is concluded; of more, the last ones count.
LEAST, MOST = 10, 200
# Stuck is what takes three times as long as nine in ten do, and a quarter of an hour at least.
TIMES, AT_LEAST = 3, timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Usual:
    """How long the team's orders are at work: half of them at most `half`, nine in ten at most `most`."""

    half: timedelta
    most: timedelta

    @property
    def limit(self) -> timedelta:
        """What is at work for longer counts as stuck."""
        return max(TIMES * self.most, AT_LEAST)


def usual(team: Team) -> Usual | None:
    """By the team's last finished orders; None while there are too few to tell. One read of an index's end."""
    finished = Event.objects.of(team).filter(kind=Event.Kind.FINISHED).values_list("data__seconds", flat=True)
    seconds = sorted(each for each in finished[:MOST] if each is not None)
    if len(seconds) < LEAST:
        return None
    return Usual(timedelta(seconds=median(seconds)), timedelta(seconds=seconds[len(seconds) * 9 // 10]))


def condition(team: Team, at: datetime) -> Q:
    """The team's orders that are stuck; none while nothing is known to be usual."""
    known = usual(team)
    return Q(shown__in=AT_WORK, run_at__lt=at - known.limit) if known else Q(pk__in=[])


def sentence(order: Order) -> str:
    """ "Processing for 47 min; this team’s orders usually take 4 min." "" when it is not stuck."""
    at = timezone.now()
    if order.shown not in AT_WORK or order.run_at is None or at - order.run_at < AT_LEAST:
        return ""
    known, taken = usual(order.team), at - order.run_at
    if known is None or taken <= known.limit:
        return ""
    return _("%(status)s for %(taken)s; this team’s orders usually take %(usual)s.") % {
        "status": order.shown_word,
        "taken": _span(taken),
        "usual": _span(known.half),
    }


def _span(time: timedelta) -> str:
    """ "40 s", "47 min", "3 h"."""
    seconds = int(time.total_seconds())
    if seconds < 60:
        return _("%d s") % seconds
    return _("%d min") % (seconds // 60) if seconds < 7200 else _("%d h") % (seconds // 3600)
