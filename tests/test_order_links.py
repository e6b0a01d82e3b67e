"""/orders/<id>/links/: who sees an order, and making a share link."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import Team, User
from dashboard.tokens import hash_of
from orders import tokens
from orders.forms.links import PasswordField
from orders.models import ApiKey, Event, Order, ShareLink
from orders.offers import offer, offered
from orders.views.link_cards import who_sees
from tests.cast import HTMX, AsUser, mirrored

pytestmark = pytest.mark.django_db
SIMPLE = {"label": "Client", "expiry": "30", "reveals": "previews", "guard": "none"}


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def order(key: ApiKey) -> Order:
    """One of alice's, in the mirror alone."""
    return mirrored(key, "12 Rosewood Ave")


def url(order: Order) -> str:
    return f"/orders/{order.pk}/links/"


def form_of(client: Client, order: Order, **fields: Any) -> dict[str, Any]:
    """The form as the page has it, with these fields."""
    return {**SIMPLE, "offer": client.get(url(order)).context["form"]["offer"].value(), **fields}


def make(client: Client, order: Order, **fields: Any) -> Any:
    return client.post(url(order), form_of(client, order, **fields))


def address_in(answer: Any) -> str:
    (token,) = re.findall(rf"http://testserver/s/({tokens.PATTERN})/", answer.content.decode())
    return str(token)


class PageTests:
    def test_says_who_has_access_before_anything_else(
        self, client: Client, order: Order, bob: User, vera: User
    ) -> None:
        text = client.get(url(order)).content.decode()
        assert "Everybody in Northlight sees all its orders." in text
        assert text.index("Alice") < text.index("Bob") < text.index("Vera") < text.index("Make a link")
        assert "Nobody else sees this one." in text
        assert not ShareLink.objects.exists()

    def test_is_a_part_for_the_dialog_and_a_page_without_scripts(self, client: Client, order: Order) -> None:
        page, part = client.get(url(order)), client.get(url(order), headers=HTMX)
        assert ("<html" in page.content.decode(), "<html" in part.content.decode()) == (True, False)
        assert f'href="{url(order)}"' in client.get(order.get_absolute_url()).content.decode()

    def test_a_viewer_sees_the_links_and_makes_none(
        self, as_user: AsUser, client: Client, vera: User, order: Order
    ) -> None:
        address = address_in(make(client, order))
        viewer = as_user(vera)
        text = viewer.get(url(order)).content.decode()
        assert "Client" in text
        assert "Viewers cannot make or revoke links." in text
        assert not any(word in text for word in (address, "Make a link", "/revoke/", 'name="offer"'))
        refused = viewer.post(url(order), {**SIMPLE, "offer": offer(vera, order)})
        assert refused.status_code == 403
        assert "make and revoke share links" in refused.content.decode()
        assert ShareLink.objects.count() == 1


