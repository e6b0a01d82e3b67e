"""/teams/<slug>/activity/: the team's timeline, filtered, page by page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Order, View
from orders.views import activity
from tests.cast import CHARLIES_KEY, HTMX, AsUser, MakeKey, mirrored

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/activity/"
Kind = Event.Kind


@pytest.fixture
def client(as_user: AsUser, alice: User, key: ApiKey) -> Client:
    """Alice's browser, in which the team was opened before."""
    browser = as_user(alice)
    browser.get("/teams/northlight/orders/")
    return browser


@pytest.fixture
def told(team: Team, alice: User, bob: User, key: ApiKey) -> Order:
    """One line of each group, and the order that two of them are about."""
    order = mirrored(key, "12 Rosewood Ave")
    Event.add(Kind.CREATED, order=order, actor=bob, key=key)
    Event.add(Kind.LINK_MADE, order=order, actor=alice, link=1, label="Client")
    Event.add(Kind.JOINED, team=team, actor=bob, role="member")
    Event.add(Kind.KEY_REFUSED, team=team, key=key, label=key.described, moved=0)
    return order


def kinds(client: Client, query: str = "") -> list[str]:
    return [line.event.kind for line in client.get(URL + query).context["events"] if line.event.kind != "team_created"]


class PageTests:
    def test_tells_the_newest_first_with_who_through_whose_key_when_and_of_what(
        self, client: Client, told: Order
    ) -> None:
        assert kinds(client) == ["key_refused", "joined", "link_made", "created"]
        text = client.get(URL).content.decode()
        assert "Bob, through Alice’s key Studio, created the order" in text
        assert f'<a href="/orders/{told.pk}/">12 Rosewood Ave</a>' in text
        at = client.get(URL).context["events"][0].at
        assert at.exact.endswith(" UTC")
        assert f'<time datetime="{at.iso}"' in text
        assert f">{at.exact}</time>" in text

    def test_is_there_for_everybody_in_the_team_and_for_nobody_else(
        self, as_user: AsUser, vera: User, charlie: User, told: Order
    ) -> None:
        assert "created the order" in as_user(vera).get(URL).content.decode()
        assert as_user(charlie).get(URL).status_code == 404

    def test_shows_nothing_of_another_team(self, client: Client, charlie: User, make_key: MakeKey, told: Order) -> None:
        """T24: also when its order, or one of its people, is asked for by id."""
        theirs = mirrored(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "9 Secret Street")
        Event.add(Kind.CREATED, order=theirs, actor=charlie)
        for query in ("", f"?order={theirs.pk}", f"?by={charlie.pk}"):
            text = client.get(URL + query).content.decode()
            assert "Secret" not in text
            assert "Charlie" not in text

    def test_htmx_gets_the_part_alone(self, client: Client, told: Order) -> None:
        answer = client.get(f"{URL}?group=keys", headers=HTMX)
        assert answer.content.decode().lstrip().startswith('<section id="activity"')
        assert answer["Vary"].count("HX-Request") == 1

    def test_says_when_there_is_nothing(self, client: Client) -> None:
        assert "Nothing like this has happened here." in client.get(f"{URL}?group=sharing").content.decode()

    def test_stands_in_the_side_bar(self, client: Client) -> None:
        assert f'href="{URL}" aria-current="page"' in client.get(URL).content.decode()
        assert f'href="{URL}"' in client.get("/teams/northlight/orders/").content.decode()

    def test_escapes_all_that_came_from_people(self, client: Client, team: Team, bob: User) -> None:
        evil = "<script>alert(1)</script>"
        bob.name = evil
        Event.add(Kind.TEAM_RENAMED, team=team, actor=bob, old=evil, new=evil)
        assert evil not in client.get(URL).content.decode()

    def test_asks_the_database_as_often_for_many_lines(self, client: Client, told: Order) -> None:
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get(URL)
            counts.append(len(queries))
            for n in range(20):
                Event.add(Kind.RENAMED, order=mirrored(told.key, str(n)), old="a", new="b")  # type: ignore[arg-type]
        assert counts[0] == counts[1] <= 12


