"""When an order is looked at next: pure rules, no database (DESIGN section 5 "Freshen").

An open order is looked at soon after a change and ever more rarely after; never more often than in eighths of the time
that it has been at work, so that one whose pictures come one by one costs no more than 40 looks in its first hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom
from typing import Protocol

from django.db.models import Q

from orders.models import Shown

# Open means Merging, Processing, or Waiting/Unknown changed so lately.
LATELY = timedelta(hours=2)
AT_WORK = (Shown.MERGING, Shown.PROCESSING)
IDLE = (Shown.WAITING, Shown.UNKNOWN)
BEGUN = (Shown.WAITING, *AT_WORK)
ENDED = (Shown.READY, Shown.ERROR)

SOONEST, LATEST = timedelta(seconds=15), timedelta(hours=1)
# While somebody has it on the screen; and when nothing is expected of it.
WATCHED_SOONEST, WATCHED_LATEST = timedelta(seconds=5), timedelta(seconds=30)
AT_REST = timedelta(minutes=10)

_JITTER = SystemRandom()


class Aging(Protocol):
    """What counts of an order: Order has it, and so has `absorb.Known`."""

    shown: int
    pictures: int
    updated_at: datetime
    run_at: datetime | None


def is_open(order: Aging, at: datetime) -> bool:
    """Whether news of it is to be expected."""
    return order.shown in AT_WORK or (order.shown in IDLE and at - order.updated_at < LATELY)


def open_at(at: datetime) -> Q:
    """`is_open` in queries."""
    return Q(shown__in=AT_WORK) | Q(shown__in=IDLE, updated_at__gte=at - LATELY)


def awaits_counts(order: Aging) -> bool:
    """Whether a list called it finished and only a look can tell how many of its pictures are ready."""
    return order.run_at is not None and order.shown in ENDED and order.pictures > 0


def has_news(order: Aging, at: datetime) -> bool:
    """Whether a look at it may tell something new."""
    return is_open(order, at) or awaits_counts(order)


def pause(age: timedelta, quiet: timedelta) -> timedelta:
    """Until the next look at an open order that nobody watches: at work for `age`, without news for `quiet`."""
    return min(max(SOONEST, age / 8, quiet / 3), LATEST)


def next_look(order: Aging, at: datetime, *, changed: bool = False) -> datetime | None:
    """When to look at it again; None when nothing is expected of it. `changed`: there was news just now."""
    if awaits_counts(order) and changed:
        return at
    if not has_news(order, at):
        return None
    began, news = order.run_at or order.updated_at, at if changed else order.updated_at
    return at + pause(at - began, at - max(began, news)) * _JITTER.uniform(1, 1.25)


def patience(order: Aging, at: datetime) -> timedelta:
    """How old what we know may be while somebody has the order on the screen."""
    if not has_news(order, at):
        return AT_REST
    return min(max(WATCHED_SOONEST, (at - order.updated_at) / 40), WATCHED_LATEST)


def is_stale(order: Aging, seen_at: datetime, at: datetime) -> bool:
    """Whether somebody should look at Autoenhance, while a person looks at the order here."""
    return at - seen_at > patience(order, at)
