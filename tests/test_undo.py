"""/orders/<id>/name/ after a rename: the way back is a rename as well, and looks for a conflict like any (R6)."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client

from dashboard.accounts.models import User
from orders.models import Event, Order
from orders.sandbox.store import Store
from tests.cast import HTMX, AsUser
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "12 Rosewood Ave", "14 Rosewood <Ave>"
LIST = "/teams/northlight/orders/?q=14"


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def url(order: Order) -> str:
    return f"/orders/{order.pk}/name/"


class Undo(HTMLParser):
    """The form in a page that takes a rename back; `fields` is empty where there is none."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.form: dict[str, str | None] = {}
        self.fields: dict[str, str] = {}
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = dict(given)
        if tag == "form":
            self.inside = "undo" in (attributes.get("class") or "").split()
            self.form = attributes if self.inside else self.form
        if tag == "input" and self.inside:
            self.fields[attributes["name"] or ""] = attributes["value"] or ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


def renamed(client: Client, url: str, name: str = NEW, seen: str = OLD, **data: str) -> Undo:
    """The way back that an htmx rename brings."""
    answer = client.post(url, {"name": name, "seen": seen, **data}, headers=HTMX)
    assert answer.status_code == 200
    return Undo(answer.content.decode())


class ToastTests:
    def test_posts_the_two_names_changed_over(self, client: Client, url: str, order: Order, store: Store) -> None:
        undo = renamed(client, url, next=LIST)
        assert undo.form["action"] == undo.form["hx-post"] == url
        assert undo.form["hx-target"] == f"#order-{order.pk}-name"
        assert undo.fields | {"name": OLD, "seen": NEW, "next": LIST} == undo.fields
        back = client.post(url, undo.fields, headers=HTMX)
        assert store.order(order.order_id).name == OLD
        assert Undo(back.content.decode()).fields["name"] == NEW
        assert Event.objects.filter(kind="renamed").count() == 2

    def test_a_heading_stays_one(self, client: Client, url: str) -> None:
        undo = renamed(client, url, heading="1")
        assert b"<h1" in client.post(url, undo.fields, headers=HTMX).content

    def test_names_what_autoenhance_made_of_it(
        self, client: Client, url: str, order: Order, upstream: Upstream
    ) -> None:
        upstream.script("PATCH", "*", Step(json={"order_id": order.order_id, "name": "14 ROSEWOOD"}))
        assert renamed(client, url).fields["seen"] == "14 ROSEWOOD"

    def test_overwrites_nothing_that_came_between(self, client: Client, url: str, order: Order, store: Store) -> None:
        undo = renamed(client, url)
        there = store.order(order.order_id)
        store.edit_order(there, "Theirs", there.sort_order)
        answer = client.post(url, undo.fields, headers=HTMX)
        assert answer.status_code == 409
        assert answer.context["conflict"]["yours"] == OLD
        assert store.order(order.order_id).name == "Theirs"

    @pytest.mark.parametrize("name", [OLD, "", "x" * 256])
    def test_there_is_none_where_nothing_was_renamed(self, client: Client, url: str, name: str) -> None:
        answer = client.post(url, {"name": name, "seen": OLD}, headers=HTMX)
        assert Undo(answer.content.decode()).fields == {}

    def test_there_is_none_to_no_name_at_all(self, client: Client, url: str, order: Order, store: Store) -> None:
        there = store.order(order.order_id)
        store.edit_order(there, "", there.sort_order)
        Order.objects.get().rename_to("")
        Order.objects.update(name="", find=" ")
        assert renamed(client, url, seen="").fields == {}

    def test_there_is_none_before_it_is_confirmed(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(process=True, reset="before"))
        answer = client.post(url, {"name": NEW, "seen": OLD}, headers=HTMX)
        assert answer.status_code == 202
        assert Undo(answer.content.decode()).fields == {}


class WithoutScriptsTests:
    def test_the_page_it_returns_to_offers_it_once(self, client: Client, url: str, store: Store, order: Order) -> None:
        answer = client.post(url, {"name": NEW, "seen": OLD, "next": LIST}, follow=True)
        text = answer.content.decode()
        assert "Renamed to 14 Rosewood &lt;Ave&gt;." in text
        undo = Undo(text)
        assert "hx-post" not in undo.form
        assert Undo(client.get(LIST).content.decode()).fields == {}
        assert client.post(url, undo.fields)["Location"] == LIST
        assert store.order(order.order_id).name == OLD

    def test_its_token_is_good(self, as_user: AsUser, alice: User, url: str) -> None:
        client = as_user(alice)
        client.handler.enforce_csrf_checks = True
        token = str(client.get(url).context["csrf_token"])
        page = client.post(url, {"name": NEW, "seen": OLD, "csrfmiddlewaretoken": token}, follow=True)
        assert client.post(url, Undo(page.content.decode()).fields).status_code == 302


class TimelineTests:
    def test_leads_to_a_form_with_the_old_name(self, client: Client, url: str, order: Order) -> None:
        renamed(client, url)
        again = f"{url}?name=12+Rosewood+Ave"
        assert f'href="{again}"' in client.get(order.get_absolute_url()).content.decode()
        form = unescape(client.get(again).content.decode())
        assert f'name="name" value="{OLD}"' in form
        assert f'name="seen" value="{NEW}"' in form

    def test_not_to_the_name_it_has_nor_for_a_viewer(
        self, client: Client, as_user: AsUser, vera: User, url: str, order: Order
    ) -> None:
        renamed(client, url)
        page = order.get_absolute_url()
        assert "Use the old name again" not in as_user(vera).get(page).content.decode()
        renamed(client, url, OLD, NEW)
        assert client.get(page).content.decode().count("Use the old name again") == 1
