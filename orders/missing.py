"""Orders that a complete list shows no more: a suspicion, until looking for them proves it (DESIGN section 5)."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from orders.account import autoenhance
from orders.mirror import SEEN_EVERY, mirror
from orders.models import ApiKey, Event, Order, OrderWatch, Shown, now
from orders.remote import NotFound, NotSent, RemoteError

log = structlog.get_logger(__name__)

# Between the list and the first look, and between one look and the next.
PAUSE = timedelta(hours=1)
MOST_LOOKS = 50


def suspect(key: ApiKey, since: datetime) -> int:
    """Suspect that the key's orders which nobody has seen since then are deleted; how many are newly suspected."""
    unseen = OrderWatch.objects.filter(order__in=Order.objects.listed_by(key), seen_at__lt=since - SEEN_EVERY)
    return unseen.filter(missed_at=None, order__deleted=False).update(missed_at=now())


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
        watch.missed_at = watch.heard = None
        was, order.shown = order.shown, Shown.DELETED
        order.deleted = True
        order.version += 1
        order.save(update_fields=["shown", "deleted", "version"])
        Event.add(Event.Kind.STATUS, order=order, old=int(was), new=int(Shown.DELETED), status="")
    watch.save(update_fields=["misses", "missed_at", "heard"])
