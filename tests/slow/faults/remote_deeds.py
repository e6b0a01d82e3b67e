"""Stories in which Autoenhance is at fault, or somebody changes something there."""

from __future__ import annotations

import time
from functools import partial

import requests

from orders import rounds
from orders.models import ApiKey, Event, Hook, Order, OrderWatch, Sync
from tests.slow.faults.deeds import deed
from tests.slow.faults.people import Person
from tests.slow.faults.proxy import Fault
from tests.slow.faults.service import Chance
from tests.slow.faults.stage import Stage
from tests.upstream import Step, Upstream
from tests.waiting import wait_until


def only(who: Person, status: int, method: str = "*") -> list[Chance]:
    """Autoenhance answers so to this key alone."""
    return [Chance(method, 1.0, Step(status=status), key=who.key.secret())]


def works_again() -> None:
    ApiKey.objects.update(refused_at=None)


@deed("F01-401-on-create")
def refused_key_on_create(stage: Stage, case: str, operations: int) -> None:
    dora, others = stage.people[3], [one for one in stage.people if one.name != "Dora"]
    stage.service.storm(stage.seed, only(dora, 401))
    name, before = stage.name(), stage.service.count("POST")
    answer = dora.ask(
        "POST", f"/teams/{dora.team.slug}/orders/new/", name=name, order_id=dora.form(), key=str(dora.key.pk)
    )
    assert (answer.status, name in answer.text) == (422, True)
    assert stage.service.count("POST") == before + 1
    told = stage.many([partial(others[n % len(others)].create, case, stage.name()) for n in range(operations)])
    assert {op.status for op in told} <= {302, 422}
    assert told[0].status == 302
    stage.service.calm()
    works_again()


@deed("F02-key-revoked-in-between")
def key_revoked(stage: Stage, case: str, operations: int) -> None:
    dora = stage.people[3]
    orders = [stage.order(dora) for _ in range(4)]
    stage.service.storm(stage.seed, only(dora, 403))
    assert dora.rename(case, orders[0], stage.name()).status == 422
    assert Event.objects.filter(kind=Event.Kind.KEY_REFUSED, team_id=dora.team.pk).exists()
    before = stage.service.count("PATCH")
    # No more calls with it: nothing of it works, and everything can be read.
    assert dora.rename(case, orders[1], stage.name()).status == 422
    assert stage.service.count("PATCH") == before
    assert {dora.refresh(case, orders[2]).status, dora.open(case, orders[3]).status} == {302, 200}
    assert stage.bob.create(case, stage.name()).status == 302
    stage.service.calm()
    works_again()


@deed("F03-404-on-get")
def gone_for_a_moment(stage: Stage, case: str, operations: int) -> None:
    order = stage.order()
    stage.service.script("GET", f"/v3/orders/{order.order_id}", Step(status=404))
    assert stage.alice.refresh(case, order).status == 422
    assert not Order.objects.get(pk=order.pk).deleted
    assert stage.alice.refresh(case, order).status == 302