class FilterTests:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?group=orders", ["created"]),
            ("?group=sharing", ["link_made"]),
            ("?group=people", ["joined"]),
            ("?group=keys", ["key_refused"]),
            ("?group=failures", ["key_refused"]),
            ("?group=nonsense&by=x&order=-1&before=²", ["key_refused", "joined", "link_made", "created"]),
            ("?before=" + "9" * 30, ["key_refused", "joined", "link_made", "created"]),
            ("?order=999999999", []),
        ],
    )
    def test_shows_what_was_asked_for(self, client: Client, told: Order, query: str, found: list[str]) -> None:
        assert kinds(client, query) == found

    def test_shows_what_one_person_did_also_when_they_left(self, client: Client, told: Order, bob: User) -> None:
        bob.delete()
        pk = Event.objects.get(actor="Bob", kind="joined").actor_id
        assert kinds(client, f"?by={pk}") == ["joined", "created"]
        assert f'<option value="{pk}" selected>Bob</option>' in client.get(f"{URL}?by={pk}").content.decode()

    def test_filters_go_together_and_stay_in_the_addresses(self, client: Client, told: Order, bob: User) -> None:
        query = f"?group=orders&by={bob.pk}&order={told.pk}"
        assert kinds(client, query) == ["created"]
        answer = client.get(URL + query)
        assert answer.context["query"] == query[1:]
        tabs = {tab.label: tab.url for tab in answer.context["tabs"]}
        assert tabs["Keys"] == f"{URL}?group=keys&by={bob.pk}&order={told.pk}"
        assert tabs["All"] == f"{URL}?by={bob.pk}&order={told.pk}"

    def test_the_page_of_an_order_leads_to_its_whole_history(self, client: Client, told: Order) -> None:
        address = f"{URL}?order={told.pk}"
        assert f'href="{address}"' in client.get(told.get_absolute_url()).content.decode()
        assert kinds(client, f"?order={told.pk}") == ["link_made", "created"]


class PagingTests:
    def test_goes_through_all_lines_once(self, client: Client, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(activity, "ON_A_PAGE", 2)
        for _ in range(4):
            Event.add(Kind.LINKS_ON, team=team)
        seen, url, pages = [], f"{URL}?group=sharing", 0
        while url and pages < 5:
            context = client.get(url).context
            seen += [line.event.pk for line in context["events"]]
            assert bool(context["first_url"]) == bool(pages)
            url, pages = context["next_url"], pages + 1
        assert seen == list(Event.objects.of(team).filter(kind="links_on").values_list("pk", flat=True))
        assert pages == 2

    def test_new_lines_move_no_page(self, client: Client, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(activity, "ON_A_PAGE", 1)
        first, second = (Event.add(Kind.LINKS_ON, team=team) for _ in range(2))
        address = client.get(f"{URL}?group=sharing").context["next_url"]
        Event.add(Kind.LINKS_OFF, team=team)
        assert [line.event.pk for line in client.get(address).context["events"]] == [first.pk]
        assert second.pk > first.pk


class ViewsTests:
    @pytest.fixture
    def view(self, team: Team, alice: User, told: Order) -> View:
        return View.objects.create(team=team, owner=alice, name="Errors", text="status:error")

    def test_giving_a_view_to_the_team_and_taking_it_back_is_told_once_each(self, client: Client, view: View) -> None:
        for on in ({"on": "1"}, {"on": "1"}, {}, {}):
            client.post(f"/views/{view.pk}/sharing/", on)
        assert kinds(client)[:3] == ["view_unshared", "view_shared", "key_refused"]

    def test_deleting_the_teams_is_told_and_deleting_my_own_is_not(self, client: Client, view: View) -> None:
        theirs = View.objects.create(team=view.team, name="Ours")
        for pk in (view.pk, theirs.pk):
            client.post(f"/views/{pk}/delete/")
        assert [event.data["label"] for event in Event.objects.filter(kind="view_deleted")] == ["Ours"]

    def test_a_name_that_is_taken_tells_nothing(self, client: Client, view: View) -> None:
        View.objects.create(team=view.team, name=view.name)
        client.post(f"/views/{view.pk}/sharing/", {"on": "1"})
        assert not Event.objects.filter(kind="view_shared").exists()
