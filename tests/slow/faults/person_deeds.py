"""Stories in which people and browsers do what one should not: twice, at once, too late, or with something else."""

from __future__ import annotations

import threading
import time
from functools import partial

from orders.models import Order
from tests.slow.faults.building import log_in, log_out
from tests.slow.faults.deeds import deed
from tests.slow.faults.proxy import Fault
from tests.slow.faults.stage import Stage
from tests.upstream import Step
from tests.waiting import wait_until

HTMX = {"HX-Request": "true"}
# Names that have to come back byte by byte, and names that cannot be.
GOOD = (
    "12 Häuserweg 🏡",
    "שדרות רוטשילד 12",
    "A" * 255,
    "👩‍👩‍👧‍👦 family",
    "50% off; drop table",
    "<b>bold</b>",
    "ﬁ ligature",
)
BAD = ("", "   ", "B" * 10_000, "nul\0name", "bell\x07", "\u200b")


@deed("F57-double-click")
def double_click(stage: Stage, case: str, operations: int) -> None:
    for _ in range(max(4, operations // 2)):
        token, name = stage.alice.form(), stage.name()
        presses = [partial(stage.alice.create, case, name, token=token) for _ in range(2)]
        assert {op.status for op in stage.many(presses)} <= {302, 202}


@deed("F58-back-and-again")
def back_and_again(stage: Stage, case: str, operations: int) -> None:
    token, name = stage.alice.form(), stage.name()
    assert [stage.alice.create(case, name, token=token).status for _ in range(3)] == [302, 302, 302]


@deed("F59-same-form-other-name")
def same_form_other_name(stage: Stage, case: str, operations: int) -> None:
    token, name = stage.alice.form(), stage.name()
    assert stage.alice.create(case, name, token=token).status == 302
    fields = {"name": stage.name(), "order_id": token, "key": str(stage.alice.key.pk)}
    answer = stage.alice.ask("POST", f"/teams/{stage.alice.team.slug}/orders/new/", **fields)
    assert (answer.status, name in answer.text) == (422, True)


@deed("F60-two-rename-at-once")
def races(stage: Stage, case: str, operations: int) -> None:
    for _ in range(max(5, operations // 4)):
        order, gate = stage.order(), threading.Barrier(4)

        def race(n: int, order: Order = order, gate: threading.Barrier = gate) -> int:
            name = stage.name()
            gate.wait(10)
            return stage.people[n].rename(case, order, name).status

        told = stage.many([partial(race, n) for n in range(4)])
        assert told.count(302) == 1
        assert set(told) <= {302, 409}


@deed("F63-names-of-every-kind")
def names(stage: Stage, case: str, operations: int) -> None:
    for name in GOOD:
        order = stage.order()
        assert stage.alice.rename(case, order, name).status == 302
        assert stage.service.orders()[order.order_id].name == name == Order.objects.get(pk=order.pk).name
    order = stage.order()
    assert {stage.alice.rename(case, order, name).status for name in BAD} == {422}
    assert stage.alice.rename(case, order, order.name).status == 302
    # As it is sent from a form, with blanks at its ends.
    assert stage.alice.ask("POST", f"/orders/{order.pk}/name/", name=f"  {order.name} ", seen=order.name).status == 302


@deed("F64-two-people-with-one-id")
def one_id(stage: Stage, case: str, operations: int) -> None:
    token = stage.alice.form()
    assert stage.alice.create(case, stage.name(), token=token).status == 302
    for other in (stage.bob, stage.charlie):
        path, name = f"/teams/{other.team.slug}/orders/new/", stage.name()
        answer = other.ask("POST", path, name=name, order_id=token, key=str(other.key.pk))
        assert (answer.status, name in answer.text) == (422, True)


@deed("F65-session-over-while-a-part-is-fetched")
def session_over_on_get(stage: Stage, case: str, operations: int) -> None:
    emil, order = stage.people[4], stage.order()
    log_out(emil)
    answer = emil.ask("GET", f"/orders/{order.pk}/name/", headers=HTMX)
    assert "<form" not in answer.text
    assert "/accounts/login/" in answer.headers["HX-Redirect"]
    log_in(emil)
    assert emil.open(case, order).status == 200


@deed("F66-session-over-on-a-rename")
def session_over_on_post(stage: Stage, case: str, operations: int) -> None:
    emil, order, name = stage.people[4], stage.order(), stage.name()
    log_out(emil)
    answer = emil.ask("POST", f"/orders/{order.pk}/name/", headers=HTMX, name=name, seen=order.name)
    assert answer.status == 401
    log_in(emil)
    assert emil.rename(case, order, name).status == 302


@deed("F67-another-session-s-form")
def stale_csrf(stage: Stage, case: str, operations: int) -> None:
    order, name = stage.order(), stage.name()
    fields = {"name": name, "seen": order.name, "csrfmiddlewaretoken": "z" * 32}
    assert stage.alice.ask("POST", f"/orders/{order.pk}/name/", headers=HTMX, **fields).status == 403
    assert stage.service.orders()[order.order_id].name == order.name
    assert stage.alice.rename(case, order, name).status == 302


@deed("F70-answer-lost-on-the-way-back")
def answer_lost(stage: Stage, case: str, operations: int) -> None:
    for _ in range(max(2, operations // 4)):
        token, name = stage.alice.form(), stage.name()
        with stage.front.broken(Fault(cut=0)):
            assert stage.alice.create(case, name, token=token, at=stage.front.url).status == 0
        assert stage.alice.create(case, name, token=token).status == 302
        order, name = stage.order(), stage.name()
        with stage.front.broken(Fault(cut=200)):
            assert stage.alice.rename(case, order, name, at=stage.front.url).status == 0
        # Pressed again in the same form: it is called so already, and nothing is sent.
        before = stage.service.count("PATCH")
        assert stage.alice.rename(case, order, name).status == 302
        assert stage.service.count("PATCH") == before


@deed("F71-left-in-the-middle")
def left(stage: Stage, case: str, operations: int) -> None:
    stage.service.gate(case, "POST", "*", Step(), processed=False)
    assert stage.alice.create(case, stage.name(), patience=0.5).status == 0
    stage.service.open_gate(case)
    order, name = stage.order(), stage.name()
    stage.service.gate(case, "PATCH", "*", Step(), processed=True)
    assert stage.alice.rename(case, order, name, patience=0.5).status == 0
    stage.service.open_gate(case)
    wait_until(lambda: Order.objects.get(pk=order.pk).name == name, 10)
    time.sleep(0.2)
