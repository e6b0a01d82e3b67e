"""/teams/<slug>/orders/: the list, search and pages; the address is the whole state."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from dashboard.accounts.models import Team, User
from orders.answers import RemoteOrder
from orders.mirror import mirror
from orders.models import ApiKey, Order, OrderKey, Shown, Write, now
from orders.sandbox.store import Store
from orders.search import QUALIFIERS
from orders.search.places import encode, place_of
from orders.views import listing
from tests.cast import ALICES_KEY, CHARLIES_KEY, HTMX, AsUser, MakeKey, mirrored, place_upstream
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


def turned(client: Client, address: str) -> list[Order]:
    """The orders of this page and of those that follow it; more pages than any test has are a circle."""
    found: list[Order] = []
    for _ in range(9):
        answer = client.get(address)
        found += [row.order for row in answer.context["rows"]]
        address = answer.context["next_url"]
        if not address:
            return found
    raise AssertionError(address)


def many(key: ApiKey, count: int) -> list[str]:
    """That many orders, two of each age; their names as the list has them."""
    made = [mirrored(key, f"{n} Elm Row", created_at=DAY - timedelta(hours=n // 2)) for n in range(count)]
    return [order.name for order in sorted(made, key=lambda order: (order.created_at, order.pk), reverse=True)]


def listed_upstream(name: str) -> RemoteOrder:
    """An order as Autoenhance lists it, with nothing but its name."""
    return RemoteOrder(str(uuid.uuid4()), name, "waiting", False, False, False, 0, DAY, DAY, None)


def pending(key: ApiKey, name: str) -> Write:
    """A create that is not confirmed."""
    return Write.intend_create(key, key.user, f"id of {name}", name)[0]


class PencilTests:
    """The way to rename stands only where it leads somewhere."""

    @pytest.fixture
    def order(self, key: ApiKey) -> Order:
        return mirrored(key, "5 Elm Row")

    def offered(self, client: Client) -> bool:
        return b"Rename 5 Elm Row" in client.get(URL).content

    def test_is_there_for_the_owner_of_the_key(self, client: Client, order: Order) -> None:
        assert self.offered(client)

    def test_is_there_for_teammates_once_the_key_is_open(
        self, as_user: AsUser, bob: User, order: Order, key: ApiKey
    ) -> None:
        assert not self.offered(as_user(bob))
        key.open_to_teammates(True)
        assert self.offered(as_user(bob))

    def test_is_there_for_whose_own_key_lists_the_order_too(
        self, as_user: AsUser, bob: User, team: Team, order: Order, make_key: MakeKey
    ) -> None:
        OrderKey.objects.create(order=order, key=make_key(bob, team, "ae_bob_0123456789"))
        assert self.offered(as_user(bob))

    def test_is_not_there_for_a_viewer(self, as_user: AsUser, vera: User, order: Order, key: ApiKey) -> None:
        key.open_to_teammates(True)
        assert not self.offered(as_user(vera))


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

    @pytest.mark.parametrize("name", ["<b>x</b>", "👍🏽 12", "שלום 12", "", "{{ user }}", "x" * 4000])
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
        assert counts[0] == counts[1] <= 11  # at rest 9: without a default view to look for, and open orders

    def test_every_order_says_its_own_progress(self, client: Client, key: ApiKey) -> None:
        for ready in (1, 2):
            mirrored(key, "12 Elm Row", shown=Shown.PROCESSING, pictures=3, ready=ready)
        text = client.get(URL).content.decode()
        assert "1/3</span>" in text
        assert "2/3</span>" in text

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
        names = many(key, 61)
        assert [order.name for order in turned(client, URL)] == names

    @pytest.mark.parametrize("sort", ["created", "-updated", "name", "-name", "-images", "images"])
    def test_pages_of_every_sort_hold_every_order_once(self, client: Client, key: ApiKey, sort: str) -> None:
        for n in range(60):
            order = mirrored(key, f"{n % 7} Elm Row", pictures=n % 3)
            Order.objects.filter(pk=order.pk).update(updated_at=DAY - timedelta(hours=n % 5))
        found = turned(client, f"{URL}?sort={sort}")
        column = {"images": "pictures", "name": "find"}.get(name := sort.removeprefix("-"), f"{name}_at")
        way = -1 if sort.startswith("-") else 1
        expected = sorted(found, key=lambda order: (getattr(order, column), order.pk), reverse=way < 0)
        assert [order.pk for order in found] == [order.pk for order in expected]
        assert len({order.pk for order in found}) == 60

    @pytest.mark.parametrize("sort", ["-created", "name", "-images"])
    def test_the_pages_back_are_the_pages_that_came(self, client: Client, key: ApiKey, sort: str) -> None:
        for n in range(80):
            mirrored(key, f"{n % 7} Elm Row", pictures=n % 3, created_at=DAY - timedelta(hours=n // 2))
        forth, address = [], f"{URL}?q=elm&sort={sort}"
        while address:
            forth.append(answer := client.get(address))
            address = answer.context["next_url"]
        for page in forth[-2::-1]:
            answer = client.get(answer.context["previous_url"])
            assert listed(answer) == listed(page)
            assert answer.context["next_url"] == page.context["next_url"]
        assert (answer.context["previous_url"], answer.context["first_url"]) == ("", "")

    def test_back_from_less_than_a_page_is_the_whole_first_page(self, client: Client, key: ApiKey) -> None:
        names = many(key, 30)
        third = Order.objects.get(name=names[3])
        answer = client.get(f"{URL}?before={encode(place_of(third, 'created'))}")
        assert listed(answer) == names[:25]
        assert not answer.context["hints"]

    def test_both_ways_are_links_that_say_which(self, client: Client, key: ApiKey) -> None:
        many(key, 60)
        first = client.get(URL)
        second = client.get(first.context["next_url"]).content.decode()
        assert 'rel="prev"' not in first.content.decode()
        assert ('rel="prev"' in second, 'rel="next"' in second) == (True, True)

    @pytest.mark.parametrize("before", ["x", "W10", "="])
    def test_no_place_to_go_back_from_is_the_first_page_with_a_hint(
        self, client: Client, key: ApiKey, before: str
    ) -> None:
        names = many(key, 3)
        answer = client.get(URL, {"before": before})
        assert listed(answer) == names
        assert "names no place in the list" in answer.content.decode()

    def test_a_new_order_meanwhile_moves_no_page(self, client: Client, key: ApiKey) -> None:
        names = many(key, 30)
        second = client.get(URL).context["next_url"]
        mirrored(key, "1 Newer Street")
        assert listed(client.get(second)) == names[25:]

    def test_a_rename_meanwhile_moves_no_page(self, client: Client, key: ApiKey) -> None:
        names = many(key, 30)
        second = client.get(URL).context["next_url"]
        order = Order.objects.get(name=names[24])
        order.rename_to("The last of the first page")
        order.save()
        assert listed(client.get(second)) == names[25:]
        assert listed(client.get(URL))[-1] == "The last of the first page"

    def test_paging_keeps_the_search_and_the_sort(self, client: Client, key: ApiKey) -> None:
        many(key, 30)
        mirrored(key, "1 Oak Lane", created_at=DAY - timedelta(days=9))
        answer = client.get(client.get(f"{URL}?q=elm row&sort=name").context["next_url"])
        assert answer.context["q"] == "elm row"
        assert len(listed(answer)) == 5
        assert answer.context["first_url"] == f"{URL}?q=elm+row&sort=name"

    @pytest.mark.parametrize("after", ["x", "-1", "1-", "1e9-1", "9" * 18 + "-1", "١-١", "0;drop table", "W10", "="])
    def test_a_place_that_nobody_wrote_is_the_first_page_with_a_hint(
        self, client: Client, key: ApiKey, after: str
    ) -> None:
        names = many(key, 3)
        answer = client.get(URL, {"after": after})
        assert listed(answer) == names
        assert "names no place in the list" in answer.content.decode()

    def test_a_place_of_another_sort_is_the_first_page_with_a_hint(self, client: Client, key: ApiKey) -> None:
        many(key, 30)
        place = client.get(URL).context["next_url"].partition("after=")[2]
        answer = client.get(f"{URL}?sort=name&after={place}")
        assert (len(listed(answer)), answer.context["first_url"]) == (25, "")
        assert answer.context["hints"]

    def test_nothing_follows_the_end(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "0 Elm Row")
        Order.objects.all().delete()
        last = mirrored(key, "1 Elm Row", created_at=DAY)
        answer = client.get(f"{URL}?after={encode(place_of(last, '-created'))}")
        assert (answer.status_code, listed(answer)) == (200, [])
        assert "Nothing follows here" in answer.content.decode()
        assert answer.context["first_url"] == f"{URL}?q="


class SelectAllTests:
    """All that a search finds can be chosen as a second step, if they can be renamed at once."""

    @pytest.fixture(autouse=True)
    def _limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "MOST_LINES", 27)

    def test_is_offered_for_as_many_as_can_be_renamed_at_once(self, client: Client, key: ApiKey) -> None:
        many(key, 27)
        text = client.get(URL).content.decode()
        assert "Select all 27 orders" in text
        assert "narrow the search" not in text

    @pytest.mark.parametrize("search", ["", "elm"])
    def test_says_how_many_can_be_at_a_time_where_there_are_more(
        self, client: Client, key: ApiKey, search: str
    ) -> None:
        many(key, 28)
        text = client.get(URL, {"q": search}).content.decode()
        assert "Select all: at most 1,000 at a time, narrow the search" in text
        assert 'name="all"' not in text

    def test_is_not_offered_where_their_number_is_not_known(
        self, client: Client, key: ApiKey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many(key, 26)
        monkeypatch.setattr("orders.search.Found.count", lambda found: (20, False))
        assert 'name="all"' not in client.get(f"{URL}?q=elm").content.decode()


class PageSizeTests:
    POST = f"{URL}page-size/"

    def test_is_kept_for_every_list_of_the_person(self, client: Client, key: ApiKey, alice: User) -> None:
        many(key, 60)
        answer = client.post(self.POST, {"size": "50", "next": f"{URL}?q=elm"})
        assert answer.url == f"{URL}?q=elm"
        alice.refresh_from_db()
        assert alice.page_size == 50
        assert len(listed(client.get(answer.url))) == 50

    @pytest.mark.parametrize("size", ["", "26", "1000000", "-25", "٢٥", "x"])
    def test_refuses_any_other_number(self, client: Client, alice: User, size: str) -> None:
        assert client.post(self.POST, {"size": size}).status_code == 400
        alice.refresh_from_db()
        assert alice.page_size == 25


class SortTests:
    def test_a_head_says_how_the_list_is_sorted_and_turns_it_round(self, client: Client, key: ApiKey) -> None:
        many(key, 2)
        heads = client.get(f"{URL}?q=elm&sort=name").context["heads"]
        assert (heads["name"].direction, heads["name"].url) == ("ascending", f"{URL}?q=elm&sort=-name")
        assert (heads["images"].direction, heads["images"].url) == ("", f"{URL}?q=elm&sort=-images")
        assert 'aria-sort="ascending"' in client.get(f"{URL}?sort=name").content.decode()

    @pytest.mark.parametrize("sort", ["name;--", "id", "-", "--name", "find", "NAME", "\0"])
    def test_a_sort_that_there_is_not_is_the_usual_one_with_a_hint(
        self, client: Client, key: ApiKey, sort: str
    ) -> None:
        names = many(key, 3)
        answer = client.get(URL, {"sort": sort})
        assert listed(answer) == names
        assert "cannot be sorted" in answer.content.decode()

    def test_typing_keeps_the_sort(self, client: Client, key: ApiKey) -> None:
        assert (
            '<input type="hidden" name="sort" value="name" form="search">'
            in client.get(f"{URL}?sort=name").content.decode()
        )


class TabTests:
    @pytest.fixture(autouse=True)
    def _orders(self, key: ApiKey) -> None:
        for n, shown in enumerate([Shown.READY, Shown.READY, Shown.ERROR, Shown.WAITING]):
            mirrored(key, f"{n} Elm Row", shown=shown)
        mirrored(key, "1 Oak Lane", shown=Shown.READY)
        mirrored(key, "2 Oak Lane", shown=Shown.DELETED, deleted=True)

    def tabs(self, client: Client, text: str) -> dict[str, str]:
        return {tab.label: tab.count for tab in client.get(URL, {"q": text}).context["tabs"]}

    @pytest.mark.parametrize("text", ["elm", "elm status:error", "elm -status:ready"])
    def test_count_what_the_rest_of_the_search_finds(self, client: Client, text: str) -> None:
        counts = self.tabs(client, text)
        assert {label: count for label, count in counts.items() if count != "0"} == {
            "All": "4",
            "Ready": "2",
            "Error": "1",
            "Waiting": "1",
        }

    def test_lead_to_the_rest_of_the_search_with_that_status(self, client: Client) -> None:
        tabs = {tab.label: tab for tab in client.get(f"{URL}?q=elm+status:error&sort=name").context["tabs"]}
        assert [label for label, tab in tabs.items() if tab.current] == ["Error"]
        assert tabs["Ready"].url == f"{URL}?q=elm+status%3Aready&sort=name"
        assert tabs["All"].url == f"{URL}?q=elm&sort=name"
        assert listed(client.get(tabs["Ready"].url)) == ["0 Elm Row", "1 Elm Row"]

    def test_deleted_orders_have_one_only_while_they_are_asked_for(self, client: Client) -> None:
        assert "Deleted" not in self.tabs(client, "")
        answer = client.get(f"{URL}?q=status:deleted")
        assert [tab.label for tab in answer.context["tabs"] if tab.current] == ["Deleted"]
        assert (listed(answer), answer.context["count"]) == (["2 Oak Lane"], "1 order")

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("", "5 orders"),
            ("status:ready", "3 orders"),
            ("-status:ready", "2 orders"),
            ("status:error", "1 order"),
        ],
    )
    def test_the_count_is_that_of_the_rows(self, client: Client, text: str, count: str) -> None:
        answer = client.get(URL, {"q": text})
        assert answer.context["count"] == count
        assert len(listed(answer)) == int(count.split()[0])

    def test_a_status_in_a_row_is_a_filter(self, client: Client) -> None:
        assert (
            f'href="{URL}?q=oak+status%3Aready" class="chip chip--ready"' in client.get(f"{URL}?q=oak").content.decode()
        )


def test_a_count_that_would_take_long_says_that_it_is_not_exact(
    client: Client, key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(key, 12)
    monkeypatch.setattr("orders.search.Found.count", lambda found: (10, False))
    words, all_of_them = client.get(f"{URL}?q=elm"), client.get(URL)
    assert words.context["count"] == "10+ orders"
    assert {tab.count for tab in words.context["tabs"]} == {""}
    assert all_of_them.context["count"] == "12 orders"


class FilterTests:
    def test_each_can_be_taken_away_and_all_at_once(self, client: Client, key: ApiKey) -> None:
        answer = client.get(f"{URL}?q=elm+by:me+status:error&sort=name")
        chips = [(chip.label, chip.value, url) for chip, url in answer.context["chips"]]
        assert chips == [
            ("By", "me", f"{URL}?q=elm+status%3Aerror&sort=name"),
            ("Status", "Error", f"{URL}?q=elm+by%3Ame&sort=name"),
        ]
        assert answer.context["all_url"] == f"{URL}?q="

    @pytest.mark.parametrize("text", ["created:banana", "foo:bar", '"elm'])
    def test_what_makes_no_sense_is_searched_as_text_with_a_hint(self, client: Client, key: ApiKey, text: str) -> None:
        mirrored(key, "12 Elm Row")
        answer = client.get(URL, {"q": text})
        assert answer.status_code == 200
        (hint,) = answer.context["hints"]
        assert escape(hint) in answer.content.decode()

    def test_the_help_sheet_names_every_qualifier_with_its_examples(self, client: Client, key: ApiKey) -> None:
        text = client.get(URL).content.decode()
        for qualifier in QUALIFIERS.values():
            assert f"{qualifier.name}:</dt>" in text
            for example in qualifier.examples:
                assert f'href="?q={quote(example, safe="")}"' in text


class SearchTests:
    def test_finds_by_words(self, client: Client, key: ApiKey) -> None:
        for name in ("12 Rosewood Ave", "112 Rosewood Ave", "12 Elm Row"):
            mirrored(key, name)
        answer = client.get(f"{URL}?q=12+rosewood")
        assert listed(answer) == ["12 Rosewood Ave"]
        assert "<mark>12</mark> <mark>Rosewood</mark> Ave" in answer.content.decode()
        assert answer.context["count"] == "1 order"
        assert 'value="12 rosewood"' in answer.content.decode()

    def test_finds_nothing_of_another_team(self, client: Client, key: ApiKey, charlie: User, make_key: MakeKey) -> None:
        theirs = make_key(charlie, Team.objects.get(slug="faraway"), "ae_charlie_0123456789")
        mirrored(theirs, "12 Rosewood Ave")
        assert listed(client.get(f"{URL}?q=rosewood")) == []

    def test_repeats_a_search_that_found_nothing_and_can_clear_it(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "12 Elm Row")
        text = client.get(f"{URL}?q=<i>oak").content.decode()
        assert "Nothing found for “&lt;i&gt;oak”" in text
        assert f'href="{URL}?q=">Clear' in text
        assert 'role="search"' in text

    @pytest.mark.parametrize(
        "text", ["\0", "foo & !", "'; drop table orders_order; --", "%", "\\", "x" * 100_000, "a " * 5000, "é́" * 600]
    )
    def test_answers_whatever_is_typed(self, client: Client, key: ApiKey, text: str) -> None:
        mirrored(key, "12 Elm Row")
        assert client.get(URL, {"q": text}).status_code == 200

    @pytest.mark.parametrize(
        "query", ["q=%ff%fe", "q=a&q=b", "after=1-1&after=2-2", "team=faraway", "_connector=OR 1=1"]
    )
    def test_answers_whatever_is_in_the_address(self, client: Client, key: ApiKey, query: str) -> None:
        assert client.get(f"{URL}?{query}").status_code == 200

    def test_says_when_only_something_similar_was_found(self, client: Client, key: ApiKey) -> None:
        mirror(key.team, [listed_upstream("12 Rosewood Ave")], now(), key=key)
        answer = client.get(f"{URL}?q=rosewod")
        assert listed(answer) == ["12 Rosewood Ave"]
        assert "No exact match. Similar to: <b>rosewood</b>" in answer.content.decode()
        assert "Similar to: rosewood" in client.get(f"{URL}?q=rosewod", headers=HTMX).content.decode()

    def test_a_name_that_matched_is_marked_and_escaped(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "12 <b>Elm</b> Row")
        assert "12 &lt;b&gt;<mark>Elm</mark>&lt;/b&gt; Row</a>" in client.get(f"{URL}?q=elm").content.decode()

    def test_a_renamed_order_is_found_by_its_new_name_at_once(self, client: Client, key: ApiKey) -> None:
        order = mirrored(key, "12 Elm Row")
        order.rename_to("3 Oak Lane")
        order.save()
        assert listed(client.get(f"{URL}?q=oak")) == ["3 Oak Lane"]
        assert listed(client.get(f"{URL}?q=elm")) == []


class JumpTests:
    """An order's id in the search box (4.2.11, decision 4)."""

    UNKNOWN = "0c5f7e0e-9d43-4d0c-8f2c-8a3b4d5e6f70"
    FIND = f"{URL}find/"

    @pytest.mark.parametrize("text", ["{}", "  {} ", "https://app.autoenhance.ai/orders/{}"])
    def test_an_id_goes_to_the_order(self, client: Client, key: ApiKey, text: str) -> None:
        order = mirrored(key, "12 Elm Row")
        page, part = (client.get(URL, {"q": text.format(order.order_id)}, headers=headers) for headers in ({}, HTMX))
        assert (page.status_code, page["Location"]) == (302, order.get_absolute_url())
        assert (part.status_code, part["HX-Redirect"]) == (200, order.get_absolute_url())

    def test_an_id_of_another_team_is_an_id_that_nobody_knows(
        self, client: Client, key: ApiKey, charlie: User, make_key: MakeKey
    ) -> None:
        theirs = mirrored(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "1 Elm Row")
        known, unknown = (
            client.get(URL, {"q": text}).content.decode().replace(text, "ID")
            for text in (theirs.order_id, self.UNKNOWN)
        )
        token = re.compile(r'csrf\w*"? (value|: )="?[\w-]+|x-csrftoken": "[\w-]+')
        assert token.sub("", known) == token.sub("", unknown)
        assert "Nothing found" in known

    def test_an_unknown_id_is_looked_for_by_a_post_alone(
        self, client: Client, key: ApiKey, upstream: Upstream, store: Store
    ) -> None:
        made = place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        text = client.get(URL, {"q": made}).content.decode()
        assert f'action="{self.FIND}"' in text
        assert upstream.calls() == []
        part = client.post(self.FIND, {"q": made}, headers=HTMX)
        order = Order.objects.get(order_id=made)
        assert part["HX-Redirect"] == order.get_absolute_url()
        assert client.post(self.FIND, {"q": made})["Location"] == order.get_absolute_url()

    def test_an_id_that_is_not_listed_stays_an_empty_result(
        self, client: Client, key: ApiKey, upstream: Upstream
    ) -> None:
        part = client.post(self.FIND, {"q": self.UNKNOWN}, headers=HTMX)
        assert part.status_code == 200
        assert "does not list this id" in part.content.decode()
        assert "<form" not in part.content.decode()
        page = client.post(self.FIND, {"q": self.UNKNOWN}, follow=True)
        assert page.redirect_chain == [(f"{URL}?q={self.UNKNOWN}", 302)]
        assert "does not list this id" in page.content.decode()

    def test_another_teams_order_is_not_opened_by_its_id(
        self, client: Client, key: ApiKey, store: Store, upstream: Upstream
    ) -> None:
        made = place_upstream(store, CHARLIES_KEY, "1 Elm Row")
        client.post(self.FIND, {"q": made})
        assert not Order.objects.exists()

    def test_whoever_has_no_key_of_their_own_is_not_offered_to_look(
        self, as_user: AsUser, bob: User, key: ApiKey
    ) -> None:
        assert self.FIND not in as_user(bob).get(URL, {"q": self.UNKNOWN}).content.decode()

    @pytest.mark.parametrize("text", ["", "rosewood", "\0"])
    def test_looks_for_nothing_but_ids(self, client: Client, key: ApiKey, upstream: Upstream, text: str) -> None:
        assert client.post(self.FIND, {"q": text}).status_code == 400
        assert upstream.calls() == []


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
        for address in (f"{URL}?q=nothing", following):
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
        assert b"Its orders will be read" in client.get(URL).content

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
