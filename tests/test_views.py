"""/teams/<slug>/views/: saved searches."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.db import IntegrityError
from django.test import Client

from dashboard.accounts.models import Membership, Team, User
from orders.models import ApiKey, TooManyPins, View, ViewChoice
from orders.models.views import MOST_PINS
from tests.cast import HTMX, AsUser, mirrored

pytestmark = pytest.mark.django_db
URL, LIST = "/teams/northlight/views/", "/teams/northlight/orders/"


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def mine(alice: User, team: Team) -> View:
    """Alice's own."""
    return View.objects.create(team=team, owner=alice, name="My errors", text="status:error by:me", sort="name")


@pytest.fixture
def ours(team: Team) -> View:
    """The team's."""
    return View.objects.create(team=team, name="Errors", text="status:error")


def shown(client: Client) -> dict[str, list[str]]:
    """The names of the views on the page, by group."""
    groups = client.get(URL).context["groups"]
    return {title: [card.view.name for card in cards] for title, cards in groups}


class PageTests:
    def test_shows_my_views_and_the_teams(self, client: Client, mine: View, ours: View) -> None:
        assert shown(client) == {"Team views": ["Errors"], "My views": ["My errors"]}
        text = client.get(URL).content.decode()
        assert f'href="{LIST}?q=status%3Aerror+by%3Ame&amp;sort=name"' in text
        assert "By name, A to Z" in text

    def test_shows_no_views_of_others_or_of_other_teams(
        self, as_user: AsUser, bob: User, charlie: User, mine: View, ours: View
    ) -> None:
        faraway = Team.objects.get(slug="faraway")
        View.objects.create(team=faraway, name="Theirs")
        assert shown(as_user(bob)) == {"Team views": ["Errors"], "My views": []}

    def test_whoever_left_the_team_has_no_view_of_it(self, as_user: AsUser, bob: User, team: Team) -> None:
        view = View.objects.create(team=team, owner=bob, name="Bob's")
        Membership.objects.filter(user=bob).delete()
        assert as_user(bob).get(f"/views/{view.pk}/name/").status_code == 404

    def test_the_list_leads_here_with_what_is_searched(self, client: Client, key: ApiKey) -> None:
        text = client.get(f"{LIST}?q=elm&sort=name").content.decode()
        assert f'href="{URL}?q=elm&amp;sort=name"' in text
        form = client.get(f"{URL}?q=elm&sort=name").context["form"]
        assert (form["q"].value(), form["sort"].value()) == ("elm", "name")


class KeepTests:
    @pytest.mark.parametrize(("shared", "owner"), [({}, "alice@example.com"), ({"shared": "on"}, None)])
    def test_keeps_a_search_for_me_or_for_the_team(
        self, client: Client, shared: dict[str, str], owner: str | None
    ) -> None:
        answer = client.post(URL, {"name": "Errors", "q": "status:error", "sort": "name", **shared})
        view = View.objects.get()
        assert answer.url == f"{URL}#view-{view.pk}"
        assert (view.name, view.text, view.sort) == ("Errors", "status:error", "name")
        assert (view.owner and view.owner.email) == owner

    def test_a_viewer_keeps_private_ones_alone(self, as_user: AsUser, vera: User) -> None:
        as_user(vera).post(URL, {"name": "Errors", "q": "status:error", "shared": "on"})
        assert View.objects.get().owner == vera

    def test_a_name_is_needed_and_is_there_once(self, client: Client, mine: View) -> None:
        for name in ("", " ", "x" * 61, mine.name):
            answer = client.post(URL, {"name": name, "q": "rosewood"})
            assert answer.status_code == 422
            assert "rosewood" in answer.content.decode()
        assert View.objects.count() == 1

    @pytest.mark.parametrize("sort", ["-created", "zzz", "", "name;--"])
    def test_a_usual_or_odd_sort_is_not_kept(self, client: Client, sort: str) -> None:
        client.post(URL, {"name": "All", "sort": sort})
        assert View.objects.get().sort == ""

    @pytest.mark.parametrize("text", ["created:banana", '"', "status:error " * 30, "<b>", "%_\\"])
    def test_any_text_is_kept_and_opens(self, client: Client, key: ApiKey, text: str) -> None:
        client.post(URL, {"name": "Odd", "q": text})
        assert client.get(View.objects.get().get_absolute_url()).status_code == 200
        assert client.get(URL).status_code == 200

    @pytest.mark.parametrize("text", ["\0", "x" * 501])
    def test_what_no_search_can_be_is_refused(self, client: Client, text: str) -> None:
        assert client.post(URL, {"name": "Odd", "q": text}).status_code == 422


