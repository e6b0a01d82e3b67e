"""/teams/<slug>/orders/new/: create one order, whatever is pressed how often."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.core import signing
from django.db import connection
from django.test import Client

from dashboard.accounts.models import Team, User
from orders.issued import issue, issued
from orders.models import ApiKey, Event, Order, Write
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, BOBS_KEY, CHARLIES_KEY, HTMX, AsUser, MakeKey
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/teams/northlight/orders/new/"


@pytest.fixture
def client(as_user: AsUser, alice: User, key: ApiKey) -> Client:
    """Alice's browser; her key is kept."""
    return as_user(alice)


@pytest.fixture
def token(client: Client) -> str:
    """The signed id in the form that is open."""
    return client.get(URL).context["form"]["order_id"].value()


def create(client: Client, token: str, name: str = "5 Elm Row", **more: object):
    return client.post(URL, {"name": name, "order_id": token, **more})


class FormTests:
    def test_asks_for_the_name_alone(self, client: Client, upstream: Upstream) -> None:
        answer = client.get(URL)
        assert answer.status_code == 200
        assert list(answer.context["form"].fields) == ["name", "order_id"]
        assert upstream.calls() == []

    def test_each_form_has_an_id_of_its_own(self, client: Client, alice: User, team: Team) -> None:
        ids = {issued(client.get(URL).context["form"]["order_id"].value(), alice, team) for _ in range(3)}
        assert len(ids) == 3

    def test_htmx_gets_the_form_alone(self, client: Client) -> None:
        page = client.get(URL, headers=HTMX).content
        assert b"<html" not in page
        assert b'name="order_id"' in page

    def test_leads_to_the_keys_when_there_is_none(self, as_user: AsUser, bob: User, key: ApiKey) -> None:
        assert b'href="/keys/"' in as_user(bob).get(URL).content


class CreateTests:
    def test_makes_the_order_with_our_id_and_opens_it(
        self, client: Client, token: str, alice: User, team: Team, store: Store
    ) -> None:
        answer = create(client, token)
        order = Order.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, order.get_absolute_url())
        assert order.order_id == issued(token, alice, team)
        assert store.order(order.order_id).name == "5 Elm Row"
        assert Event.objects.get(kind="created").actor == "Alice"

    def test_htmx_is_led_to_the_order_and_keeps_what_was_refused(self, client: Client, token: str) -> None:
        refused = client.post(URL, {"name": "x" * 256, "order_id": token}, headers=HTMX)
        assert refused.status_code == 422
        assert b"x" * 256 in refused.content
        answer = client.post(URL, {"name": "5 Elm Row", "order_id": token}, headers=HTMX)
        assert (answer.status_code, answer["HX-Redirect"]) == (200, Order.objects.get().get_absolute_url())

    def test_sends_the_id_and_the_name_alone(self, client: Client, token: str, upstream: Upstream) -> None:
        create(client, token, status="processed", team="9", user="9", is_deleted="1")
        (post,) = upstream.calls("POST")
        assert set(post.json) == {"order_id", "name"}

    @pytest.mark.parametrize("name", ["👨‍👩‍👧 12 Elm", "\u200fשלום 12", "x" * 255, "<b>&\"'"])
    def test_a_name_goes_there_and_back_exactly(self, client: Client, token: str, store: Store, name: str) -> None:
        create(client, token, name)
        order = Order.objects.get()
        assert order.name == store.order(order.order_id).name == name

    def test_is_found_by_its_name_in_the_next_request(self, client: Client, token: str) -> None:
        create(client, token)
        assert b"5 Elm Row" in client.get("/teams/northlight/orders/?q=elm").content

    def test_shows_how_to_add_pictures_with_the_id_and_no_key(self, client: Client, token: str) -> None:
        text = client.get(create(client, token)["Location"]).content.decode()
        assert f'"order_id": "{Order.objects.get().order_id}"' in text
        assert ALICES_KEY not in text