class MakingTests:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_shows_the_address_once_and_keeps_its_hash(
        self, client: Client, order: Order, headers: dict[str, str]
    ) -> None:
        answer = client.post(url(order), form_of(client, order), headers=headers)
        link = ShareLink.objects.get()
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
        assert hash_of(address_in(answer)) == link.token_hash
        assert answer.context["made"].until.exact in answer.content.decode()
        later = client.get(url(order)).content.decode()
        assert "Client" in later
        assert address_in(answer) not in later

    def test_opens_for_30_days_shows_previews_and_no_team_unless_chosen(self, client: Client, order: Order) -> None:
        make(client, order)
        link = ShareLink.objects.get()
        assert link.expires_at is not None
        assert abs(link.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
        assert (link.reveals, link.names_team, link.has_password) == ("previews", False, False)
        initial = client.get(url(order)).context["form"]
        assert [initial[name].value() for name in ("expiry", "reveals", "guard", "label")] == [
            "30",
            "previews",
            "none",
            "Link 2",
        ]

    def test_takes_what_is_chosen(self, client: Client, order: Order) -> None:
        make(client, order, expiry="never", reveals="status", names_team="on", guard="own", password="open sesame")
        link = ShareLink.objects.get()
        assert (link.expires_at, link.reveals, link.names_team) == (None, "status", True)
        assert link.password_fits("open sesame")

    def test_a_day_ends_at_2359_of_the_teams_clocks(self, client: Client, order: Order) -> None:
        Team.objects.update(time_zone="America/New_York")
        day = (timezone.now() + timedelta(days=40)).date()
        answer = make(client, order, expiry="date", day=day.isoformat())
        assert re.search(r"Opens until <time [^>]+>.*, 23:59 E[SD]T</time>\.", answer.content.decode())

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_sent_twice_it_is_made_once_and_shown_twice(
        self, client: Client, order: Order, headers: dict[str, str]
    ) -> None:
        form = form_of(client, order, guard="made")
        first, second = (client.post(url(order), form, headers=headers) for _ in range(2))
        assert address_in(first) == address_in(second)
        assert first.context["password"] == second.context["password"] != ""
        assert (ShareLink.objects.count(), Event.objects.filter(kind=Event.Kind.LINK_MADE).count()) == (1, 1)

    def test_a_password_made_up_is_shown_once_and_fits(self, client: Client, order: Order) -> None:
        answer = make(client, order, guard="made")
        assert ShareLink.objects.get().password_fits(answer.context["password"])
        assert answer.context["password"] in answer.content.decode()
        assert answer.context["password"] not in client.get(url(order)).content.decode()

    def test_a_form_sent_again_shows_no_address_that_is_dead(self, client: Client, alice: User, order: Order) -> None:
        form = form_of(client, order)
        client.post(url(order), form)
        link = ShareLink.objects.get()
        link.renew(alice, tokens.issue(), link.token_hash)
        again = client.post(url(order), form)
        assert (again.context["address"], ShareLink.objects.count()) == ("", 1)

    def test_several_stand_beside_each_other_with_their_labels(self, client: Client, order: Order) -> None:
        for label in ("Client", "Agent"):
            make(client, order, label=label)
        assert [card.link.label for card in client.get(url(order)).context["cards"]] == ["Agent", "Client"]


class RefusalTests:
    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"label": ""}, "This field is required"),
            ({"label": "x" * 61}, "at most 60"),
            ({"expiry": "365"}, "Select a valid choice"),
            ({"expiry": "date"}, "Choose the last day"),
            ({"expiry": "date", "day": "banana"}, "Enter a valid date"),
            ({"expiry": "date", "day": "2020-01-01"}, "from today on"),
            ({"expiry": "date", "day": "9999-12-31"}, "at most ten years"),
            ({"reveals": "everything"}, "Select a valid choice"),
            ({"guard": "own"}, "Type the password"),
            ({"guard": "own", "password": "sesame "}, "begins or ends with a blank"),
            ({"guard": "own", "password": "      "}, "begins or ends with a blank"),
            ({"guard": "own", "password": "short"}, "at least 6 characters"),
            ({"label": "Client\u202e"}, "U+202E cannot be in a name"),
            ({"guard": "none", "password": "sesame"}, "Choose “this one”"),
            ({"offer": ""}, "not made for you"),
            ({"offer": "ps_made-up"}, "not made for you"),
        ],
    )
    def test_what_makes_no_sense_is_said_and_nothing_is_made(
        self, client: Client, order: Order, fields: dict[str, str], sentence: str
    ) -> None:
        answer = make(client, order, **fields)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not ShareLink.objects.exists()

    def test_after_an_old_form_the_next_try_works_with_what_was_typed(self, client: Client, order: Order) -> None:
        again = make(client, order, offer="old", label="Kept").context["form"]
        fields = {name: again[name].value() for name in SIMPLE}
        answer = client.post(url(order), {**fields, "offer": again["offer"].value()})
        assert (answer.status_code, ShareLink.objects.get().label) == (200, "Kept")

    @given(
        text=st.text(max_size=8), before=st.sampled_from(["", " ", "\t", "\u00a0"]), after=st.sampled_from(["", " "])
    )
    def test_no_blank_around_a_password_gets_through(self, text: str, before: str, after: str) -> None:
        try:
            kept = PasswordField().clean(before + text + after)
        except ValidationError:
            return
        assert kept == kept.strip() == before + text + after

    def test_t29_only_the_order_in_the_address_is_shared(
        self, client: Client, as_user: AsUser, charlie: User, order: Order, key: ApiKey
    ) -> None:
        other = mirrored(key, "7 Elm Row")
        stranger = as_user(charlie)
        assert stranger.post(url(order), {**SIMPLE, "offer": offer(charlie, order)}).status_code == 404
        extra = {"order": order.pk, "order_id": order.pk, "team": 999, "pk": order.pk, "made_by": charlie.pk}
        client.post(url(other), form_of(client, other) | extra)
        link = ShareLink.objects.get()
        assert (link.order, link.team, link.made_by and link.made_by.name) == (other, other.team, "Alice")

    def test_t29_a_form_is_for_one_person_and_one_order(
        self, client: Client, alice: User, bob: User, order: Order, key: ApiKey
    ) -> None:
        other = mirrored(key, "7 Elm Row")
        for made_for in (offer(bob, order), offer(alice, other), offer(alice, order, seen="x")):
            assert client.post(url(order), {**SIMPLE, "offer": made_for}).status_code == 422
        assert not ShareLink.objects.exists()

    def test_a_form_is_old_after_a_day(self, alice: User, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
        made = offer(alice, order)
        assert offered(made, alice, order) is not None
        monkeypatch.setattr(signing.time, "time", lambda: timezone.now().timestamp() + 25 * 3600)
        assert offered(made, alice, order) is None

    def test_none_is_made_while_the_team_has_none(self, client: Client, order: Order) -> None:
        form = form_of(client, order)
        Team.objects.update(share_links=False)
        answer = client.post(url(order), form)
        assert (answer.status_code, ShareLink.objects.exists()) == (422, False)
        assert "switched public links off" in answer.content.decode()


def test_the_search_finds_what_is_shared_now(client: Client, alice: User, order: Order, key: ApiKey) -> None:
    def found(text: str) -> list[Order]:
        return [row.order for row in client.get("/teams/northlight/orders/", {"q": text}).context["rows"]]

    other = mirrored(key, "7 Elm Row")
    assert found("is:shared") == []
    make(client, order)
    assert (found("is:shared"), found("-is:shared"), found("is:shared rosewood")) == ([order], [other], [order])
    ShareLink.objects.get().revoke(alice)
    assert found("is:shared") == []


@pytest.mark.parametrize(
    ("links", "allowed"),
    [({}, True), ({"revoked_at": timezone.now()}, True), ({"expires_at": timezone.now()}, True), ({}, False)],
)
def test_the_orders_page_counts_the_links_that_open(
    client: Client, order: Order, links: dict[str, object], *, allowed: bool
) -> None:
    """T33: what counts here is what opens for guests."""
    make(client, order)
    make(client, order)
    ShareLink.objects.filter(pk=ShareLink.objects.latest("pk").pk).update(**links)
    Team.objects.update(share_links=allowed)
    assert who_sees(order)["live_links"] == ShareLink.objects.live().count() == (2 - len(links)) * allowed


def test_the_orders_page_says_who_sees_it_and_hears_of_news(client: Client, bob: User, order: Order) -> None:
    page = client.get(order.get_absolute_url()).content.decode()
    assert all(words in page for words in ("Who can see it", "2 people", "Nobody else"))
    there = HTMX | {"HX-Current-URL": f"http://testserver{order.get_absolute_url()}?x=1"}
    answer = client.post(url(order), form_of(client, order), headers=there).content.decode()
    assert re.search(r'id="order-who"[^>]* hx-swap-oob="true"', answer)
    assert all(words in answer for words in ("Whoever has a public link", "1 link<"))
    assert "order-who" not in client.get(url(order), headers=HTMX).content.decode()
