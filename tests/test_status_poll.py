"""/teams/<slug>/orders/status/: one poll for all open rows of a list."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order, OrderWatch, Shown, Write, now
from orders.views.status import MOST_ROWS, asked_in
from tests.cast import CHARLIES_KEY, HTMX, AsUser, MakeKey, mirrored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

LIST, URL = "/teams/northlight/orders/", "/teams/northlight/orders/status/"


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def orders(key: ApiKey) -> list[Order]:
    """Three at work."""
    fields: dict[str, Any] = {"shown": Shown.PROCESSING, "status": "processing", "pictures": 30, "ready": 12}
    return [mirrored(key, f"{number} Elm Row", **fields) for number in (1, 2, 3)]


def rows(*orders: Order, version: int = 1) -> str:
    return ",".join(f"{order.pk}.{version}" for order in orders)


def ask(client: Client, asked: str, **more: str) -> Any:
    return client.get(URL, {"rows": asked, **more}, headers=HTMX)


def told(answer: Any) -> dict[str, Any]:
    """The header of an answer."""
    event: dict[str, Any] = json.loads(answer["HX-Trigger"])["live"]
    return event


class ListTests:
    def test_a_page_has_one_poll_for_all_its_open_rows(self, client: Client, orders: list[Order], key: ApiKey) -> None:
        done = mirrored(key, "Done", shown=Shown.READY)
        text = client.get(f"{LIST}?q=").content.decode()
        assert text.count(f'hx-get="{URL}') == 1
        poll = client.get(f"{LIST}?q=").context["poll"]
        assert set(poll.url.split("rows=")[1].split(",")) == set(rows(*orders).split(","))
        assert [f'id="order-{order.pk}" data-live="1"' in text for order in (*orders, done)] == [True] * 3 + [False]

    def test_without_open_rows_it_has_none_and_says_when_the_list_was_read(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "Done", shown=Shown.READY)
        ApiKey.objects.update(imported_at=now() - timedelta(minutes=4))
        text = client.get(f"{LIST}?q=").content.decode()
        assert "every " not in text
        assert "as of 4 min ago" in text

    def test_says_how_old_the_oldest_open_row_is(self, client: Client, orders: list[Order]) -> None:
        OrderWatch.objects.filter(order=orders[1]).update(seen_at=now() - timedelta(minutes=3))
        text = client.get(f"{LIST}?q=").content.decode()
        assert "as of 3 min ago" in text
        assert "asof--stale" in text


class NothingNewTests:
    def test_is_204_with_the_oldest_look(self, client: Client, orders: list[Order]) -> None:
        OrderWatch.objects.filter(order=orders[1]).update(seen_at=now() - timedelta(seconds=9))
        answer = ask(client, rows(*orders))
        assert (answer.status_code, answer.content) == (204, b"")
        assert 9 <= told(answer)["age"] < 15
        assert told(answer)["every"] == 5

    def test_needs_one_query_besides_session_and_person_for_any_number_of_rows(
        self, client: Client, orders: list[Order], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for some in (orders[:1], orders):
            with django_assert_num_queries(3):
                ask(client, rows(*some))


class NewsTests:
    def test_only_the_row_that_changed_comes_and_the_tabs(self, client: Client, orders: list[Order]) -> None:
        Order.objects.filter(pk=orders[1].pk).update(version=2, ready=13)
        answer = ask(client, rows(*orders), q="elm", sort="name")
        text = answer.content.decode()
        assert [f'id="order-{order.pk}"' in text for order in orders] == [False, True, False]
        assert "13/30" in text
        assert "<mark>Elm</mark>" in text
        assert text.count('hx-swap-oob="true"') == 2
        assert "sort=name" in answer.context["poll"].url

    def test_the_last_to_finish_ends_the_poll(self, client: Client, orders: list[Order]) -> None:
        Order.objects.update(version=2, shown=Shown.READY)
        text = ask(client, rows(*orders)).content.decode()
        assert 'id="poll"' not in text
        assert text.count("Ready") >= 3
        assert "data-live=" not in text

    def test_a_deleted_order_is_told(self, client: Client, orders: list[Order]) -> None:
        Order.objects.filter(pk=orders[0].pk).update(version=2, deleted=True, shown=Shown.DELETED)
        assert "Deleted" in ask(client, rows(*orders)).content.decode()

    def test_a_viewers_row_offers_no_rename(self, as_user: AsUser, vera: User, orders: list[Order]) -> None:
        Order.objects.update(version=2)
        assert "name__edit" not in ask(as_user(vera), rows(*orders)).content.decode()

    def test_a_person_without_scripts_gets_the_list(self, client: Client, orders: list[Order]) -> None:
        answer = client.get(URL, {"rows": rows(*orders), "q": "elm"})
        assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?q=elm")


class UnclearTests:
    """Changes that are not confirmed yet, beside orders at work."""

    @pytest.fixture
    def write(self, alice: User, key: ApiKey) -> Write:
        """A rename of an order that is finished."""
        order = mirrored(key, "12 Rosewood Ave", shown=Shown.READY)
        with transaction.atomic():
            write = Write.intend_rename(order, key, alice, "14 Rosewood Ave", order.name)
        write.doubt("No answer.")
        return write

    def test_the_row_of_a_finished_order_asks_until_it_is_settled(self, client: Client, write: Write) -> None:
        order = Order.objects.get()
        poll = client.get(f"{LIST}?q=").context["poll"]
        assert (poll.every, poll.url.split("rows=")[1]) == (5, rows(order, version=order.version))
        assert told(ask(client, rows(order, version=order.version)))["every"] == 5
        write.refuse("Not taken.")
        answer = ask(client, rows(order, version=order.version))
        assert "name__note" not in answer.content.decode()
        assert told(answer)["every"] is None

    @pytest.mark.django_db(transaction=True)
    def test_without_a_worker_what_is_shown_is_settled_one_by_one(
        self, client: Client, alice: User, key: ApiKey, orders: list[Order], write: Write, upstream: Upstream
    ) -> None:
        """An order that is being made as well: it stands above the list."""
        Write.intend_create(key, alice, "0b6cbd2e-7c0c-4a62-8b0e-5f2c5a0a6c11", "5 Elm Row")
        for _ in range(2):
            Write.objects.filter(state__in=Write.PENDING).update(deadline=now() - timedelta(minutes=1))
            ask(client, rows(*orders, Order.objects.get(pk=write.target_id)))
        assert sorted(Write.objects.values_list("kind", "state")) == [("create", "done"), ("rename", "refused")]

    def test_another_orders_change_is_none_of_its_business(self, client: Client, orders: list[Order]) -> None:
        other, shown = mirrored(orders[0].key, "Other"), orders[0]
        Write.intend_rename(other, other.key, other.key.user, "New", other.name)
        Order.objects.update(shown=Shown.READY)
        assert told(ask(client, rows(shown)))["every"] is None


class AskedTests:
    @pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1.1,", "1.1;2.2", "a.b", "-1.1", "1.1.1", "1" * 19 + ".1"])
    def test_what_is_malformed_is_400(self, client: Client, orders: list[Order], text: str) -> None:
        assert ask(client, text).status_code == 400

    def test_a_hundred_rows_are_the_most(self, client: Client, orders: list[Order]) -> None:
        many = [f"{order.pk}.1" for order in orders] * 40
        assert ask(client, ",".join(many[:MOST_ROWS])).status_code == 204
        assert ask(client, ",".join(many[: MOST_ROWS + 1])).status_code == 400

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(text=st.text(st.sampled_from("0123456789.,٣x "), max_size=60))
    def test_whatever_is_asked_is_understood_or_refused(self, text: str) -> None:
        asked = asked_in(text)
        assert all(pk < 10**18 and version < 10**18 for pk, version in asked.items())

    def test_orders_of_another_team_are_like_those_that_do_not_exist(
        self, client: Client, orders: list[Order], charlie: User, make_key: MakeKey
    ) -> None:
        theirs = mirrored(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "Theirs")
        answers = [ask(client, f"{rows(orders[0])},{pk}.0") for pk in (theirs.pk, 10**17)]
        assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
        assert ask(client, rows(theirs, version=7)).status_code == 204

    def test_a_stranger_gets_404_whatever_is_asked(self, as_user: AsUser, charlie: User, orders: list[Order]) -> None:
        for asked in (rows(*orders), rows(*orders, version=7), "1.1", "", "x"):
            assert ask(as_user(charlie), asked).status_code == 404

    def test_refuses_other_methods(self, client: Client) -> None:
        assert {getattr(client, method)(URL).status_code for method in ("post", "put", "patch", "delete")} == {405}