@deed("F05-409-on-create")
def taken_id(stage: Stage, case: str, operations: int) -> None:
    """Ours after all, because our own list shows it; or somebody else's, which is never adopted."""
    for _ in range(max(1, operations // 4)):
        stage.service.script("POST", "*", Step(process=True, status=409, json={"message": "exists"}))
        assert stage.alice.create(case, stage.name()).status == 302
        stage.service.script("POST", "*", Step(status=409))
        assert stage.alice.create(case, stage.name()).status == 422


@deed("F07-429-with-seconds")
def pause_is_kept(stage: Stage, case: str, operations: int) -> None:
    ops = [*stage.some(case, ["create", "rename"], 6), *stage.some(case, ["search", "open"], 6)]
    stage.service.calm()
    stage.service.script("POST", "*", Step(status=429, headers={"Retry-After": "3"}))
    assert stage.alice.create(case, stage.name()).status == 422
    began, before = time.monotonic(), stage.service.count()
    told = stage.many(ops)
    assert {op.status for op in told} == {422, 200}
    while time.monotonic() - began < 2.5:
        assert stage.service.count() == before
        time.sleep(0.1)
    wait_until(lambda: stage.alice.create(case, stage.name()).status == 302, 10)


@deed("F18-late-arrival")
def late_arrival(stage: Stage, case: str, operations: int) -> None:
    """Autoenhance gets to it when we have long given up, looked, not found it, and sent it again."""
    stage.service.gate(case, "POST", "*", Step(), processed=False)
    assert stage.alice.create(case, stage.name()).status == 202
    wait_until(stage.settled, 60)
    stage.service.open_gate(case)
    time.sleep(0.5)


@deed("F34-deleted-there")
def deleted_there(stage: Stage, case: str, operations: int) -> None:
    order = stage.order()
    stage.service.delete(order.order_id)
    assert stage.alice.refresh(case, order).status == 302
    assert Order.objects.get(pk=order.pk).deleted
    assert stage.alice.open(case, order).status == 200


@deed("F35-redirects")
def redirects(stage: Stage, case: str, operations: int) -> None:
    with Upstream() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            step = Step(status=status, headers={"Location": f"{elsewhere.url}/v3/orders/"})
            for method in ("GET", "POST", "PATCH"):
                stage.service.script(method, "*", step)
            stage.quiet()
            assert stage.alice.refresh(case, stage.order()).status == 422
            assert stage.alice.create(case, stage.name()).status == 202
            stage.service.script("GET", "*", step)
            assert stage.alice.rename(case, stage.order(), stage.name()).status == 202
        stage.strays += len(elsewhere.journal)


@deed("F36-stale-read")
def stale_read(stage: Stage, case: str, operations: int) -> None:
    order, name = stage.order(), stage.name()
    path = f"/v3/orders/{order.order_id}"
    stale = requests.get(stage.service.url() + path, timeout=5).content
    assert stage.alice.rename(case, order, name).status == 302
    stage.service.script("GET", path, Step(raw=stale, forever=True))
    assert stage.alice.refresh(case, order).status == 302
    assert Order.objects.get(pk=order.pk).name == name


@deed("F39-outage")
def outage(stage: Stage, case: str, operations: int) -> None:
    """Reads work, writes are refused in a sentence, and it is soon noticed that it is back (scaled: 6 s)."""
    with stage.upstream.broken(Fault(refuse=True), cut=True):
        over = time.monotonic() + 6
        while time.monotonic() < over:
            told = stage.many(stage.some(case, ["search", "open", "create", "share"], 24))
            assert {op.status for op in told} <= {200, 422}
            assert {op.status for op in told if op.kind != "create"} == {200}
    back = time.monotonic()
    wait_until(lambda: stage.bob.create(case, stage.name()).status == 302, 30)
    assert time.monotonic() - back <= 30


@deed("F40-brownout")
def brownout(stage: Stage, case: str, operations: int) -> None:
    """Half of all answers are errors, and slow: pages come fast, and we ask hardly more often than people do."""
    orders = [stage.order() for _ in range(60)]
    stage.quiet()
    stage.service.calm()
    stage.service.storm(stage.seed, [Chance("*", 0.5, Step(status=503, delay=0.3))])
    stage.many([partial(stage.alice.refresh, case, order) for order in orders])
    # Time counts only where little happens at once: otherwise this machine would be measured.
    reads = [stage.alice.search(case, "mill") for _ in range(20)]
    assert sorted(op.ended - op.began for op in reads)[18] <= 1.5
    asked = sum(stage.service.count("GET", f"/v3/orders/{order.order_id}") for order in orders)
    assert asked <= 1.1 * len(orders) + 1


@deed("F41-two-hundred-tabs")
def many_tabs(stage: Stage, case: str, operations: int) -> None:
    """Their polls never ask Autoenhance themselves; the worker does, for all of them together, about once a second."""
    order = stage.order()
    path, began = f"/v3/orders/{order.order_id}", time.monotonic()
    stage.service.calm()
    with stage.history.op(case, "everybody", "open", order.order_id) as op:
        polls = [
            partial(one.ask, "GET", f"/orders/{order.pk}/status/?v=0") for one in stage.people[:5] for _ in range(40)
        ]
        answers = {answer.status for answer in stage.many(polls, 40)}
        op.told, op.status, op.request_id = "ok", max(answers), "all"
    assert answers == {200}
    assert stage.service.count("GET", path) <= 2 + 1.5 * (time.monotonic() - began)


@deed("F61-renamed-at-the-site")
def renamed_at_the_site(stage: Stage, case: str, operations: int) -> None:
    for _ in range(max(2, operations // 4)):
        order = stage.order()
        stage.site_rename(case, order, stage.name("Site Street"))
        assert stage.alice.rename(case, order, stage.name()).status == 409


@deed("F62-an-old-retry-after-a-newer-rename")
def old_retry(stage: Stage, case: str, operations: int) -> None:
    """An unclear rename does not come back over what was named at the site since, nor does a newer one overtake it."""
    order, newer = stage.order(), stage.name("Newer Road")
    stage.service.script("PATCH", "*", Step(status=500))
    assert stage.alice.rename(case, order, stage.name("Older Road")).status == 202
    assert stage.bob.rename(case, order, stage.name()).status == 409
    stage.site_rename(case, order, newer)
    stage.settle(case)
    assert stage.service.orders()[order.order_id].name == newer


@deed("F72-key-replaced-on-the-way")
def key_replaced(stage: Stage, case: str, operations: int) -> None:
    """The refusal of a secret that is no longer ours does not count against the one that took its place."""
    alice = stage.alice
    order, old = stage.order(), bytes(alice.key.sealed)
    stage.service.gate(case, "PATCH", "*", Step(status=401), processed=False)
    renaming = stage.begin(partial(alice.rename, case, order, stage.name()))
    stage.service.wait(1, "PATCH")
    alice.key.keep(alice.key.secret())
    assert bytes(alice.key.sealed) != old
    alice.key.save()
    stage.service.open_gate(case)
    renaming.join()
    assert ApiKey.objects.get(pk=alice.key.pk).refused_at is None
    assert alice.create(case, stage.name()).status == 302


@deed("F75-a-time-of-the-far-future")
def far_future(stage: Stage, case: str, operations: int) -> None:
    """Said once, it does not make the mirror deaf for what is said afterwards."""
    order, name = stage.order(), stage.name("Site Street")
    stage.service.twist("GET", '"last_updated_at": "2999-12-31T23:59:59+00:00"')
    assert stage.alice.refresh(case, order).status == 302
    stage.service.calm()
    stage.site_rename(case, order, name)
    assert stage.alice.refresh(case, order).status == 302
    assert Order.objects.get(pk=order.pk).name == name


@deed("F83-a-burst-of-webhooks")
def webhooks(stage: Stage, case: str, operations: int) -> None:
    """Sixty of them about one order, some twice and some of nothing: it is looked at once in five seconds."""
    order, name = stage.order(), stage.name("Site Street")
    hook = Hook.make(stage.alice.key)
    url, secret = f"{stage.web.address}/hooks/autoenhance/{hook.token()}/", hook.secret()
    stage.site_rename(case, order, name)
    stage.service.calm()

    def call(n: int) -> int:
        body = {
            "event": "image_processed",
            "order_id": order.order_id if n % 6 else "nobody-knows",
            "image_id": f"i{n % 9}",
        }
        return requests.post(url, json=body, headers={"Authentication": secret}, timeout=30).status_code

    assert set(stage.many([partial(call, n) for n in range(60)])) == {204}
    wait_until(lambda: Order.objects.get(pk=order.pk).name == name, 20)
    assert stage.service.count("GET", f"/v3/orders/{order.order_id}") <= 3


@deed("F85-page-tokens-that-fail")
def page_tokens(stage: Stage, case: str, operations: int) -> None:
    """A token is refused in the middle of an import, and then a page repeats: it ends, with every order once."""
    frida = stage.people[5]
    ids = [stage.unknown(frida) for _ in range(40)]
    ok = Step(process=True)
    stage.service.script("GET", "/v3/orders/", ok, Step(status=422), ok, ok, ok, ok)
    with stage.history.op(case, frida.name, "import") as op:
        rounds.queue(frida.key.pk, Sync.Kind.DAILY)
        wait_until(lambda: Order.objects.filter(order_id__in=ids).count() == len(ids), 60)
        op.told = "ok"
    OrderWatch.objects.filter(order__order_id__in=ids).update(next_at=None)
