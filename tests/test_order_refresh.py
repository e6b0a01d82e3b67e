"""/orders/<id>/refresh/: look at Autoenhance now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.models import User
from orders.models import ApiKey, Event, Order, OrderWatch
from orders.sandbox.store import Store
from tests.cast import HTMX, AsUser
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def url(order: Order) -> str:
    return f"/orders/{order.pk}/refresh/"


@pytest.fixture
def renamed(order: Order, store: Store) -> None:
    """Meanwhile the order is called "Theirs" at Autoenhance."""
    there = store.order(order.order_id)
    store.edit_order(there, "Theirs", there.sort_order)


class LookTests:
    @pytest.mark.usefixtures("renamed")
    def test_shows_what_is_there_now(self, client: Client, url: str) -> None:
        text = client.get(client.post(url)["Location"]).content.decode()
        assert "Renamed in Autoenhance from “12 Rosewood Ave” to “Theirs”" in text
        assert '<h1 dir="auto">Theirs</h1>' in text
        assert Event.objects.filter(kind="name_changed").count() == 1

    def test_htmx_gets_the_live_part(self, client: Client, url: str) -> None:
        answer = client.post(url, headers=HTMX)
        assert answer.status_code == 200
        assert answer.content.strip().startswith(b'<div id="order-live"')

    @pytest.mark.usefixtures("renamed")
    def test_htmx_loads_the_page_again_when_the_heading_has_changed_too(self, client: Client, url: str) -> None:
        assert client.post(url, headers=HTMX)["HX-Refresh"] == "true"

    def test_a_plain_form_returns_to_the_order(self, client: Client, url: str, order: Order) -> None:
        answer = client.post(url)
        assert (answer.status_code, answer["Location"]) == (302, order.get_absolute_url())

    def test_never_sends_a_key(self, client: Client, url: str, order: Order, upstream: Upstream) -> None:
        client.post(url)
        (look,) = upstream.calls()
        assert (look.method, look.path.rstrip("/")) == ("GET", f"/v3/orders/{order.order_id}")
        assert "x-api-key" not in look.headers
        assert "authorization" not in look.headers

    def test_notes_when_it_looked(self, client: Client, url: str) -> None:
        OrderWatch.objects.update(seen_at=timezone.now() - timedelta(hours=3))
        assert "as of 0 s ago" in client.post(url, headers=HTMX).content.decode()

    def test_what_is_known_already_costs_few_questions_and_no_transaction(self, client: Client, url: str) -> None:
        client.post(url, headers=HTMX)
        with CaptureQueriesContext(connection) as queries:
            client.post(url, headers=HTMX)
        assert len(queries) <= 10
        assert not any(query["sql"] in ("BEGIN", "COMMIT") for query in queries)

    def test_works_for_a_teammate_and_without_any_key(
        self, as_user: AsUser, bob: User, url: str, key: ApiKey, alice: User
    ) -> None:
        key.remove(alice)
        assert as_user(bob).post(url, headers=HTMX).status_code == 200

    def test_an_id_that_is_none_is_never_asked_for(self, client: Client, url: str, upstream: Upstream) -> None:
        Order.objects.update(order_id="../images/x")
        answer = client.post(url, headers=HTMX)
        assert answer.status_code == 422
        assert upstream.calls() == []


class FailedTests:
    @pytest.mark.parametrize(
        "step",
        [
            Step(status=500),
            Step(status=429),
            Step(status=404),
            Step(status=302),
            Step(raw=b"<html>"),
            Step(reset="before", forever=True),
        ],
    )
    def test_says_why_and_keeps_what_we_knew(self, client: Client, url: str, upstream: Upstream, step: Step) -> None:
        upstream.script("GET", "*", step)
        answer = client.post(url, headers=HTMX)
        assert answer.status_code == 422
        assert answer.context["refresh_error"] in answer.content.decode().replace("&#x27;", "'")
        assert "What you see is what we knew before." in answer.content.decode()
        assert Order.objects.get().name == "12 Rosewood Ave"

    def test_a_plain_form_gets_the_page_with_the_reason(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("GET", "*", Step(status=500))
        answer = client.post(url)
        assert answer.status_code == 422
        assert b"<html" in answer.content
        assert b"12 Rosewood Ave" in answer.content


class AccessTests:
    def test_a_viewer_is_refused_with_a_sentence(
        self, as_user: AsUser, vera: User, url: str, upstream: Upstream
    ) -> None:
        answer = as_user(vera).post(url)
        assert answer.status_code == 403
        assert "you cannot look for news at Autoenhance" in answer.content.decode()
        assert upstream.calls() == []

    def test_a_stranger_gets_what_an_unknown_order_gets(
        self, as_user: AsUser, charlie: User, url: str, upstream: Upstream
    ) -> None:
        client = as_user(charlie)
        same = {"X-Request-Id": "the-same-id"}
        theirs, unknown = (client.post(address, headers=same) for address in (url, "/orders/999999999/refresh/"))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.content == unknown.content
        assert upstream.calls() == []

    def test_refuses_other_methods(self, client: Client, url: str, upstream: Upstream) -> None:
        methods = ("get", "head", "put", "patch", "delete")
        assert {getattr(client, method)(url).status_code for method in methods} == {405}
        assert upstream.calls() == []
