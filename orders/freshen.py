"""Looking at orders that may have news, in the background and when somebody looks at them (DESIGN section 5).

    tick ──claim a due row──> look at Autoenhance ──> mirror ──> release: when it is due next
                 └─ killed: the claim ends by itself, and the row is due as before

Without a worker the requests of people who look do the same, one order each, and never for long.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dashboard.health import worker_lives
from orders import due, services, writes
from orders.models import Order, OrderWatch, Write, now
from orders.models.writes import SLACK
from orders.queue import later
from orders.remote import RemoteError

log = structlog.get_logger(__name__)

# The longest that a claim lasts: more than waiting for a turn (3 s), a call (8 s) and mirroring take together.
LEASE = timedelta(seconds=30)
# A tick ends after so long, so that a worker can be stopped, and begins again by itself.
MOST_SECONDS, REST = 10.0, timedelta(seconds=5)
# What is so late needs more than one tick at a time.
LATE = timedelta(seconds=10)
# After a look that failed, nothing is looked at sooner than this.
AFTER_FAILURE = timedelta(minutes=1)
# What waits for longer is found by the clock (`tasks.tick`).
ROUND = timedelta(minutes=1)
# A person waits for this one.
LOOK_DEADLINE = 2.0


def tick() -> datetime | None:
    """Look at what is due, one order after the other; when to do so again, None to leave that to the clock.

    Any number may run at once. It stops early when nothing may be sent to Autoenhance.
    """
    ends, helped = time.monotonic() + MOST_SECONDS, False
    while time.monotonic() < ends and (watch := _claim_next()):
        if not helped and watch.next_at and now() - watch.next_at > LATE:
            helped = True
            wake()
        wait = _look(watch)
        if wait is not None:
            return now() + max(REST, timedelta(seconds=wait))
    return _next_tick()


def wake() -> None:
    """Have a worker tick now."""
    later("orders.tick", once="tick:now", alone=False, timestamp=0)


def look(*orders: Order) -> None:
    """Somebody in the team looks at these orders, with `watch` and `key` at hand. Call it after reading what they see.

    What is older than it should be on a screen is looked at: by a worker, at once; where none lives, one of them here
    and now, for at most 2 seconds. Never raises.
    """
    at = timezone.now()
    stale = [order for order in orders if not order.deleted and due.is_stale(order, order.seen_at, at)]
    if not stale:
        return
    if worker_lives():
        _want(stale)
    elif watch := _claim(min(stale, key=lambda order: order.seen_at)):
        _look(watch, deadline=LOOK_DEADLINE)


def settle(*unclear: Write) -> None:
    """Somebody looks at these changes: where no worker lives, find out what became of the one that is most overdue."""
    overdue = [write for write in unclear if write.pending and write.deadline < timezone.now() - SLACK]
    if overdue and not worker_lives():
        writes.settle(min(overdue, key=lambda write: write.deadline).pk)


def _want(orders: list[Order]) -> None:
    """Let them be due now."""
    at = now()
    waiting = OrderWatch.objects.filter(Q(next_at=None) | Q(next_at__gt=at), order__in=orders)
    if waiting.update(next_at=at):
        wake()


def _free(at: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lte=at)


@transaction.atomic
def _claim_next() -> OrderWatch | None:
    """The row that is due for the longest, for us alone until its claim ends."""
    at = now()
    free = OrderWatch.objects.filter(_free(at), next_at__lte=at).order_by("next_at")
    watch = free.select_for_update(skip_locked=True).first()
    if watch:
        watch.claimed_until = at + LEASE
        watch.save(update_fields=["claimed_until"])
    return watch


def _claim(order: Order) -> OrderWatch | None:
    """The order's row, whether it is due or not; None when somebody else has it."""
    at = now()
    if not OrderWatch.objects.filter(_free(at), pk=order.pk).update(claimed_until=at + LEASE):
        return None
    return OrderWatch.objects.get(pk=order.pk)


def _look(watch: OrderWatch, deadline: float | None = None) -> float | None:
    """Look at Autoenhance, and give the claim back; in how many seconds to try when nothing may be sent for now."""
    order, earliest = Order.objects.select_related("team").get(pk=watch.pk), None
    try:
        order = services.refresh(order, deadline=deadline)
    except RemoteError as error:
        if error.retry_after is not None and not error.status:
            _release(watch, watch.next_at)
            return error.retry_after
        log.info("could not look at an order", order=watch.pk, error=type(error).__name__)
        watch.failed_at = now()
        earliest = watch.failed_at + AFTER_FAILURE
    next_at = due.next_look(order, now())
    _release(watch, max(next_at, earliest) if next_at and earliest else next_at)
    return None


def _release(watch: OrderWatch, next_at: datetime | None) -> None:
    """Nothing is written once the claim has ended: then the row may be somebody else's."""
    claimed = OrderWatch.objects.filter(pk=watch.pk, claimed_until=watch.claimed_until)
    claimed.update(claimed_until=None, next_at=next_at, failed_at=watch.failed_at)


def _next_tick() -> datetime | None:
    at = now()
    soon = OrderWatch.objects.filter(next_at__lt=at + ROUND).order_by("next_at").values_list("next_at", flat=True)
    next_at = soon.first()
    return max(next_at, at + REST) if next_at else None
