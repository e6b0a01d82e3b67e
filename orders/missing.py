"""Orders that a complete list shows no more: a suspicion, until looking for them proves it (DESIGN section 5)."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import connection, transaction

from orders.account import autoenhance
from orders.mirror import mirror
from orders.models import Event, Order, OrderWatch, Shown, Sync, now
from orders.remote import NotFound, NotSent, RemoteError

log = structlog.get_logger(__name__)

# Between the list and the first look, and between one look and the next.
PAUSE = timedelta(hours=1)
MOST_LOOKS = 50

# The team's row is locked by whoever mirrors: what is looked at meanwhile is seen after the pass began.
SUSPECT = """
    update orders_orderwatch watch set missed_at = clock_timestamp()
    from orders_order o
    where watch.order_id = o.id and watch.missed_at is null and watch.seen_at < %(began)s
        and o.team_id = %(team)s and not o.deleted
        and (o.key_id = %(key)s or o.id in (select order_id from orders_orderkey where key_id = %(key)s))
        and not exists (
            select from orders_syncpage page, unnest(page.orders) as listed (pk)
            where page.sync_id = %(sync)s and listed.pk = o.id
        )
"""


def suspect(sync: Sync) -> None:
    """Suspect that the key's orders which this complete pass did not list, and nobody has seen since, are deleted."""
    with connection.cursor() as cursor:
        whose = {"team": sync.key.team_id, "key": sync.key_id, "sync": sync.pk}
        cursor.execute(SUSPECT, {**whose, "began": sync.began_at})


def look() -> None:
    """Look for the suspects that it is time for, without a key (decision 5)."""
    due = OrderWatch.objects.filter(missed_at__lte=now() - PAUSE).order_by("missed_at", "pk")
    for watch in due.select_related("order__team")[:MOST_LOOKS]:
        began = now()
        try:
            answer = autoenhance().retrieve(watch.order.order_id)
        except NotFound:
            _miss(watch.order)
        except RemoteError as error:
            # Nothing is proved, so the next look is as good as this one.
            OrderWatch.objects.filter(pk=watch.pk).update(missed_at=began)
            log.info("could not look for an order", order=watch.pk, error=type(error).__name__)
            if not isinstance(error, NotSent):
                return
        else:
            mirror(watch.order.team, [answer], began)


@transaction.atomic
def _miss(order: Order) -> None:
    """It is not there. The second time it counts as deleted, until an answer shows it again."""
    order = Order.objects.locked().get(pk=order.pk)
    watch = OrderWatch.objects.select_for_update().get(order=order)
    if watch.missed_at is None:
        return  # somebody has seen it meanwhile
    watch.misses += 1
    watch.missed_at = now()
    if watch.misses >= OrderWatch.LOST:
        watch.missed_at = None
        was, order.shown = order.shown, Shown.DELETED
        order.deleted, order.heard = True, None
        order.version += 1
        order.save(update_fields=["shown", "deleted", "version", "heard"])
        Event.add(Event.Kind.STATUS, order=order, old=int(was), new=int(Shown.DELETED), status="")
    watch.save(update_fields=["misses", "missed_at"])