class OnceTests:
    def test_pressing_again_leads_to_the_same_order(self, client: Client, token: str, upstream: Upstream) -> None:
        places = {create(client, token)["Location"] for _ in range(3)}
        assert len(places) == 1
        assert len(upstream.calls("POST")) == 1

    def test_pressing_twice_at_once_makes_one_order(
        self, as_user: AsUser, alice: User, token: str, upstream: Upstream
    ) -> None:
        clients, ready, places = [as_user(alice) for _ in range(3)], Barrier(3), []

        def press(client: Client) -> None:
            ready.wait()
            places.append(create(client, token)["Location"])
            connection.close()

        threads = [Thread(target=press, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(places) == 3
        assert len(set(places)) == 1
        assert len(upstream.calls("POST")) == Order.objects.count() == 1

    def test_the_same_form_with_another_text_names_the_order_it_made(
        self, client: Client, token: str, upstream: Upstream
    ) -> None:
        place = create(client, token)["Location"]
        answer = create(client, token, "7 Oak Lane")
        assert answer.status_code == 422
        assert f'href="{place}"' in (text := answer.content.decode())
        assert "5 Elm Row" in text
        assert 'value="7 Oak Lane"' in text
        assert len(upstream.calls("POST")) == 1

    def test_after_that_the_fresh_id_makes_the_other_order(self, client: Client, token: str) -> None:
        create(client, token)
        fresh = create(client, token, "7 Oak Lane").context["form"]["order_id"].value()
        assert create(client, fresh, "7 Oak Lane").status_code == 302
        assert set(Order.objects.values_list("name", flat=True)) == {"5 Elm Row", "7 Oak Lane"}

    def test_a_lost_answer_is_not_confirmed_and_pressing_again_is_safe(
        self, client: Client, token: str, upstream: Upstream
    ) -> None:
        upstream.script("POST", "*", Step(process=True, reset="before"))
        answers = [create(client, token) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert b"Not confirmed yet" in answers[1].content
        assert answers[1].context["form"]["order_id"].value() == token
        assert len(upstream.calls("POST")) == 1
        assert not Order.objects.exists()

    def test_what_is_not_confirmed_stands_in_the_list(self, client: Client, token: str, upstream: Upstream) -> None:
        upstream.script("POST", "*", Step(reset="before"))
        create(client, token)
        assert b"5 Elm Row" in client.get("/teams/northlight/orders/").content


class RefusedTests:
    @pytest.mark.parametrize("status", [401, 403, 422, 429])
    def test_says_why_keeps_the_text_and_gives_a_fresh_id(
        self, client: Client, token: str, upstream: Upstream, status: int
    ) -> None:
        upstream.script("POST", "*", Step(status=status))
        answer = create(client, token)
        assert answer.status_code == 422
        assert list(answer.context["form"].non_field_errors()) == [Write.objects.get().reason]
        assert b'value="5 Elm Row"' in answer.content
        assert answer.context["form"]["order_id"].value() != token
        assert not Order.objects.exists()

    def test_an_id_that_another_account_has_is_taken_and_never_shown(
        self, client: Client, token: str, alice: User, team: Team, store: Store
    ) -> None:
        theirs = store.open_account(CHARLIES_KEY)
        store.create_order(theirs, order_id=issued(token, alice, team), name="Secret house")
        answer = create(client, token)
        assert answer.status_code == 422
        assert "taken" in (text := answer.content.decode())
        assert "Secret house" not in text
        assert not Order.objects.exists()

    @pytest.mark.parametrize(
        ("name", "why"),
        [("", "needed"), ("\u2003", "needed"), ("\u200b\u2060", "needed"), ("x" * 256, "256"), ("a\0", "U+0000")],
    )
    def test_a_name_that_cannot_be_sends_nothing_and_keeps_the_id(
        self, client: Client, token: str, upstream: Upstream, name: str, why: str
    ) -> None:
        answer = create(client, token, name)
        assert answer.status_code == 422
        assert why in answer.content.decode()
        assert answer.context["form"]["order_id"].value() == token
        assert upstream.calls() == []

    @pytest.mark.parametrize("made_up", ["", "x", "0f8fad5b-d9cb-469f-a165-70867728950e", "../images/x", "a:b:c", "\0"])
    def test_an_id_that_we_did_not_issue_sends_nothing(self, client: Client, upstream: Upstream, made_up: str) -> None:
        answer = create(client, made_up)
        assert answer.status_code == 422
        assert "not made for you" in (text := answer.content.decode())
        assert 'value="5 Elm Row"' in text
        assert upstream.calls() == []
        assert create(client, answer.context["form"]["order_id"].value()).status_code == 302

    def test_an_id_of_a_teammate_or_another_team_sends_nothing(
        self, client: Client, alice: User, bob: User, charlie: User, team: Team, upstream: Upstream
    ) -> None:
        faraway = Team.objects.get(slug="faraway")
        answers = [create(client, token) for token in (issue(bob, team), issue(alice, faraway))]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert upstream.calls() == []

    def test_an_id_that_is_too_old_sends_nothing(
        self, client: Client, token: str, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = signing.time.time()
        monkeypatch.setattr(signing.time, "time", lambda: now + 8 * 86400)
        assert "too old" in create(client, token).content.decode()
        assert upstream.calls() == []


class KeyTests:
    def test_the_person_chooses_where_there_are_two(
        self, client: Client, bob: User, team: Team, make_key: MakeKey, store: Store
    ) -> None:
        vans = make_key(bob, team, BOBS_KEY, label="Van", shared=True)
        form = client.get(URL).context["form"]
        assert create(client, form["order_id"].value(), key=vans.pk).status_code == 302
        assert Order.objects.get().key == vans
        assert Event.objects.get(kind="created").through == "Bob: Van"

    def test_needs_the_choice(
        self, client: Client, bob: User, team: Team, token: str, make_key: MakeKey, upstream: Upstream
    ) -> None:
        make_key(bob, team, BOBS_KEY, label="Van", shared=True)
        assert "key" in create(client, token).context["form"].errors
        assert upstream.calls() == []

    def test_never_uses_a_closed_key_of_a_teammate(
        self, as_user: AsUser, bob: User, team: Team, key: ApiKey, upstream: Upstream
    ) -> None:
        answer = create(as_user(bob), issue(bob, team), key=key.pk)
        assert answer.status_code == 422
        assert "A key is needed first" in answer.content.decode()
        assert upstream.calls() == []


class AccessTests:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_viewer_is_refused_with_a_sentence(
        self, as_user: AsUser, vera: User, key: ApiKey, upstream: Upstream, method: str
    ) -> None:
        answer = getattr(as_user(vera), method)(URL, {"name": "x"})
        assert answer.status_code == 403
        assert "As viewer of Northlight you cannot create orders" in answer.content.decode()
        assert upstream.calls() == []

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_stranger_gets_what_an_unknown_team_gets(
        self, as_user: AsUser, charlie: User, team: Team, method: str
    ) -> None:
        ask = getattr(as_user(charlie), method)
        same = {"X-Request-Id": "the-same-id"}
        theirs, unknown = (ask(address, headers=same) for address in (URL, "/teams/nowhere/orders/new/"))
        assert (theirs.status_code, unknown.status_code) == (404, 404)
        assert theirs.content == unknown.content

    def test_refuses_other_methods(self, client: Client) -> None:
        assert {getattr(client, method)(URL).status_code for method in ("put", "patch", "delete")} == {405}
