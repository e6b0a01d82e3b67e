"""The dry run of a bulk rename: what would become of every order. Reads only, and asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dashboard.accounts.models import User
from orders.forms.orders import NameField
from orders.models import Batch, BatchLine, NoKey, Order, OrderKey
from orders.names import clean
from orders.rules import Rule


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one order; `fault` says why it cannot be renamed so."""

    line: BatchLine
    after: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be renamed, what cannot be, and what stays as it is."""

    changes: list[Change] = field(default_factory=list)
    faults: list[Change] = field(default_factory=list)
    same: list[Change] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many orders would be renamed."""
        return len(self.changes)


def plan(batch: Batch, rule: Rule) -> Plan:
    """What the rule would make of the batch's orders; of a batch without a rule, what its lines say."""
    lines = list(batch.lines.select_related("order__team", "order__key__user").order_by("pk"))
    keyless = _keyless([line.order for line in lines], batch.actor)
    made = Plan()
    for line in lines:
        after = line.after if batch.rule is None else rule(line.before)
        if after == clean(line.before):
            made.same.append(Change(line, after))
        elif fault := _fault(line, after) or keyless.get(line.order_id, ""):
            made.faults.append(Change(line, after, fault))
        else:
            made.changes.append(Change(line, after))
    return made


def _fault(line: BatchLine, after: str) -> str:
    """Why the order cannot get this name, whoever asks; "" when it can."""
    if line.order.deleted:
        return _("It is deleted at Autoenhance.")
    if clean(line.order.name) != clean(line.before):
        return _("Meanwhile it is called “%s”.") % line.order.label
    try:
        NameField().clean(after)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _keyless(orders: Iterable[Order], user: User) -> dict[int, str]:
    """Why no key of the person's reaches these orders, by order; those that one reaches are left out.

    Which key it is depends on the keys that list an order alone, so orders with the same keys are asked about once.
    """
    also: defaultdict[int, list[int]] = defaultdict(list)
    listed = OrderKey.objects.filter(order__in=[order.pk for order in orders]).order_by("pk")
    for order_id, key_id in listed.values_list("order_id", "key_id"):
        also[order_id].append(key_id)
    alike: defaultdict[tuple[int | None, tuple[int, ...]], list[Order]] = defaultdict(list)
    for order in orders:
        alike[order.key_id, tuple(also[order.pk])].append(order)
    found: dict[int, str] = {}
    for group in alike.values():
        try:
            group[0].key_for(user)
        except NoKey as why:
            found |= {order.pk: str(why) for order in group}
    return found
