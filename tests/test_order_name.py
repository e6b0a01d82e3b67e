"""/orders/<id>/name/: rename in place."""

from __future__ import annotations

from threading import Barrier, Thread
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client

from dashboard.accounts.models import User
from orders.models import ApiKey, Event, Order, Write
from orders.sandbox.store import Store
from tests.cast import HTMX, AsUser
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

OLD = "12 Rosewood Ave"
HARD_NAMES = [
    "👨‍👩‍👧 12 Elm",
    "👍🏽",
    "\u200fשלום 12",
    "مرحبا 12",
    "<b>&\"'",
    "{{ x }}",
    "x" * 255,
    "👍" * 255,
]
EVIL = [
    "//evil.example",
    "https:evil",
    "/\\evil",
    "javascript:alert(1)",
    "evil",
    "\t//evil",
    "/" + "x" * 2100,
    "/" + "é" * 700,
]


@pytest.fixture
def url(order: Order) -> str:
    return f"/orders/{order.pk}/name/"


@pytest.fixture
def client(as_user: AsUser, alice: User) -> Client:
    """Alice's browser."""
    return as_user(alice)


def rename(client: Client, url: str, name: str, seen: str = OLD, **headers: str):
    return client.post(url, {"name": name, "seen": seen}, headers=headers)


def renamed_at_autoenhance(store: Store, order: Order, name: str) -> None:
    there = store.order(order.order_id)
    store.edit_order(there, name, there.sort_order)


class FormTests:
    def test_the_part_holds_the_name_and_asks_nobody(self, client: Client, url: str, upstream: Upstream) -> None:
        answer = client.get(url, headers=HTMX)
        assert answer.status_code == 200
        assert b"<html" not in answer.content
        assert answer.content.count(f'value="{OLD}"'.encode()) == 2
        assert "HX-Request" in answer["Vary"]
        assert upstream.calls() == []

    def test_is_a_page_without_htmx(self, client: Client, url: str) -> None:
        text = client.get(url).content.decode()
        assert "<html" in text
        assert f'action="{url}"' in text
        assert "autofocus" in text


class RenameTests:
    def test_renames_at_autoenhance_then_mirrors(self, client: Client, order: Order, url: str, store: Store) -> None:
        answer = rename(client, url, "14 Rosewood Ave", **HTMX)
        assert answer.status_code == 200
        assert b"14 Rosewood Ave" in answer.content
        assert store.order(order.order_id).name == "14 Rosewood Ave"
        assert Order.objects.get().name == "14 Rosewood Ave"
        assert Event.objects.get(kind="renamed").data == {"old": OLD, "new": "14 Rosewood Ave"}

    def test_sends_one_patch_with_the_name_alone(self, client: Client, url: str, upstream: Upstream) -> None:
        more = {"order_id": "z", "is_deleted": "1", "team": "9", "owner": "9", "status": "processed"}
        client.post(url, {"name": "14 Rosewood Ave", "seen": OLD, **more})
        (patch,) = upstream.calls("PATCH")
        assert patch.json == {"name": "14 Rosewood Ave"}
        assert Order.objects.get().deleted is False

    def test_the_address_never_overrides_the_form(self, client: Client, url: str) -> None:
        rename(client, f"{url}?name=From+the+address&seen=x", "14 Rosewood Ave")
        assert Order.objects.get().name == "14 Rosewood Ave"

    @pytest.mark.parametrize("name", HARD_NAMES)
    def test_a_name_goes_there_and_back_exactly(
        self, client: Client, order: Order, url: str, store: Store, name: str
    ) -> None:
        rename(client, url, name)
        assert store.order(order.order_id).name == name
        assert Order.objects.get().name == name
        assert client.get(url).context["form"]["name"].value() == name

    def test_a_name_is_tidied_before_it_is_sent(self, client: Client, url: str, upstream: Upstream) -> None:
        rename(client, url, "  Cafe\u0301 \t 12\n")
        assert upstream.calls("PATCH")[0].json == {"name": "Café 12"}

    def test_shows_what_autoenhance_made_of_the_name(
        self, client: Client, url: str, order: Order, upstream: Upstream
    ) -> None:
        upstream.script("PATCH", "*", Step(json={"order_id": order.order_id, "name": "14 ROSEWOOD"}))
        assert b"14 ROSEWOOD" in rename(client, url, "14 Rosewood Ave", **HTMX).content
        assert Order.objects.get().name == "14 ROSEWOOD"

    @pytest.mark.parametrize("name", [OLD, f"  {OLD} ", "12  Rosewood\tAve"])
    def test_the_same_name_sends_nothing(self, client: Client, url: str, upstream: Upstream, name: str) -> None:
        assert rename(client, url, name, **HTMX).status_code == 200
        assert upstream.calls() == []
        assert not Write.objects.exists()

    def test_the_list_finds_the_new_name_in_the_next_request(self, client: Client, url: str) -> None:
        rename(client, url, "3 Oak Lane")
        assert b"3 Oak Lane" in client.get("/teams/northlight/orders/?q=oak").content


