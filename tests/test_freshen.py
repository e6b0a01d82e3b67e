"""Looking at orders that may have news: when, by whom, and what it costs (DESIGN section 5, F53, F82)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard.accounts.models import User
from orders import due, freshen, services, tasks
from orders.absorb import Known
from orders.models import ApiKey, Order, OrderWatch, Shown, Write, now
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, mirrored, place_upstream
from tests.hurry import break_down
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db

HOUR, BEGAN = timedelta(hours=1), datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
Make = Callable[..., Order]


def known(shown: Shown, age: timedelta = timedelta(), **facts: object) -> Known:
    """An order that changed so long ago."""
    return Known("o-1", created_at=BEGAN, updated_at=BEGAN - age, shown=shown, **facts)  # type: ignore[arg-type]


def looks_in_an_hour(news: Callable[[int], bool]) -> int:
    """How often an order is looked at in its first hour, with news at each look for which `news` says so."""
    age = last_news = timedelta()
    looks = 0
    while (age := age + due.pause(age, age - last_news)) < HOUR:
        looks += 1
        last_news = age if news(looks) else last_news
    return looks


class PauseTests:
    def test_an_hour_costs_forty_calls_at_most(self) -> None:
        """The bound of what nobody watches, with news all the time and without any."""
        assert 10 <= looks_in_an_hour(lambda look: False) <= looks_in_an_hour(lambda look: True) <= 40

    @given(st.sets(st.integers(1, 60)))
    def test_whenever_there_is_news(self, looks: set[int]) -> None:
        assert looks_in_an_hour(looks.__contains__) <= 40

    def test_is_shorter_after_news_and_never_longer_than_an_hour(self) -> None:
        assert due.pause(HOUR, timedelta()) < due.pause(HOUR, HOUR)
        assert due.pause(timedelta(days=90), timedelta(days=90)) == HOUR

    @pytest.mark.parametrize("shown", [Shown.MERGING, Shown.PROCESSING])
    def test_what_is_at_work_is_always_looked_at_again(self, shown: Shown) -> None:
        assert due.next_look(known(shown, timedelta(days=30)), BEGAN)

    @pytest.mark.parametrize("shown", [Shown.WAITING, Shown.UNKNOWN])
    def test_what_waits_is_for_two_hours(self, shown: Shown) -> None:
        assert due.next_look(known(shown, timedelta(minutes=119)), BEGAN)
        assert due.next_look(known(shown, timedelta(minutes=121)), BEGAN) is None

    @pytest.mark.parametrize("shown", [Shown.READY, Shown.ERROR, Shown.DELETED])
    def test_what_is_finished_is_not(self, shown: Shown) -> None:
        assert due.next_look(known(shown, pictures=3), BEGAN, changed=True) is None

    def test_has_jitter(self) -> None:
        looks = {due.next_look(known(Shown.PROCESSING), BEGAN) for _ in range(20)}
        assert len(looks) > 10
        assert all(look and 15 <= (look - BEGAN).total_seconds() <= 18.75 for look in looks)


@pytest.fixture
def make(key: ApiKey, store: Store, upstream: Upstream) -> Make:
    """make(due_in=seconds): an order that is at work here, and waits at Autoenhance; None: nothing is expected."""

    def order(due_in: float | None = -1, **fields: object) -> Order:
        order_id = place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        long_ago = now() - HOUR
        facts = {"order_id": order_id, "shown": Shown.PROCESSING, "created_at": long_ago, **fields}
        made = mirrored(key, "12 Rosewood Ave", **facts)
        next_at = None if due_in is None else now() + timedelta(seconds=due_in)
        OrderWatch.objects.filter(order=made).update(next_at=next_at, seen_at=long_ago)
        return Order.objects.select_related("watch", "key", "team").get(pk=made.pk)

    return order


def watch(order: Order) -> OrderWatch:
    return OrderWatch.objects.get(pk=order.pk)


class TickTests:
    def test_looks_at_what_is_due_without_a_key(self, make: Make, upstream: Upstream) -> None:
        order, later = make(), make(60)
        freshen.tick()
        (call,) = upstream.calls()
        assert (call.path, call.headers.get("x-api-key")) == (f"/v3/orders/{order.order_id}", None)
        assert Order.objects.get(pk=order.pk).shown == Shown.WAITING
        assert (watch(order).claimed_until, watch(later).seen_at < now() - HOUR / 2) == (None, True)
        assert timedelta(0) < (watch(order).next_at or now()) - now() < timedelta(seconds=20)

    def test_what_is_finished_is_due_no_more(self, make: Make, upstream: Upstream) -> None:
        order = make()
        done = {"order_id": order.order_id, "status": "processed", "total_images": 1}
        upstream.script("GET", "*", Step(json=done))
        freshen.tick()
        assert watch(order).next_at is None

    def test_says_when_the_next_is_due(self, make: Make) -> None:
        assert freshen.tick() is None
        make(3000)
        assert freshen.tick() is None
        next_at = watch(make(30)).next_at
        assert freshen.tick() == next_at
        make(1)
        assert (freshen.tick() or now()) - now() > timedelta(seconds=4)

    def test_leaves_what_somebody_else_looks_at(self, make: Make, upstream: Upstream) -> None:
        order = make()
        OrderWatch.objects.update(claimed_until=now() + freshen.LEASE)
        freshen.tick()
        assert upstream.calls() == []
        OrderWatch.objects.update(claimed_until=now())
        freshen.tick()
        assert [call.path for call in upstream.calls()] == [f"/v3/orders/{order.order_id}"]

    def test_a_claim_that_has_ended_gives_nothing_back(self, make: Make, upstream: Upstream) -> None:
        """F55: of a worker that was stopped for so long that another one has it by now."""
        order, others = make(), now() + HOUR

        def overtaken(order: Order, *, deadline: float | None) -> Order:
            OrderWatch.objects.update(claimed_until=others)
            return order

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(services, "refresh", overtaken)
            freshen.tick()
        assert watch(order).claimed_until == others

    @pytest.mark.parametrize("status", [404, 500])
    def test_what_fails_rests_and_stops_no_other(self, make: Make, upstream: Upstream, status: int) -> None:
        first, second = make(-20), make(-10)
        upstream.script("GET", f"*{first.order_id}", Step(status=status, forever=True))
        freshen.tick()
        assert (watch(first).next_at or now()) - now() > timedelta(seconds=50)
        assert upstream.calls("GET", f"*{second.order_id}")

    def test_an_id_that_cannot_be_sent_stops_no_other(self, make: Make, upstream: Upstream) -> None:
        odd, order = make(-20, order_id="../images/x"), make(-10)
        freshen.tick()
        assert [call.path for call in upstream.calls()] == [f"/v3/orders/{order.order_id}"]
        assert (watch(odd).next_at or now()) > now()

    def test_stops_early_when_nothing_may_be_sent(self, make: Make, upstream: Upstream) -> None:
        orders = [make(), make()]
        break_down()
        again = freshen.tick()
        assert again
        assert upstream.calls() == []
        assert all((watch(order).next_at or now()) < now() for order in orders)
        assert not OrderWatch.objects.exclude(claimed_until=None).exists()

    def test_one_that_is_late_has_another_help(self, make: Make) -> None:
        make(-11)
        make(-12)
        freshen.tick()
        assert [job.queueing_lock for job in ProcrastinateJob.objects.all()] == ["tick:now"]

    def test_begins_again_by_itself_while_orders_are_open(self, make: Make) -> None:
        make(30)
        for _ in range(2):
            tasks.tick(0)
        (job,) = ProcrastinateJob.objects.all()
        assert (job.task_name, job.lock) == ("orders.tick", None)
        assert job.scheduled_at == OrderWatch.objects.get().next_at

    @pytest.mark.django_db(transaction=True)
    def test_four_at_once_look_at_each_order_once(self, make: Make, upstream: Upstream) -> None:
        orders = [make() for _ in range(8)]

        def tick(_: int) -> None:
            freshen.tick()
            connections.close_all()

        with ThreadPoolExecutor(4) as workers:
            list(workers.map(tick, range(4)))
        assert sorted(call.path for call in upstream.calls()) == sorted(f"/v3/orders/{one.order_id}" for one in orders)


@pytest.fixture
def worker(db: None) -> None:
    """A worker lives."""
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers default values")


class LookTests:
    @pytest.mark.usefixtures("worker")
    def test_a_worker_is_told_once(self, make: Make, upstream: Upstream) -> None:
        orders = [make(1800), make(None, shown=Shown.READY)]
        for _ in range(3):
            freshen.look(*orders)
        assert upstream.calls() == []
        assert all((watch(order).next_at or HOUR + now()) <= now() for order in orders)
        assert [job.queueing_lock for job in ProcrastinateJob.objects.all()] == ["tick:now"]
        freshen.tick()
        assert len(upstream.calls()) == 2

    def test_without_one_the_request_looks_at_one_itself(self, make: Make, upstream: Upstream) -> None:
        first, second = make(1800), make(1800)
        freshen.look(first, second)
        assert len(upstream.calls()) == 1
        assert not ProcrastinateJob.objects.exists()
        assert not OrderWatch.objects.exclude(claimed_until=None).exists()

    def test_what_was_just_seen_is_left_alone(self, make: Make, upstream: Upstream) -> None:
        orders = [make(created_at=now()), make(None, shown=Shown.READY), make(None, deleted=True, shown=Shown.DELETED)]
        for order, age in zip(orders, (4, 590, 9999), strict=True):
            order.watch.seen_at = now() - timedelta(seconds=age)
        freshen.look(*orders)
        assert upstream.calls() == []
        for order, age in zip(orders[:2], (6, 610), strict=True):
            order.watch.seen_at = now() - timedelta(seconds=age)
            freshen.look(order)
        assert len(upstream.calls()) == 2

    def test_costs_nothing_then(self, make: Make, django_assert_num_queries: Callable[..., object]) -> None:
        order = make()
        order.watch.seen_at = now()
        with django_assert_num_queries(0):  # type: ignore[attr-defined]
            freshen.look(order)

    def test_what_another_looks_at_is_not_waited_for(self, make: Make, upstream: Upstream) -> None:
        order = make()
        OrderWatch.objects.update(claimed_until=now() + freshen.LEASE)
        freshen.look(order)
        assert upstream.calls() == []

    @pytest.mark.parametrize("step", [Step(status=500), Step(status=404), Step(status=429), Step(raw=b"<html>")])
    def test_never_raises(self, make: Make, upstream: Upstream, step: Step) -> None:
        upstream.script("GET", "*", step)
        freshen.look(make())

    def test_keeps_nobody_waiting(self, make: Make, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
        assert freshen.LOOK_DEADLINE <= 2
        monkeypatch.setattr(freshen, "LOOK_DEADLINE", 0.2)
        upstream.script("GET", "*", Step(hang=True))
        began = time.monotonic()
        freshen.look(make())
        assert time.monotonic() - began < 1


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_are_one_call(make: Make, upstream: Upstream) -> None:
    """Without a worker, many people may have the same order on the screen."""
    order, answer = make(), threading.Event()
    upstream.script("GET", "*", Step(process=True, hold=answer))

    def look() -> None:
        freshen.look(order)
        connections.close_all()

    people = [threading.Thread(target=look) for _ in range(3)]
    people[0].start()
    upstream.wait(1)
    for person in people[1:]:
        person.start()
        person.join()
    answer.set()
    people[0].join()
    assert len(upstream.calls()) == 1


@pytest.mark.django_db(transaction=True)
class SettleTests:
    @pytest.fixture
    def unclear(self, alice: User, order: Order, upstream: Upstream) -> Write:
        """A rename whose answer was lost a minute ago."""
        upstream.script("PATCH", "*", Step(process=True, reset="before"))
        write = services.rename(alice, order, "14 Rosewood Ave", order.name)
        assert write
        Write.objects.update(deadline=now() - timedelta(minutes=1))
        write.refresh_from_db()
        return write

    def test_without_a_worker_it_is_settled_when_looked_at(self, unclear: Write) -> None:
        freshen.settle(unclear)
        unclear.refresh_from_db()
        assert (unclear.state, Order.objects.get().name) == ("done", "14 Rosewood Ave")

    @pytest.mark.usefixtures("worker")
    def test_a_worker_does_it_by_itself(self, unclear: Write) -> None:
        freshen.settle(unclear)
        unclear.refresh_from_db()
        assert unclear.state == "unclear"

    def test_one_that_may_still_be_under_way_is_left_alone(self, unclear: Write, upstream: Upstream) -> None:
        Write.objects.update(deadline=now())
        unclear.refresh_from_db()
        upstream.clear()
        freshen.settle(unclear)
        assert upstream.calls() == []
