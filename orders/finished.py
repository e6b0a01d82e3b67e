"""When an order is finished: once for each of its runs (DESIGN section 5, features N1). Pure rules, no database.

A run begins when the order is seen waiting or at work, and ends when it is Ready or Error with pictures. What was
finished when we first saw it has no run, so an import tells nobody anything.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orders.absorb import Known
from orders.due import AT_WORK, BEGUN, ENDED
from orders.models import Shown


def advance(order: Known, was: int | None, at: datetime, *, looked: bool) -> dict[str, Any] | None:
    """Bring the order's run up to its status, which was `was` (None: it is new); what to tell if that finished it.

    at: when that was seen. looked: the answer told of its pictures. A list does not: where that calls an order finished
    whose pictures we know to be at work, its run ends with the next look, which can say how many are ready.
    """
    if order.shown in BEGUN:
        if order.run_at is None:
            order.run += was is not None and was != Shown.UNKNOWN
            order.run_at = at
        elif was == Shown.WAITING and order.shown in AT_WORK:
            order.run_at = at  # until now it waited for pictures, and nobody for it
        return None
    counted = looked or order.ready + order.failed == order.pictures
    if order.run_at is None or order.shown not in ENDED or not order.pictures or not counted:
        return None
    facts = {"run": order.run, "pictures": order.pictures, "ready": order.ready, "failed": order.failed}
    if was in AT_WORK:
        facts["seconds"] = int((at - order.run_at).total_seconds())
    order.run_at = None
    return facts