class WithoutHtmxTests:
    def test_returns_to_the_list_and_the_row(self, client: Client, url: str, order: Order) -> None:
        back = f"/teams/northlight/orders/?q=rose#order-{order.pk}"
        page = client.get(f"{url}?next={quote(back, safe='')}")
        assert f'name="next" value="{back}"' in page.content.decode()
        answer = client.post(url, {"name": "3 Oak Lane", "seen": OLD, "next": back})
        assert (answer.status_code, answer["Location"]) == (302, back)

    @pytest.mark.parametrize("back", EVIL)
    def test_never_returns_elsewhere(self, client: Client, url: str, order: Order, back: str) -> None:
        answer = client.post(url, {"name": "3 Oak Lane", "seen": OLD, "next": back})
        assert (answer.status_code, answer["Location"]) == (302, order.get_absolute_url())
        assert back not in client.get(url, {"next": back}).context["next"]

    def test_a_refusal_is_a_page_with_the_text_kept(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(status=422))
        answer = rename(client, url, "14 Rosewood Ave")
        assert answer.status_code == 422
        assert b"<html" in answer.content
        assert b'value="14 Rosewood Ave"' in answer.content


class RefusedTests:
    @pytest.mark.parametrize(
        ("name", "why"), [("", "needed"), ("  ", "needed"), ("x" * 256, "256"), ("a\0b", "U+0000")]
    )
    def test_a_name_that_cannot_be_is_refused_with_the_reason(
        self, client: Client, url: str, upstream: Upstream, name: str, why: str
    ) -> None:
        answer = rename(client, url, name, **HTMX)
        assert answer.status_code == 422
        assert why in answer.content.decode()
        assert b'aria-invalid="true"' in answer.content
        assert upstream.calls() == []

    def test_keeps_the_old_name_and_the_text_when_refused(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(status=422))
        answer = rename(client, url, "14 Rosewood Ave", **HTMX)
        assert answer.status_code == 422
        assert b'value="14 Rosewood Ave"' in answer.content
        assert Order.objects.get().name == OLD
        assert Write.objects.get().state == "refused"

    @pytest.mark.parametrize("status", [401, 403, 404, 429])
    def test_each_refusal_has_a_sentence_near_the_field(
        self, client: Client, url: str, upstream: Upstream, status: int
    ) -> None:
        upstream.script("PATCH", "*", Step(status=status))
        answer = rename(client, url, "14 Rosewood Ave", **HTMX)
        assert answer.status_code == 422
        assert Write.objects.get().reason
        assert answer.context["form"].errors["name"] == [Write.objects.get().reason]

    def test_is_not_confirmed_when_the_answer_is_lost(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(process=True, reset="before"))
        answer = rename(client, url, "14 Rosewood Ave", **HTMX)
        assert answer.status_code == 202
        assert b"is not confirmed yet" in answer.content
        assert Order.objects.get().name == OLD
        assert Write.objects.get().state == "unclear"

    def test_waits_for_an_earlier_change(self, client: Client, url: str, upstream: Upstream) -> None:
        upstream.script("PATCH", "*", Step(reset="before"))
        rename(client, url, "14 Rosewood Ave")
        answer = rename(client, url, "16 Rosewood Ave", **HTMX)
        assert answer.status_code == 409
        assert b"not confirmed yet" in answer.content
        assert b'value="16 Rosewood Ave"' in answer.content
        assert len(upstream.calls("PATCH")) == 1


