"""How often an open page asks for news of an order, and when what it shows is old (DESIGN section 5). Pure."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from orders import due

# Seconds. Nothing happens to an order that waits until somebody sends its pictures.
WAITING = 15
# Somebody finds out soon what became of a change.
SETTLING = 5
# A look that a page has asked for is there by then, and the page comes to fetch it.
LOOKING = 10


def interval(order: due.Aging, seen_at: datetime, at: datetime) -> int | None:
    """Seconds until a page asks again: with what the order is, and how long ago it changed (S2).

    None when nothing new is to be expected: it is finished, and we have looked lately.
    """
    if due.has_news(order, at):
        least = WAITING if order.shown in due.IDLE else 0
        return max(least, round(due.patience(order, at).total_seconds()))
    return LOOKING if due.is_stale(order, seen_at, at) else None


def late(order: due.Aging, at: datetime) -> timedelta:
    """After how long the last look at an order is old: two intervals (S7)."""
    return 2 * max(due.patience(order, at), timedelta(seconds=WAITING))


def jittered(seconds: int) -> str:
    """The interval as htmx writes it, a tenth longer or shorter, so that pages opened together do not ask together."""
    return f"{round(seconds * random.uniform(900, 1100))}ms"  # noqa: S311 - nothing secret