class NameTests:
    def test_is_renamed_in_place(self, client: Client, mine: View) -> None:
        address = f"/views/{mine.pk}/name/"
        form = client.get(address, headers=HTMX).content.decode()
        assert 'value="My errors"' in form
        assert "<html" not in form
        part = client.post(address, {"name": "Faults"}, headers=HTMX)
        assert (part.status_code, "Faults</a>" in part.content.decode()) == (200, True)
        assert client.post(address, {"name": "Errors again"}).url == f"{URL}#view-{mine.pk}"
        mine.refresh_from_db()
        assert mine.name == "Errors again"

    @pytest.mark.parametrize("name", ["", "x" * 61, "Taken"])
    def test_keeps_the_old_name_and_the_text_when_refused(
        self, client: Client, alice: User, mine: View, name: str
    ) -> None:
        View.objects.create(team=mine.team, owner=alice, name="Taken")
        answer = client.post(f"/views/{mine.pk}/name/", {"name": name})
        assert (answer.status_code, f'value="{name}"' in answer.content.decode()) == (422, True)
        mine.refresh_from_db()
        assert mine.name == "My errors"

    def test_a_view_of_somebody_else_is_not_there(self, as_user: AsUser, bob: User, mine: View) -> None:
        for deed in ("name", "delete", "pin", "default", "sharing"):
            assert as_user(bob).post(f"/views/{mine.pk}/{deed}/", {"name": "x"}).status_code == 404


class PinTests:
    def pins(self, client: Client) -> list[str]:
        return [view.name for view in client.get(f"{LIST}?q=").context["pinned"]]

    def test_a_pinned_one_stands_in_the_side_bar_of_every_page(self, client: Client, mine: View, ours: View) -> None:
        for view in (mine, ours):
            client.post(f"/views/{view.pk}/pin/", {"on": "1"})
        assert self.pins(client) == ["My errors", "Errors"]
        client.post(f"/views/{mine.pk}/pin/")
        assert self.pins(client) == ["Errors"]

    def test_is_mine_alone(self, client: Client, as_user: AsUser, bob: User, ours: View) -> None:
        client.post(f"/views/{ours.pk}/pin/", {"on": "1"})
        assert self.pins(as_user(bob)) == []

    def test_there_is_room_for_five(self, client: Client, alice: User, team: Team) -> None:
        views = [View.objects.create(team=team, name=f"View {n}") for n in range(MOST_PINS + 1)]
        answers = [client.post(f"/views/{view.pk}/pin/", {"on": "1"}, follow=True) for view in views]
        assert "has room for 5" in answers[-1].content.decode()
        assert len(self.pins(client)) == MOST_PINS
        with pytest.raises(TooManyPins):
            views[-1].pin(alice, True)

    def test_counts_come_by_a_request_of_their_own(
        self, client: Client, alice: User, key: ApiKey, ours: View, mine: View
    ) -> None:
        ours.text = "elm"
        ours.save()
        ours.pin(alice, True)
        for n in range(3):
            mirrored(key, f"{n} Elm Row")
        page = client.get(f"{LIST}?q=").content.decode()
        assert f'hx-get="{URL}" hx-trigger="load"' in page
        part = client.get(URL, headers=HTMX).content.decode()
        assert '<span class="count">3</span>' in part
        assert "hx-trigger" not in part
        assert "<html" not in part

    def test_nothing_is_counted_where_nothing_is_pinned(self, client: Client, mine: View) -> None:
        assert 'hx-trigger="load"' not in client.get(URL).content.decode()

    def test_a_count_is_capped(self, client: Client, alice: User, ours: View, monkeypatch: pytest.MonkeyPatch) -> None:
        ours.pin(alice, True)
        monkeypatch.setattr("orders.search.Found.count", lambda found, cap: (cap, False))
        assert '<span class="count">999+</span>' in client.get(URL, headers=HTMX).content.decode()