class ConflictTests:
    def test_shows_yours_now_and_before(
        self, client: Client, url: str, as_user: AsUser, bob: User, key: ApiKey, upstream: Upstream
    ) -> None:
        key.open_to_teammates(True)
        rename(as_user(bob), url, "Theirs")
        answer = rename(client, url, "Mine", **HTMX)
        assert answer.status_code == 409
        told = {"yours": "Mine", "now": "Theirs", "before": OLD, "by": "Bob", "mine": False}
        assert answer.context["conflict"] == told
        assert len(upstream.calls("PATCH")) == 1

    def test_of_ones_own_other_tab_is_not_told_as_of_a_stranger(self, client: Client, url: str) -> None:
        rename(client, url, "In the other tab")
        answer = rename(client, url, "Mine", **HTMX)
        assert answer.status_code == 409
        text = answer.content.decode()
        assert "You renamed this order in another place while you were typing." in text
        assert "Alice renamed" not in text

    def test_sees_a_rename_at_autoenhance_itself(self, client: Client, url: str, order: Order, store: Store) -> None:
        renamed_at_autoenhance(store, order, "Theirs")
        answer = rename(client, url, "Mine")
        assert answer.status_code == 409
        assert "Somebody at Autoenhance" in answer.content.decode()
        assert store.order(order.order_id).name == "Theirs"

    def test_use_mine_is_a_rename_of_what_is_there_now(
        self, client: Client, url: str, order: Order, store: Store
    ) -> None:
        renamed_at_autoenhance(store, order, "Theirs")
        assert rename(client, url, "Mine").context["seen"] == "Theirs"
        assert rename(client, url, "Mine", seen="Theirs", **HTMX).status_code == 200
        assert store.order(order.order_id).name == "Mine"

    def test_the_same_rename_again_is_done_already(self, client: Client, url: str, upstream: Upstream) -> None:
        """F70: the answer to the first was lost on the way; Yours would be the same as Now."""
        rename(client, url, "14 Elm Row")
        answer = rename(client, url, "14 Elm Row", **HTMX)
        assert (answer.status_code, answer.context["order"].name) == (200, "14 Elm Row")
        assert len(upstream.calls("PATCH")) == 1

    def test_the_name_that_it_has_got_at_autoenhance_is_done_already(
        self, client: Client, url: str, order: Order, store: Store, upstream: Upstream
    ) -> None:
        renamed_at_autoenhance(store, order, "14 Elm Row")
        assert rename(client, url, "14 Elm Row", **HTMX).status_code == 200
        assert upstream.calls("PATCH") == []

    def test_white_space_is_no_conflict(self, client: Client, url: str) -> None:
        assert rename(client, url, "14 Rosewood Ave", seen=f" {OLD.replace(' ', '  ')}\n").status_code == 302

    def test_of_two_at_once_one_wins_and_one_is_told(
        self, as_user: AsUser, alice: User, bob: User, key: ApiKey, url: str, upstream: Upstream
    ) -> None:
        key.open_to_teammates(True)
        clients, ready, answers = [as_user(alice), as_user(bob)], Barrier(2), []

        def press(client: Client, name: str) -> None:
            ready.wait()
            answers.append(rename(client, url, name, **HTMX).status_code)
            connection.close()

        threads = [Thread(target=press, args=(client, f"{n} Oak")) for n, client in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 409]
        assert len(upstream.calls("PATCH")) == 1


class AccessTests:
    def test_a_teammate_renames_through_an_open_key(
        self, as_user: AsUser, bob: User, key: ApiKey, url: str, store: Store, order: Order
    ) -> None:
        key.open_to_teammates(True)
        assert rename(as_user(bob), url, "Bob's").status_code == 302
        assert store.order(order.order_id).name == "Bob's"
        assert Event.objects.get(kind="renamed").through == "Alice: Studio"

    def test_a_teammate_is_told_why_a_closed_key_stops_them(
        self, as_user: AsUser, bob: User, url: str, upstream: Upstream
    ) -> None:
        answer = rename(as_user(bob), url, "Bob's", **HTMX)
        assert answer.status_code == 422
        assert "not open to teammates" in answer.content.decode()
        assert upstream.calls() == []

    def test_a_viewer_is_refused_with_a_sentence(
        self, as_user: AsUser, vera: User, url: str, upstream: Upstream
    ) -> None:
        answer = rename(as_user(vera), url, "Vera's")
        assert answer.status_code == 403
        assert "As viewer of Northlight you cannot rename orders" in answer.content.decode()
        assert upstream.calls() == []

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_stranger_gets_what_an_unknown_order_gets(
        self, as_user: AsUser, charlie: User, url: str, upstream: Upstream, method: str
    ) -> None:
        ask = getattr(as_user(charlie), method)
        same = {"X-Request-Id": "the-same-id"}
        theirs, unknown = (ask(address, headers=same) for address in (url, "/orders/999999999/name/"))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.content == unknown.content
        assert upstream.calls() == []

    def test_refuses_other_methods(self, client: Client, url: str) -> None:
        assert {getattr(client, method)(url).status_code for method in ("put", "patch", "delete")} == {405}

    def test_needs_the_csrf_token(self, as_user: AsUser, alice: User, url: str, upstream: Upstream) -> None:
        client = as_user(alice)
        client.handler.enforce_csrf_checks = True
        assert rename(client, url, "Evil").status_code == 403
        assert upstream.calls() == []
