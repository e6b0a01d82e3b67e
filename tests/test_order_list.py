"""/teams/<slug>/orders/: the list, search and pages; the address is the whole state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order, Shown, Write
from tests.cast import HTMX, AsUser, MakeKey, mirrored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/orders/"
DAY = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


def listed(answer) -> list[str]:
    """The names of the rows, in order."""
    return [row.order.name for row in answer.context["rows"]]


def many(key: ApiKey, count: int) -> list[str]:
    """That many orders, two of each age; their names as the list has them."""
    made = [mirrored(key, f"{n} Elm Row", created_at=DAY - timedelta(hours=n // 2)) for n in range(count)]
    return [order.name for order in sorted(made, key=lambda order: (order.created_at, order.pk), reverse=True)]


def pending(key: ApiKey, name: str) -> Write:
    """A create that is not confirmed."""
    return Write.intend_create(key, key.user, f"id of {name}", name)[0]


class PageTests:
    def test_shows_the_orders_newest_first(self, client: Client, key: ApiKey) -> None:
        names = many(key, 5)
        answer = client.get(URL)
        assert answer.status_code == 200
        assert listed(answer) == names
        assert answer.content.count(b"5 orders") >= 1

    def test_htmx_gets_the_results_alone(self, client: Client, key: ApiKey) -> None:
        many(key, 2)
        page, part = client.get(URL), client.get(URL, headers=HTMX)
        assert (b"<html" in page.content, b"<html" in part.content) == (True, False)
        assert part.content.strip().startswith(b'<section id="results"')
        assert {page["Vary"].count("HX-Request"), part["Vary"].count("HX-Request")} == {1}

    def test_a_restored_history_entry_gets_the_page(self, client: Client, key: ApiKey) -> None:
        answer = client.get(URL, headers={**HTMX, "HX-History-Restore-Request": "true"})
        assert b"<html" in answer.content

    @pytest.mark.parametrize("name", ["<b>x</b>", "👍🏽 12", "שלום 12", "", "a\u202eb", "{{ user }}", "x" * 4000])
    def test_shows_any_name_escaped(self, client: Client, key: ApiKey, name: str) -> None:
        mirrored(key, name)
        text = client.get(URL).content.decode()
        assert "<b>x" not in text
        assert (name.replace("<", "&lt;").replace(">", "&gt;") or "(no name)") in text

    @pytest.mark.parametrize("shown", list(Shown))
    def test_says_every_status_in_a_word(self, client: Client, key: ApiKey, shown: Shown) -> None:
        mirrored(key, "12 Elm Row", shown=shown, status="developing", pictures=3, ready=1)
        assert f"#i-{shown.name.lower()}" in (text := client.get(URL).content.decode())
        assert str(shown.label) in text

    def test_says_how_many_pictures_failed(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "12 Elm Row", shown=Shown.READY, pictures=3, ready=1, failed=2)
        assert b"2 failed" in client.get(URL).content

    def test_leaves_out_what_is_deleted_at_autoenhance(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "12 Elm Row", deleted=True, shown=Shown.DELETED)
        assert listed(client.get(URL)) == []

    def test_says_how_old_it_is(self, client: Client, key: ApiKey) -> None:
        ApiKey.objects.update(imported_at=timezone.now() - timedelta(minutes=3))
        assert b"as of 3 min ago" in client.get(URL).content

    def test_shows_days_in_the_zone_of_the_team(self, client: Client, key: ApiKey, team: Team) -> None:
        Team.objects.update(time_zone="Pacific/Auckland")
        mirrored(key, "12 Elm Row", created_at=DAY)
        assert "Friday 6 March" in client.get(URL).content.decode()

    def test_never_asks_autoenhance(self, client: Client, key: ApiKey, upstream: Upstream) -> None:
        many(key, 3)
        for address in (URL, f"{URL}?q=elm", f"{URL}?q=nothing"):
            client.get(address)
        assert upstream.calls() == []

    def test_needs_as_many_queries_for_one_order_as_for_a_full_page(self, client: Client, key: ApiKey) -> None:
        counts = []
        for more in (1, 25):
            many(key, more)
            client.get(URL)
            with CaptureQueriesContext(connection) as queries:
                client.get(URL)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 15

    def test_a_pencil_returns_to_the_same_search_and_row(self, client: Client, key: ApiKey) -> None:
        order = mirrored(key, "12 Elm Row")
        text = client.get(f"{URL}?q=elm").content.decode()
        assert f"/orders/{order.pk}/name/?next={quote(f'{URL}?q=elm#order-{order.pk}', safe='')}" in text

    def test_a_viewer_has_no_pencil_and_no_new_order(self, as_user: AsUser, vera: User, key: ApiKey) -> None:
        order = mirrored(key, "12 Elm Row")
        text = as_user(vera).get(URL).content.decode()
        assert f'href="/orders/{order.pk}/"' in text
        assert f"/orders/{order.pk}/name/" not in text
        assert f"{URL}new/" not in text


class PagingTests:
    def test_pages_hold_every_order_once(self, client: Client, key: ApiKey) -> None:
        names, found, address = many(key, 61), [], URL
        while address:
            answer = client.get(address)
            found += listed(answer)
            address = answer.context["next_url"] and URL + answer.context["next_url"]
        assert found == names

    def test_a_new_order_meanwhile_moves_no_page(self, client: Client, key: ApiKey) -> None:
        names = many(key, 30)
        second = URL + client.get(URL).context["next_url"]
        mirrored(key, "1 Newer Street")
        assert listed(client.get(second)) == names[25:]

    def test_paging_keeps_the_search(self, client: Client, key: ApiKey) -> None:
        many(key, 30)
        mirrored(key, "1 Oak Lane", created_at=DAY - timedelta(days=9))
        answer = client.get(URL + client.get(f"{URL}?q=elm row").context["next_url"])
        assert answer.context["q"] == "elm row"
        assert len(listed(answer)) == 5
        assert answer.context["first_url"] == "?q=elm+row"

    @pytest.mark.parametrize("after", ["", "x", "-1", "1-", "1e9-1", "9" * 18 + "-1", "١-١", "0;drop table"])
    def test_a_place_that_nobody_wrote_is_the_first_page(self, client: Client, key: ApiKey, after: str) -> None:
        names = many(key, 3)
        assert listed(client.get(URL, {"after": after})) == names

    def test_nothing_follows_the_end(self, client: Client, key: ApiKey) -> None:
        many(key, 3)
        answer = client.get(URL, {"after": "0-1"})
        assert (answer.status_code, listed(answer)) == (200, [])
        assert answer.context["first_url"]


class SearchTests:
    def test_finds_by_words(self, client: Client, key: ApiKey) -> None:
        for name in ("12 Rosewood Ave", "112 Rosewood Ave", "12 Elm Row"):
            mirrored(key, name)
        answer = client.get(f"{URL}?q=12+rosewood")
        assert listed(answer) == ["12 Rosewood Ave"]
        assert answer.context["count"] == "1 order"
        assert 'value="12 rosewood"' in answer.content.decode()

    def test_finds_nothing_of_another_team(
        self, client: Client, key: ApiKey, charlie: User, make_key: MakeKey
    ) -> None:
        theirs = make_key(charlie, Team.objects.get(slug="faraway"), "ae_charlie_0123456789")
        mirrored(theirs, "12 Rosewood Ave")
        assert listed(client.get(f"{URL}?q=rosewood")) == []

    def test_repeats_a_search_that_found_nothing_and_can_clear_it(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "12 Elm Row")
        text = client.get(f"{URL}?q=<i>oak").content.decode()
        assert "Nothing found for “&lt;i&gt;oak”" in text
        assert f'href="{URL}">Clear' in text
        assert 'role="search"' in text

    @pytest.mark.parametrize(
        "text", ["\0", "foo & !", "'; drop table orders_order; --", "%", "\\", "x" * 100_000, "a " * 5000, "é́" * 600]
    )
    def test_answers_whatever_is_typed(self, client: Client, key: ApiKey, text: str) -> None:
        mirrored(key, "12 Elm Row")
        assert client.get(URL, {"q": text}).status_code == 200

    @pytest.mark.parametrize("query", ["q=%ff%fe", "q=a&q=b", "after=1-1&after=2-2", "team=faraway", "_connector=OR 1=1"])
    def test_answers_whatever_is_in_the_address(self, client: Client, key: ApiKey, query: str) -> None:
        assert client.get(f"{URL}?{query}").status_code == 200

    def test_a_renamed_order_is_found_by_its_new_name_at_once(self, client: Client, key: ApiKey) -> None:
        order = mirrored(key, "12 Elm Row")
        order.rename_to("3 Oak Lane")
        order.save()
        assert listed(client.get(f"{URL}?q=oak")) == ["3 Oak Lane"]
        assert listed(client.get(f"{URL}?q=elm")) == []


class PendingTests:
    def test_a_create_that_is_not_confirmed_is_a_line_and_no_order(self, client: Client, key: ApiKey) -> None:
        pending(key, "5 Elm Row")
        answer = client.get(URL)
        assert b"5 Elm Row" in answer.content
        assert listed(answer) == []
        assert not Order.objects.exists()

    def test_pending_lines_stand_on_the_first_page_of_the_whole_list_only(self, client: Client, key: ApiKey) -> None:
        many(key, 30)
        pending(key, "5 Oak Lane")
        following = client.get(URL).context["next_url"]
        for address in (f"{URL}?q=nothing", URL + following):
            assert b"5 Oak Lane" not in client.get(address).content


class EmptyTests:
    def test_without_a_key_leads_to_adding_one(self, client: Client) -> None:
        text = client.get(URL).content.decode()
        assert "Connect your Autoenhance key" in text
        assert 'href="/keys/"' in text
        assert "Where do I find it?" in text

    def test_a_viewer_is_not_told_to_add_a_key(self, as_user: AsUser, vera: User) -> None:
        text = as_user(vera).get(URL).content.decode()
        assert "No orders yet" in text
        assert "Add a key" not in text

    def test_says_that_orders_are_being_read(self, client: Client, key: ApiKey) -> None:
        assert b"being read" in client.get(URL).content

    def test_says_when_there_are_none(self, client: Client, key: ApiKey) -> None:
        ApiKey.objects.update(imported_at=timezone.now() - timedelta(seconds=10))
        text = client.get(URL).content.decode()
        assert "No orders yet" in text
        assert " s ago" in text
        assert f'href="{URL}new/"' in text


class AccessTests:
    def test_a_stranger_gets_what_an_unknown_team_gets(self, as_user: AsUser, charlie: User, team: Team) -> None:
        client = as_user(charlie)
        mine, unknown = (
            client.get(url, headers={"X-Request-Id": "the-same-id"}) for url in (URL, "/teams/nowhere/orders/")
        )
        assert (mine.status_code, unknown.status_code) == (404, 404)
        assert mine.content == unknown.content

    def test_refuses_other_methods(self, client: Client) -> None:
        assert {getattr(client, method)(URL).status_code for method in ("post", "put", "patch", "delete")} == {405}