class DefaultTests:
    def test_the_list_opens_with_it(self, client: Client, mine: View, ours: View) -> None:
        for view in (ours, mine):
            client.post(f"/views/{view.pk}/default/", {"on": "1"})
        assert client.get(LIST).url == mine.get_absolute_url()
        assert client.get("/", follow=True).redirect_chain[-1] == (mine.get_absolute_url(), 302)
        client.post(f"/views/{mine.pk}/default/")
        assert client.get(LIST).status_code == 200

    @pytest.mark.parametrize("query", ["q=", "q=elm", "sort=name", "after=x"])
    def test_an_address_that_says_something_is_what_it_says(self, client: Client, mine: View, query: str) -> None:
        client.post(f"/views/{mine.pk}/default/", {"on": "1"})
        assert client.get(f"{LIST}?{query}").status_code == 200

    def test_is_mine_alone(self, client: Client, as_user: AsUser, bob: User, ours: View) -> None:
        client.post(f"/views/{ours.pk}/default/", {"on": "1"})
        assert as_user(bob).get(LIST).status_code == 200

    def test_there_is_one_in_a_team(self, alice: User, mine: View, ours: View) -> None:
        mine.open_with(alice, True)
        with pytest.raises(IntegrityError):
            ViewChoice.objects.create(user=alice, team=ours.team, view=ours, opens=True)


class SharingTests:
    def test_becomes_the_teams_and_mine_again(self, client: Client, as_user: AsUser, bob: User, mine: View) -> None:
        address = f"/views/{mine.pk}/sharing/"
        client.post(address, {"on": "1"})
        assert shown(as_user(bob))["Team views"] == ["My errors"]
        as_user(bob).post(f"/views/{mine.pk}/pin/", {"on": "1"})
        client.post(address)
        assert shown(as_user(bob))["Team views"] == []
        assert not ViewChoice.objects.filter(user=bob).exists()

    def test_is_refused_where_the_name_is_taken(self, client: Client, mine: View) -> None:
        View.objects.create(team=mine.team, name=mine.name)
        answer = client.post(f"/views/{mine.pk}/sharing/", {"on": "1"}, follow=True)
        assert "a view with this name already" in answer.content.decode()
        mine.refresh_from_db()
        assert mine.owner is not None

    @pytest.mark.parametrize("deed", ["name", "delete", "sharing"])
    def test_a_viewer_does_not_change_the_teams(self, as_user: AsUser, vera: User, ours: View, deed: str) -> None:
        assert as_user(vera).post(f"/views/{ours.pk}/{deed}/", {"name": "x"}).status_code == 403
        text = as_user(vera).get(URL).content.decode()
        assert f"/views/{ours.pk}/{deed}/" not in text
        assert f"/views/{ours.pk}/pin/" in text

    def test_the_address_is_the_same_search_for_a_teammate(
        self, client: Client, as_user: AsUser, bob: User, key: ApiKey, ours: View
    ) -> None:
        for n in range(3):
            mirrored(key, f"{n} Elm Row", shown=5 - n % 2)
        pages = [browser.get(ours.get_absolute_url()) for browser in (client, as_user(bob))]
        mine, theirs = ([row.order.pk for row in page.context["rows"]] for page in pages)
        assert mine == theirs
        assert len(mine) == 2

    def test_by_me_is_spelled_out_when_it_becomes_the_teams(self, client: Client, mine: View) -> None:
        """Else a colleague would see other rows (Q9)."""
        client.post(f"/views/{mine.pk}/sharing/", {"on": "1"})
        client.post(URL, {"name": "New", "q": "elm -BY:me", "shared": "1"})
        client.post(URL, {"name": "My own", "q": "elm -BY:me"})
        assert dict(View.objects.values_list("name", "text")) == {
            "My errors": "status:error by:alice@example.com",
            "New": "elm -by:alice@example.com",
            "My own": "elm -BY:me",
        }

    def test_the_address_to_send_has_it_spelled_out(self, client: Client, mine: View) -> None:
        ((_, (card,)),) = client.get(URL).context["groups"][1:]
        assert card.address == f"http://testserver{LIST}?q=status%3Aerror+by%3Aalice%40example.com&sort=name"

    def test_deleting_asks_nobody_else_and_leaves_no_pin(self, client: Client, alice: User, ours: View) -> None:
        ours.pin(alice, True)
        assert client.post(f"/views/{ours.pk}/delete/").url == URL
        assert not ViewChoice.objects.exists()


def test_an_address_is_written_as_the_list_writes_it(mine: View) -> None:
    assert mine.get_absolute_url() == f"{LIST}?q={quote('status:error', safe='')}+by%3Ame&sort=name"
