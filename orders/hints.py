"""What a webhook says is only a hint that there may be something to see: we look for ourselves (contract section 12).

Nothing in it is signed, numbered or dated, so none of it is written anywhere. Forged, replayed, lost, doubled and
disordered ones all end in the same state (T75, F83): a look at an order that this key lists, or at what is new in its
list.
"""

from __future__ import annotations

import json

import structlog
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Status

from orders import services
from orders.models import Hook, Order, OrderHint
from orders.queue import later
from orders.remote import RemoteError

log = structlog.get_logger(__name__)


def order_of(body: bytes) -> str | None:
    """Autoenhance's id of the order that a body speaks of; "" when it speaks of none, None when it makes no sense.

    Saving the address at Autoenhance sends a test, which has been seen without any body as well.
    """
    if not body.strip():
        return ""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    match said:
        case {"event": "webhook_updated"}:
            return ""
        case {"event": "image_processed" | "image_registered", "order_id": str(order_id)} if order_id.isprintable():
            return order_id
    return None


def take(hook: Hook, body: bytes) -> None:
    """Count what came with the right secret, and have the order that it speaks of looked at in the background.

    However fast they come, one job per order waits; what comes while it runs leads to one more.
    """
    order_id = order_of(body)
    hook.accept(understood=order_id is not None)
    if not order_id:
        return
    listed = Order.objects.listed_by(hook.key).filter(team=hook.key.team_id, order_id=order_id)
    if pk := listed.values_list("pk", flat=True).first():
        OrderHint.note(pk)
        if not _waits(once := f"look:{pk}"):
            later("orders.look", once=once, order_id=pk)
    elif hook.key.imported_at and (at := hook.catch_up_at()):
        # A name of its own: the round's catch-up of this key may wait for minutes yet, and would swallow this one.
        later("orders.catch_up", once=f"hinted:{hook.key_id}", at=at, key_id=hook.key_id)


def _waits(once: str) -> bool:
    """Whether a job of this name waits; it will begin after the word that was just noted.

    `later` would find out by an insert that fails, which leaves a dead row each time: too much in a flood.
    """
    return ProcrastinateJob.objects.filter(queueing_lock=once, status=Status.TODO.value).exists()


def look(order_id: int) -> None:
    """Look at the order with this primary key, unless that was done since the last word of it.

    What fails is logged and not repeated: hints may be lost, and whatever else looks at orders makes up for it.
    """
    hint = OrderHint.objects.select_related("order__team", "order__watch").filter(pk=order_id).first()
    if hint is None or hint.answered:
        return
    if until := hint.rests_until:
        later("orders.look", once=f"look:{order_id}", at=until, order_id=order_id)
        return
    hint.looking()
    try:
        services.refresh(hint.order)
    except RemoteError as error:
        log.warning("could not look after a webhook", order=order_id, error=type(error).__name__)
