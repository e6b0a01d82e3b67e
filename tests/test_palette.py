"""/teams/<slug>/palette/: from anywhere to an order, a view or a page (X3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders.models import ApiKey, Order, View
from orders.views.palette import MOST, PAGES, RECENT, _has
from tests.cast import HTMX, AsUser, mirrored

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/palette/"
DAY = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def many(key: ApiKey) -> list[Order]:
    """Ten orders, the newest first."""
    return [mirrored(key, f"{n} Elm Row", created_at=DAY - timedelta(hours=n)) for n in range(10)]


def found(client: Client, q: str = "") -> dict[str, list[str]]:
    """What stands under each title."""
    answer = client.get(URL, {"q": q})
    assert answer.status_code == 200
    return {title: [item.label for item in items] for title, items in answer.context["sections"]}


class OrderTests:
    def test_without_a_word_it_offers_the_newest(self, client: Client, many: list[Order]) -> None:
        assert found(client)["Newest orders"] == [order.name for order in many[:RECENT]]

    def test_finds_as_the_search_does_and_leads_to_all(self, client: Client, many: list[Order]) -> None:
        assert found(client, "elm")["Orders"] == [order.name for order in many[:MOST]]
        assert found(client, "7 elm") == {"Orders": ["7 Elm Row"], "In the list of orders": ["Search for “7 elm”"]}
        assert found(client, "status:error") == {"In the list of orders": ["Search for “status:error”"]}
        assert 'href="/teams/northlight/orders/?q=7+elm"' in client.get(URL, {"q": "7 elm"}).content.decode()

    @pytest.mark.parametrize("q", ["%", "-", "👍", '" "'])
    def test_what_no_name_is_searched_for_finds_none(self, client: Client, many: list[Order], q: str) -> None:
        assert "Orders" not in found(client, q)

    def test_an_id_names_its_order_alone(self, client: Client, many: list[Order]) -> None:
        assert found(client, many[3].order_id)["Orders"] == ["3 Elm Row"]

    def test_shows_no_order_of_another_team(self, client: Client, charlie: User, many: list[Order]) -> None:
        Order.objects.filter(pk=many[0].pk).update(team=Team.objects.get(slug="faraway"), key=None)
        assert "0 Elm Row" not in found(client, "elm")["Orders"]
        assert "Orders" not in found(client, many[0].order_id)

    def test_takes_the_same_few_queries_however_many_are_found(
        self, client: Client, many: list[Order], django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(8):
            client.get(URL, {"q": "elm"}, headers=HTMX)


class PlaceTests:
    def test_every_page_opens(self, client: Client) -> None:
        for _title, items in client.get(URL).context["sections"]:
            for item in items:
                assert item.theme or client.get(item.url).status_code in (200, 302), item

    def test_pages_are_found_by_their_other_names(self, client: Client) -> None:
        assert found(client, "invite")["Pages and actions"] == ["People"]
        assert found(client, "dark")["Pages and actions"] == ["Dark theme"]

    def test_offers_what_the_role_allows(self, as_user: AsUser, alice: User, vera: User) -> None:
        assert "New order" in found(as_user(alice))["Pages and actions"]
        assert "New order" not in found(as_user(vera))["Pages and actions"]

    def test_finds_my_views_and_the_teams(self, client: Client, team: Team, alice: User, bob: User) -> None:
        for owner, name in ((alice, "My errors"), (None, "Errors of all"), (bob, "Bob's errors")):
            View.objects.create(team=team, owner=owner, name=name, text="status:error")
        assert found(client, "errors")["Saved views"] == ["Errors of all", "My errors"]
        assert "Saved views" not in found(client)

    def test_leads_to_my_other_teams(self, client: Client, alice: User, charlie: User, settings: Settings) -> None:
        settings.REGISTRATION_OPEN = False
        assert "Other teams" not in found(client, "faraway")
        Membership.objects.create(user=alice, team=Team.objects.get(slug="faraway"), role=Role.VIEWER)
        assert found(client, "faraway")["Other teams"] == ["Faraway"]

    def test_a_theme_is_a_button_that_sets_it(self, client: Client) -> None:
        part = client.get(URL, {"q": "dark"}, headers=HTMX).content.decode()
        assert 'action="/settings/theme/"' in part
        assert 'name="theme" value="dark"' in part


class AnswerTests:
    def test_is_a_list_of_options_for_the_box_and_plain_links_on_its_page(self, client: Client) -> None:
        part, page = (client.get(URL, headers=headers) for headers in (HTMX, {}))
        assert b"<html" not in part.content
        assert part.content.count(b'role="option"') == len(PAGES) + 3  # the themes
        assert b'role="option"' not in page.content
        assert 'method="get" action="/teams/northlight/palette/"' in page.content.decode()
        assert part["Vary"] == page["Vary"]

    def test_the_options_have_names_of_their_own(self, client: Client, many: list[Order]) -> None:
        ids = re.findall('id="(found-.*?)"', client.get(URL, {"q": "o"}, headers=HTMX).content.decode())
        assert len(ids) == len(set(ids)) > 5

    def test_says_what_it_is_the_answer_to_and_how_much(self, client: Client, many: list[Order]) -> None:
        part = client.get(URL, {"q": " 7 elm "}, headers=HTMX).content.decode()
        assert 'data-q="7 elm" data-says="2 results"' in part

    def test_a_name_is_text(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "<b>&\"'")
        assert "&lt;b&gt;&amp;&quot;&#x27;" in client.get(URL, {"q": "b"}, headers=HTMX).content.decode()

    def test_is_on_every_page_of_a_team(self, client: Client) -> None:
        for address in ("/teams/northlight/orders/", "/teams/northlight/people/", "/teams/northlight/views/"):
            assert f'href="{URL}" data-palette' in client.get(address).content.decode()

    @pytest.mark.parametrize("text", ["\0", "x" * 600, '"', "status:", "%_\\", "<script>", "-", "created:banana"])
    def test_anything_may_be_typed(self, client: Client, key: ApiKey, text: str) -> None:
        assert client.get(URL, {"q": text}).status_code == 200


@given(words=st.lists(st.text(min_size=1)), label=st.text(), also=st.text())
def test_every_word_has_to_be_there(words: list[str], label: str, also: str) -> None:
    folded = [word.casefold() for word in words]
    assert _has(folded, label, also) == all(word in f"{label} {also}".casefold() for word in folded)
    assert _has([], label)
