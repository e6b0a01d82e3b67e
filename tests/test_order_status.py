"""/orders/<id>/status/: what the page of an order asks for."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import User
from orders import freshen, services
from orders.models import ApiKey, Order, OrderWatch, Pace, Shown, Sync, Write, now
from orders.models.pace import Verdict
from orders.sandbox.store import Store
from orders.views.freshness import of_list
from tests.cast import ALICES_KEY, HTMX, AsUser, mirrored, place_upstream
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db

IMAGES = [{"status": "processed"}, {"status": "error", "reason": "Too dark"}, {"status": "processing"}]


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def order(key: ApiKey) -> Order:
    """12 Rosewood Ave at work, seen a moment ago."""
    counts = {"pictures": 3, "ready": 1, "failed": 1}
    return mirrored(key, "12 Rosewood Ave", images=IMAGES, shown=Shown.PROCESSING, status="processing", **counts)


def ask(client: Client, order: Order, version: object = None) -> Any:
    """What the page that shows `version`, by default the newest, gets."""
    shown = Order.objects.get(pk=order.pk).version if version is None else version
    return client.get(f"/orders/{order.pk}/status/?v={shown}", headers=HTMX)


def told(answer: Any) -> dict[str, Any]:
    """The header of an answer."""
    event: dict[str, Any] = json.loads(answer["HX-Trigger"])["live"]
    return event


def seen(**ago: float) -> None:
    """We looked at all orders so long ago."""
    OrderWatch.objects.update(seen_at=now() - timedelta(**ago))


@pytest.fixture
def works() -> None:
    """A worker lives."""
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now())")


class NothingNewTests:
    def test_is_204_with_the_time_of_the_last_look_and_the_next_interval(self, client: Client, order: Order) -> None:
        seen(seconds=14)
        answer = ask(client, order)
        assert (answer.status_code, answer.content, answer["Vary"].count("HX-Request")) == (204, b"", 1)
        event = told(answer)
        assert (event["every"], event["why"]) == (5, "")
        assert 14 <= event["age"] < 20
        assert event["iso"] == OrderWatch.objects.get().seen_at.replace(microsecond=0).isoformat()

    def test_needs_one_query_besides_session_and_person(
        self, client: Client, order: Order, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(3):
            ask(client, order, order.version)

    def test_is_no_activity_of_the_session(self, client: Client, order: Order) -> None:
        before = client.session.items()
        answer = ask(client, order)
        assert not answer.cookies
        assert client.session.items() == before

    def test_ends_when_the_order_is_finished(self, client: Client, order: Order) -> None:
        Order.objects.update(shown=Shown.READY)
        assert told(ask(client, order))["every"] is None


class NewsTests:
    def test_a_change_comes_with_all_that_shows_it(self, client: Client, order: Order) -> None:
        Order.objects.update(version=2, ready=2, name="14 Rosewood Ave")
        answer = ask(client, order, 1)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "2 of 3 pictures" in text
        assert "<title>14 Rosewood Ave · Northlight · Proofsheet</title>" in text
        assert "<html" not in text
        parts = ("order-state", "order-counter", "order-pictures", "order-facts", f"order-{order.pk}-name")
        for part in parts:
            assert f'id="{part}"' in text
        assert text.count('hx-swap-oob="true"') == len(parts)
        assert text.count('data-live="2"') == len(parts)

    def test_it_comes_with_its_new_interval_and_one_that_is_finished_with_none(
        self, client: Client, order: Order
    ) -> None:
        Order.objects.update(version=2)
        assert 'hx-trigger="every ' in ask(client, order, 1).content.decode()
        Order.objects.update(shown=Shown.READY)
        text = ask(client, order, 1).content.decode()
        assert "hx-trigger=" not in text.split("hx-swap-oob", 1)[0]
        assert "Ready" in text

    @pytest.mark.parametrize("version", ["", "x", "-1", "9" * 400, "0\0"])
    def test_whatever_else_the_page_says_it_shows_is_old(self, client: Client, order: Order, version: str) -> None:
        assert ask(client, order, version).status_code == 200

    def test_a_deleted_order_is_told(self, client: Client, order: Order) -> None:
        Order.objects.update(version=2, deleted=True, shown=Shown.DELETED)
        assert "Deleted" in ask(client, order, 1).content.decode()

    def test_without_scripts_it_is_the_page(self, client: Client, order: Order) -> None:
        text = client.get(f"/orders/{order.pk}/status/?v=1").content.decode()
        assert "<html" in text
        assert "hx-swap-oob" not in text
        assert f'href="/orders/{order.pk}/status/?v=1"' in text


@pytest.mark.django_db(transaction=True)
class UnclearTests:
    """A rename whose answer was lost."""

    @pytest.fixture
    def write(self, alice: User, key: ApiKey, store: Store, upstream: Upstream) -> Write:
        order_id = place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        order = mirrored(key, "12 Rosewood Ave", order_id=order_id, shown=Shown.READY)
        upstream.script("PATCH", "*", Step(process=True, reset="before"))
        write = services.rename(alice, order, "14 Rosewood Ave", order.name)
        assert write
        return write

    def test_its_page_asks_though_the_order_is_finished(self, client: Client, write: Write) -> None:
        assert write.target
        assert client.get(write.target.get_absolute_url()).context["poll"].every == 5
        assert told(ask(client, write.target))["every"] == 5

    def test_a_refusal_takes_the_note_off_an_open_page(self, client: Client, write: Write) -> None:
        assert write.target
        shown = Order.objects.get().version
        write.refuse("Autoenhance did not take the new name.")
        text = ask(client, write.target, shown).content.decode()
        assert "did not take the new name" in text
        assert "name__note" not in text
        assert told(ask(client, write.target))["every"] is None

    def test_so_does_a_confirmation_of_what_was_mirrored_already(self, client: Client, write: Write) -> None:
        assert write.target
        Order.objects.update(name="14 Rosewood Ave")
        shown = Order.objects.get().version
        write.confirm(Order.objects.get())
        assert ask(client, write.target, shown).status_code == 200

    def test_without_a_worker_it_is_settled_when_looked_at(self, client: Client, write: Write) -> None:
        assert write.target
        ask(client, write.target)
        assert Write.objects.get().state == "unclear"
        Write.objects.update(deadline=now() - timedelta(minutes=1))
        ask(client, write.target)
        assert (Write.objects.get().state, Order.objects.get().name) == ("done", "14 Rosewood Ave")


class OldTests:
    """S7: older than two intervals, and why."""

    def test_autoenhance_has_asked_for_a_pause(self, client: Client, order: Order) -> None:
        seen(minutes=5)
        turn = Pace.reserve(50)
        assert turn.verdict == Verdict.GO
        Pace.limited(turn, 3600)
        until = Pace.standing().limited_until
        assert until
        assert told(ask(client, order))["why"] == f"Autoenhance lets us ask again at {until:%H:%M}."

    def test_it_does_not_answer(self, client: Client, order: Order) -> None:
        seen(minutes=5)
        Pace.reserve(50)
        Pace.objects.update(failing_since=now(), probe_at=now() + timedelta(minutes=1), failures=9)
        assert told(ask(client, order))["why"].startswith("Autoenhance has not answered since ")

    def test_it_refuses_the_key(self, client: Client, order: Order, key: ApiKey) -> None:
        seen(minutes=5)
        ApiKey.objects.update(refused_at=now())
        assert told(ask(client, order))["why"] == "Autoenhance refuses the key Studio."

    def test_nobody_works(self, client: Client, order: Order) -> None:
        seen(minutes=5)
        assert told(ask(client, order))["why"] == "Nothing works in the background."

    def test_nobody_had_the_page_open(self, client: Client, order: Order, works: None) -> None:
        """No look has failed: nobody looked."""
        seen(minutes=9)
        asof = client.get(order.get_absolute_url()).context["asof"]
        assert (asof.why, asof.age > asof.late) == ("", True)

    def test_the_last_looks_have_failed(self, client: Client, order: Order, upstream: Upstream, works: None) -> None:
        seen(minutes=9)
        OrderWatch.objects.update(next_at=now())
        upstream.script("GET", "*", Step(status=500, forever=True))
        freshen.tick()
        page = client.get(order.get_absolute_url()).context["asof"]
        assert (page.why, told(ask(client, order))["why"]) == ("The last looks have failed.",) * 2
        seen(seconds=0)
        assert not Order.objects.get().look_failed

    def test_the_list_could_not_be_read(self, client: Client, key: ApiKey, works: None) -> None:
        ApiKey.objects.update(imported_at=now() - timedelta(hours=1))
        read = ApiKey.objects.all()
        assert [asof.why for asof in [of_list(key.team, [], read)] if asof] == [""]
        Sync.take_up(key, Sync.Kind.CATCH_UP).wait("Autoenhance answered 500.")
        assert [asof.why for asof in [of_list(key.team, [], read)] if asof] == ["The last looks have failed."]

    def test_what_is_finished_is_not_old_unless_something_is_wrong(self, client: Client, order: Order) -> None:
        Order.objects.update(shown=Shown.READY, updated_at=timezone.now() - timedelta(days=3))
        seen(days=3)
        assert told(ask(client, order))["why"] == ""
        ApiKey.objects.update(refused_at=now())
        assert told(ask(client, order))["why"] != ""

    def test_the_page_says_it_without_scripts(self, client: Client, order: Order) -> None:
        seen(minutes=5)
        text = client.get(order.get_absolute_url()).content.decode()
        assert "asof--stale" in text
        assert "Nothing works in the background." in text
        seen(seconds=5)
        assert "asof--stale" not in client.get(order.get_absolute_url()).content.decode()


class LookTests:
    @pytest.fixture
    def looked(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The orders that were to be looked at."""
        pks: list[int] = []
        monkeypatch.setattr(freshen, "look", lambda *orders: pks.extend(order.pk for order in orders))
        return pks

    def test_a_viewer_has_it_looked_at_when_it_is_older_than_it_should_be(
        self, as_user: AsUser, vera: User, order: Order, looked: list[int]
    ) -> None:
        ask(as_user(vera), order)
        assert looked == []
        seen(minutes=1)
        ask(as_user(vera), order)
        assert looked == [order.pk]

    def test_what_has_just_been_asked_for_is_not_asked_for_again(
        self, client: Client, order: Order, looked: list[int]
    ) -> None:
        seen(minutes=1)
        OrderWatch.objects.update(next_at=now() - timedelta(seconds=3))
        ask(client, order)
        assert looked == []
        OrderWatch.objects.update(next_at=now() - timedelta(minutes=1))
        ask(client, order)
        assert looked == [order.pk]

    def test_the_page_itself_does_not_wait_for_that(
        self, client: Client, order: Order, looked: list[int], upstream: Upstream
    ) -> None:
        seen(minutes=1)
        client.get(order.get_absolute_url())
        assert (looked, upstream.calls()) == ([], [])


class AccessTests:
    def test_a_stranger_gets_what_an_unknown_order_gets(self, as_user: AsUser, charlie: User, order: Order) -> None:
        headers = {**HTMX, "X-Request-Id": "the-same-id"}
        addresses = (f"/orders/{order.pk}/status/?v=1", "/orders/999999999/status/?v=1")
        theirs, unknown = (as_user(charlie).get(address, headers=headers) for address in addresses)
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.content == unknown.content

    def test_refuses_other_methods(self, client: Client, order: Order) -> None:
        url = f"/orders/{order.pk}/status/"
        assert {getattr(client, method)(url).status_code for method in ("post", "put", "patch", "delete")} == {405}
