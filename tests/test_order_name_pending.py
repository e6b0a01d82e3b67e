"""/orders/<id>/name/pending/: what became of a rename that was not confirmed, where the page asks for nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, Shown, Write
from tests.cast import HTMX, AsUser, mirrored
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db

OLD, NEW = "5 Elm Row", "7 Elm Row"


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def order(key: ApiKey) -> Order:
    """Finished, so that neither the list nor its page has anything to ask for."""
    return mirrored(key, OLD, shown=Shown.READY)


@pytest.fixture
def url(order: Order) -> str:
    return f"/orders/{order.pk}/name/pending/"


@pytest.fixture
def write(client: Client, order: Order, upstream: Upstream) -> Write:
    """A rename whose answer was lost."""
    upstream.script("*", "*", Step(reset="before", forever=True))
    rename(client, order)
    return Write.objects.get()


def rename(client: Client, order: Order, **more: str) -> Any:
    return client.post(f"/orders/{order.pk}/name/", {"name": NEW, "seen": OLD, **more}, headers=HTMX)


class NoteTests:
    def test_asks_by_itself_what_becomes_of_the_change(
        self, client: Client, order: Order, upstream: Upstream, url: str
    ) -> None:
        upstream.script("*", "*", Step(reset="before", forever=True))
        answer = rename(client, order, heading="1")
        assert answer.status_code == 202
        assert f'hx-get="{url}?next=' in answer.content.decode()
        assert "heading=1" in answer.context["note_url"]

    def test_leaves_that_to_the_poll_of_a_page_that_has_one(self, client: Client, order: Order, write: Write) -> None:
        page = client.get(order.get_absolute_url()).content.decode()
        assert "is not confirmed yet" in page
        assert "/name/pending/" not in page

    def test_is_left_alone_while_nobody_knows(self, client: Client, write: Write, url: str) -> None:
        assert client.get(url, headers=HTMX).status_code == 204

    def test_gives_way_to_the_new_name(self, client: Client, order: Order, write: Write, url: str) -> None:
        Write.objects.update(state=Write.State.DONE)
        Order.objects.update(name=NEW)
        text = client.get(url, {"heading": "1"}, headers=HTMX).content.decode()
        assert f'<h1 dir="auto">{NEW}</h1>' in text
        assert f'data-announce="Renamed to {NEW}"' in text
        assert "name__note" not in text

    def test_gives_way_to_the_reason_of_a_refusal(self, client: Client, write: Write, url: str) -> None:
        write.refuse("Autoenhance did <not> take it.")
        text = client.get(url, headers=HTMX).content.decode()
        assert 'role="alert">Autoenhance did &lt;not&gt; take it.' in text
        assert OLD in text
        assert "data-announce" not in text

    def test_is_a_page_without_scripts(self, client: Client, write: Write, url: str) -> None:
        page = client.get(url).content.decode()
        assert "<html" in page
        assert "is not confirmed yet" in page


def test_without_a_worker_looking_settles_it(
    client: Client, order: Order, write: Write, url: str, upstream: Upstream
) -> None:
    Write.objects.update(deadline="2026-01-01T00:00Z")
    upstream.clear()
    upstream.script("GET", f"/v3/orders/{order.order_id}", Step(json={"order_id": order.order_id, "name": NEW}))
    assert client.get(url, headers=HTMX).status_code == 204
    assert f">{NEW}</a>" in client.get(url, headers=HTMX).content.decode()
    assert Write.objects.get().state == Write.State.DONE


def test_a_viewer_asks_for_no_rename(as_user: AsUser, vera: User, url: str) -> None:
    assert as_user(vera).get(url, headers=HTMX).status_code == 403


def test_somebody_elses_order_is_not_there(as_user: AsUser, charlie: User, url: str) -> None:
    assert as_user(charlie).get(url, headers=HTMX).status_code == 404
