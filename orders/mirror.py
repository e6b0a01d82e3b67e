"""Answers of Autoenhance into the mirror: one order or a page of them, by the same rules (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q

from dashboard.accounts.models import Team
from orders.absorb import absorb
from orders.answers import RemoteOrder
from orders.models import ApiKey, Event, Order, OrderDetail, OrderKey, OrderWatch, Write

FIELDS = ["name", "find", "fold_version", "status", "shown", "created_at", "updated_at", "pictures", "ready", "failed"]
FIELDS += ["strip", "deleted", "version"]
DETAIL_FIELDS = ["images", "next_n", "is_processing", "is_merging"]


@transaction.atomic
def mirror(
    team: Team, answers: Sequence[RemoteOrder], began: datetime, *, key: ApiKey | None = None, own: bool = False
) -> list[Order]:
    """Store what Autoenhance said in answers to a request that began at `began` (the database's clock).

    With `key`, a key of the team that listed or made them: orders that are new to the team are added, and those that
    it knows by another key are noted. Without, only known orders are brought up to date. `own` marks the answer to our
    own Write, which counts even when its times look old. Returns the orders by id, as they are now.
    """
    said = {answer.order_id: answer for answer in answers}
    if key is not None:
        _add(team, said, began, key)
    orders = list(Order.objects.locked().filter(team=team, order_id__in=said))
    details = OrderDetail.objects.in_bulk([order.pk for order in orders])
    settled, pending = _settled(team, said), _pending(team, said)
    changed = []
    for order in orders:
        answer = said[order.order_id]
        fresh = order.version == 0
        outdated = order.order_id in pending or _outdated(order, answer, began, settled.get(order.order_id))
        if (own or fresh or not outdated) and _take(order, details[order.pk], answer, began, own=own):
            changed.append(order)
    Order.objects.bulk_update(changed, FIELDS)
    OrderDetail.objects.bulk_update([details[order.pk] for order in changed], DETAIL_FIELDS)
    OrderWatch.objects.filter(order__in=orders, seen_at__lt=began).update(seen_at=began)
    return orders


def _add(team: Team, said: Collection[str], began: datetime, key: ApiKey) -> None:
    """Bare rows (version 0) for orders that are new to the team, and which key lists those that are not."""
    known = set(Order.objects.filter(team=team, order_id__in=said).values_list("order_id", flat=True))
    # In the order of their ids, as every lock is taken; somebody else may add the same order at this moment.
    rows = [
        Order(team=team, key=key, order_id=order_id, version=0, created_at=began, updated_at=began)
        for order_id in sorted(set(said) - known)
    ]
    Order.objects.bulk_create(rows, ignore_conflicts=True)
    orders = Order.objects.filter(team=team, order_id__in=said)
    bare = orders.filter(detail__isnull=True)
    OrderDetail.objects.bulk_create([OrderDetail(order=order) for order in bare], ignore_conflicts=True)
    OrderWatch.objects.bulk_create(
        [OrderWatch(order=order, seen_at=began) for order in orders.filter(watch__isnull=True)], ignore_conflicts=True
    )
    orders.filter(Q(key=None) | Q(key__refused_at__isnull=False)).update(key=key)
    others = orders.exclude(key=key)
    OrderKey.objects.bulk_create([OrderKey(order=order, key=key) for order in others], ignore_conflicts=True)


def _settled(team: Team, order_ids: Collection[str]) -> dict[str, datetime]:
    """When our last Write of each order was settled."""
    writes = Write.objects.filter(team=team, order_id__in=order_ids, settled_at__isnull=False)
    return dict(writes.values_list("order_id").annotate(Max("settled_at")))


def _pending(team: Team, order_ids: Collection[str]) -> set[str]:
    """Orders with a rename under way: what they are called is for its settling to find out."""
    renames = Write.objects.filter(team=team, kind=Write.Kind.RENAME, state__in=Write.PENDING)
    writes = renames.filter(order_id__in=order_ids)
    return set(writes.values_list("order_id", flat=True))


def _outdated(order: Order, answer: RemoteOrder, began: datetime, settled: datetime | None) -> bool:
    """Whether the answer may be older than what we have: asked before our last Write settled, or by its own time."""
    if settled is not None and began <= settled:
        return True
    return answer.last_updated_at is not None and answer.last_updated_at < order.updated_at


def _take(order: Order, detail: OrderDetail, answer: RemoteOrder, began: datetime, *, own: bool) -> bool:
    """Absorb the answer; whether anything changed. What changed at Autoenhance by itself becomes an Event."""
    first, name, shown = order.version == 0, order.name, order.shown
    if not absorb(order, detail, answer, began):
        return False
    order.version += 1
    if not first and not own and order.name != name:
        Event.add(Event.Kind.NAME_CHANGED, order=order, old=name, new=order.name)
    if not first and order.shown != shown:
        Event.add(Event.Kind.STATUS, order=order, old=int(shown), new=int(order.shown), status=order.status)
    return True
