"""The promise (DESIGN section 5): committed before it is sent, settled by reading, once."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from dashboard.accounts.models import User
from orders import services, writes
from orders.models import ApiKey, Busy, Conflict, Event, Order, Write
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, CHARLIES_KEY, place_upstream
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

LOST = Step(process=True, reset="before")
NOT_PROCESSED = Step(reset="before")


def past(write: Write, age: timedelta = timedelta(seconds=30)) -> Write:
    """The same Write, as if it had been sent that long ago."""
    Write.objects.filter(pk=write.pk).update(created_at=write.created_at - age, deadline=write.deadline - age)
    write.refresh_from_db()
    return write


def settled(write: Write) -> Write:
    """The Write after somebody looked, once its time was over."""
    writes.settle(past(write).pk)
    write.refresh_from_db()
    return write


def an_id() -> str:
    return str(uuid.uuid4())


class CreateTests:
    def test_makes_the_order_with_our_id_and_mirrors_the_answer(self, alice: User, key: ApiKey, store: Store) -> None:
        order_id = an_id()
        write = services.place(alice, key, order_id, "5 Elm Row")
        assert write.state == "done"
        assert write.target == Order.objects.get(order_id=order_id, name="5 Elm Row", key=key)
        assert Event.objects.get(kind="created").actor == "Alice"

    def test_is_committed_before_it_is_sent(self, alice: User, key: ApiKey, upstream: Upstream) -> None:
        go = threading.Event()
        upstream.script("POST", "*", Step(process=True, hold=go))
        placing = threading.Thread(target=_in_thread, args=(services.place, alice, key, an_id(), "5 Elm Row"))
        placing.start()
        upstream.wait(1, "POST")
        states, transactions = list(Write.objects.values_list("state", flat=True)), _open_transactions()
        go.set()
        placing.join(10)
        assert (states, transactions) == (["open"], 0)

    def test_the_same_id_again_finds_the_first(self, alice: User, key: ApiKey, upstream: Upstream) -> None:
        order_id = an_id()
        first = services.place(alice, key, order_id, "5 Elm Row")
        again = services.place(alice, key, order_id, "5 Elm Row")
        assert again == first
        assert len(upstream.calls("POST")) == 1

    def test_two_at_once_make_one_order(self, alice: User, key: ApiKey, upstream: Upstream, store: Store) -> None:
        order_id = an_id()
        threads = [
            threading.Thread(target=_in_thread, args=(services.place, alice, key, order_id, "5 Elm Row"))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(15)
        assert len(upstream.calls("POST", "/v3/orders/")) == 1
        assert Order.objects.get().order_id == order_id

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
    def test_is_refused_by_any_4xx(self, alice: User, key: ApiKey, upstream: Upstream, status: int) -> None:
        upstream.script("POST", "*", Step(status=status))
        write = services.place(alice, key, an_id(), "5 Elm Row")
        assert (write.state, bool(write.reason), Order.objects.count()) == ("refused", True, 0)

    def test_is_refused_when_nothing_was_sent(self, alice: User, key: ApiKey, settings) -> None:
        settings.AUTOENHANCE_API_URL = "http://127.0.0.1:9"
        assert services.place(alice, key, an_id(), "5 Elm Row").state == "refused"

    @pytest.mark.parametrize(
        "step", [LOST, NOT_PROCESSED, Step(status=500), Step(status=503), Step(raw=b"<html>"), Step(status=302)]
    )
    def test_is_unclear_when_the_answer_says_nothing(
        self, alice: User, key: ApiKey, upstream: Upstream, step: Step
    ) -> None:
        upstream.script("POST", "*", step)
        write = services.place(alice, key, an_id(), "5 Elm Row")
        assert (write.state, Order.objects.count()) == ("unclear", 0)

    def test_unclear_but_made_is_adopted_from_the_list(self, alice: User, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("POST", "*", LOST)
        write = settled(services.place(alice, key, an_id(), "5 Elm Row"))
        assert write.state == "done"
        assert Order.objects.get().name == "5 Elm Row"
        assert len(upstream.calls("POST")) == 1

    def test_unclear_and_not_made_is_posted_again_with_the_same_id(
        self, alice: User, key: ApiKey, upstream: Upstream
    ) -> None:
        upstream.script("POST", "*", NOT_PROCESSED)
        write = settled(services.place(alice, key, an_id(), "5 Elm Row"))
        first, second = upstream.calls("POST")
        assert write.state == "done"
        assert first.json == second.json

    def test_arriving_late_it_still_becomes_one_order(
        self, alice: User, key: ApiKey, upstream: Upstream, store: Store
    ) -> None:
        """F18: not in the list yet when we look, there when we post again."""
        upstream.script("POST", "*", NOT_PROCESSED, Step(process=True, status=500))
        write = services.place(alice, key, an_id(), "5 Elm Row")
        assert settled(write).state == "unclear"
        assert settled(write).state == "done"
        assert len(Order.objects.all()) == 1

    def test_an_id_that_is_taken_by_another_account_is_not_adopted(
        self, alice: User, key: ApiKey, store: Store
    ) -> None:
        order_id = place_upstream(store, CHARLIES_KEY, "Secret", order_id=an_id())
        write = services.place(alice, key, order_id, "5 Elm Row")
        assert write.state == "refused"
        assert "taken" in write.reason
        assert not Order.objects.exists()

    def test_409_for_our_own_order_is_adopted(self, alice: User, key: ApiKey, store: Store) -> None:
        order_id = place_upstream(store, ALICES_KEY, "5 Elm Row", order_id=an_id())
        assert services.place(alice, key, order_id, "5 Elm Row").state == "done"

    def test_is_given_up_after_a_day(self, alice: User, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("POST", "*", NOT_PROCESSED)
        write = past(services.place(alice, key, an_id(), "5 Elm Row"), timedelta(days=2))
        assert settled(write).state == "refused"
        assert len(upstream.calls("POST")) == 1


class RenameTests:
    def rename(self, alice: User, order: Order, name: str = "14 Rosewood Ave") -> Write:
        write = services.rename(alice, order, name, order.name)
        assert write is not None
        return write

    def test_mirrors_what_autoenhance_answered_not_what_was_asked(
        self, alice: User, order: Order, upstream: Upstream
    ) -> None:
        answer = {"order_id": order.order_id, "name": "14 Rosewood Avenue"}
        upstream.script("PATCH", "*", Step(json=answer))
        self.rename(alice, order)
        assert Order.objects.get().name == "14 Rosewood Avenue"

    def test_the_same_name_sends_nothing(self, alice: User, order: Order, upstream: Upstream) -> None:
        assert services.rename(alice, order, "12  Rosewood Ave", "12 Rosewood Ave") is None
        assert not upstream.calls()

    def test_a_name_that_changed_here_is_a_conflict(self, alice: User, order: Order, upstream: Upstream) -> None:
        self.rename(alice, order)
        with pytest.raises(Conflict) as conflict:
            services.rename(alice, order, "16 Rosewood Ave", "12 Rosewood Ave")
        assert conflict.value.order.name == "14 Rosewood Ave"
        assert len(upstream.calls("PATCH")) == 1

    def test_a_name_that_changed_at_autoenhance_is_a_conflict(
        self, alice: User, order: Order, store: Store, upstream: Upstream
    ) -> None:
        """F61: nothing is overwritten, and the change is in the timeline."""
        theirs = store.order(order.order_id)
        assert theirs is not None
        store.edit_order(theirs, "Theirs", theirs.sort_order)
        with pytest.raises(Conflict):
            self.rename(alice, order)
        assert not upstream.calls("PATCH")
        assert Event.objects.get(kind="name_changed").data == {"old": "12 Rosewood Ave", "new": "Theirs"}

    def test_a_second_one_waits_for_the_first(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", LOST)
        self.rename(alice, order)
        with pytest.raises(Busy):
            self.rename(alice, order, "16 Rosewood Ave")

    def test_a_race_of_two_has_one_winner(self, alice: User, order: Order, upstream: Upstream) -> None:
        """F60: the other hears Conflict or Busy, and nothing is overwritten."""
        outcomes: list[str] = []
        threads = [
            threading.Thread(target=_outcome, args=(outcomes, alice, order, f"{n} Rosewood Ave")) for n in (14, 16, 18)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(15)
        assert outcomes.count("done") == 1
        assert len(upstream.calls("PATCH")) == 1

    def test_unclear_but_done_is_confirmed_by_reading(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", LOST)
        write = settled(self.rename(alice, order))
        assert write.state == "done"
        assert Order.objects.get().name == "14 Rosewood Ave"
        assert len(upstream.calls("PATCH")) == 1

    def test_unclear_and_not_done_is_sent_again(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", NOT_PROCESSED)
        assert settled(self.rename(alice, order)).state == "done"
        assert Order.objects.get().name == "14 Rosewood Ave"

    def test_is_sent_again_three_times_at_most(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(reset="before", forever=True))
        write = self.rename(alice, order)
        for _ in range(3):
            assert settled(write).state == "unclear"
        assert settled(write).state == "refused"
        assert len(upstream.calls("PATCH")) == 4

    def test_is_not_sent_again_after_ten_minutes(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", NOT_PROCESSED)
        write = past(self.rename(alice, order), timedelta(minutes=11))
        assert settled(write).state == "refused"
        assert len(upstream.calls("PATCH")) == 1

    def test_a_third_name_meanwhile_wins(self, alice: User, order: Order, upstream: Upstream, store: Store) -> None:
        upstream.script("PATCH", "*", NOT_PROCESSED)
        write = self.rename(alice, order)
        theirs = store.order(order.order_id)
        assert theirs is not None
        store.edit_order(theirs, "Theirs", theirs.sort_order)
        assert settled(write).state == "refused"
        assert Order.objects.get().name == "Theirs"

    def test_a_refusal_is_told_in_the_timeline(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(status=404))
        assert self.rename(alice, order).state == "refused"
        assert Event.objects.get(kind="refused").data["new"] == "14 Rosewood Ave"

    def test_a_stale_read_afterwards_does_not_bring_the_old_name_back(
        self, alice: User, order: Order, upstream: Upstream, store: Store
    ) -> None:
        """F36: the answer to a read may lag behind our write."""
        old = {"order_id": order.order_id, "name": order.name, "last_updated_at": "2026-01-01T00:00:00"}
        self.rename(alice, order)
        upstream.script("GET", "*", Step(json=old))
        services.refresh(order)
        assert Order.objects.get().name == "14 Rosewood Ave"


class SettlingTests:
    def test_a_write_that_is_being_sent_is_left_alone(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", LOST)
        write = services.rename(alice, order, "14 Rosewood Ave", order.name)
        assert write is not None
        upstream.clear()
        writes.settle(write.pk)
        assert not upstream.calls()

    def test_its_job_is_queued_in_the_same_transaction(self, alice: User, order: Order, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", LOST)
        write = services.rename(alice, order, "14 Rosewood Ave", order.name)
        assert write is not None
        with connection.cursor() as cursor:
            cursor.execute("select args, scheduled_at from procrastinate_jobs where task_name = 'orders.settle'")
            ((args, at),) = cursor.fetchall()
        assert json.loads(args) == {"write_id": write.pk}
        assert at == write.deadline + timedelta(seconds=5)

    def test_while_autoenhance_is_down_it_stays_unclear_and_is_looked_at_again(
        self, alice: User, order: Order, upstream: Upstream
    ) -> None:
        upstream.script("PATCH", "*", LOST)
        write = services.rename(alice, order, "14 Rosewood Ave", order.name)
        assert write is not None
        upstream.script("GET", "*", Step(status=503, forever=True))
        _forget_jobs()
        assert settled(write).state == "unclear"
        assert _jobs() == 1

    def test_two_settlers_do_it_once(self, alice: User, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("POST", "*", NOT_PROCESSED)
        write = past(services.place(alice, key, an_id(), "5 Elm Row"))
        threads = [threading.Thread(target=_in_thread, args=(writes.settle, write.pk)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(15)
        assert len(upstream.calls("POST")) == 2
        assert Event.objects.filter(kind="created").count() == 1


def _outcome(outcomes: list[str], user: User, order: Order, name: str) -> None:
    try:
        write = services.rename(user, order, name, "12 Rosewood Ave")
        outcomes.append(write.state if write else "nothing")
    except (Busy, Conflict) as error:
        outcomes.append(type(error).__name__)
    finally:
        connection.close()


def _in_thread(call: Callable[..., object], *args: object) -> None:
    try:
        call(*args)
    finally:
        connection.close()


def _open_transactions() -> int:
    """Transactions that wait for somebody: none may while Autoenhance is asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in trans%'"
        )
        return int(cursor.fetchone()[0])


def _jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name = 'orders.settle'")
        return int(cursor.fetchone()[0])


def _forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")
