"""/teams/new/: another team; /teams/<slug>/settings/: what it is called and where its days begin."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Membership, Team, User
from orders.models import Event
from tests.cast import AsUser

pytestmark = pytest.mark.django_db
NEW, SETTINGS = "/teams/new/", "/teams/northlight/settings/"


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser, who runs the team."""
    return as_user(alice)


class NewTeamTests:
    def test_starts_a_team_that_the_person_owns(self, client: Client, alice: User) -> None:
        answer = client.post(NEW, {"name": "Harbour", "time_zone": "Europe/Lisbon"})
        assert answer["Location"] == "/teams/harbour/people/"
        team = Team.objects.get(slug="harbour")
        assert (team.name, team.time_zone) == ("Harbour", "Europe/Lisbon")
        assert Membership.objects.get(team=team).user == alice
        event = Event.objects.get()
        assert (event.kind, event.team_id, event.actor) == ("team_created", team.pk, "Alice")

    def test_two_of_one_name_have_two_addresses(self, client: Client) -> None:
        places = {client.post(NEW, {"name": "Harbour", "time_zone": "UTC"})["Location"] for _ in range(2)}
        assert len(places) == 2

    @pytest.mark.parametrize(
        ("field", "text"),
        [("name", ""), ("name", " "), ("name", "x" * 101), ("name", "a\0b"), ("time_zone", ""), ("time_zone", "Mars")],
    )
    def test_says_what_is_wrong(self, client: Client, field: str, text: str) -> None:
        answer = client.post(NEW, {"name": "Harbour", "time_zone": "UTC", field: text})
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        assert Team.objects.count() == 1

    def test_a_name_is_one_line(self, client: Client) -> None:
        client.post(NEW, {"name": " Two\r\nlines\u2028here ", "time_zone": "UTC"})
        assert Team.objects.latest("pk").name == "Two lines here"

    def test_where_registration_is_closed_only_owners_start_another(
        self, as_user: AsUser, bob: User, settings: Settings
    ) -> None:
        """A7: somebody invited gets no place of their own."""
        browser, harbour = as_user(bob), {"name": "Harbour", "time_zone": "UTC"}
        answer = browser.post(NEW, harbour)
        assert answer.status_code == 403
        assert b"only owners of a team" in answer.content
        settings.REGISTRATION_OPEN = True
        assert browser.post(NEW, harbour).status_code == 302

    def test_the_menu_offers_it_where_anybody_may(self, client: Client, settings: Settings) -> None:
        assert NEW.encode() not in client.get("/keys/").content
        settings.REGISTRATION_OPEN = True
        assert NEW.encode() in client.get("/keys/").content


class TeamSettingsTests:
    def test_renames_it_and_its_address_stays(self, client: Client, team: Team) -> None:
        assert client.post(SETTINGS, {"name": "Southlight", "time_zone": "UTC"})["Location"].startswith(
            "/teams/northlight/"
        )
        team.refresh_from_db()
        assert (team.name, team.slug) == ("Southlight", "northlight")
        event = Event.objects.get()
        assert (event.kind, event.data) == ("team_renamed", {"old": "Northlight", "new": "Southlight"})

    def test_another_time_zone_is_no_new_name(self, client: Client, team: Team) -> None:
        client.post(SETTINGS, {"name": "Northlight", "time_zone": "Asia/Tokyo"})
        team.refresh_from_db()
        assert team.time_zone == "Asia/Tokyo"
        assert not Event.objects.exists()

    def test_what_is_refused_is_kept_in_the_form_and_nowhere_else(self, client: Client, team: Team) -> None:
        answer = client.post(SETTINGS, {"name": "Southlight", "time_zone": "Mars"})
        assert answer.status_code == 422
        assert b'value="Southlight"' in answer.content
        assert b"Southlight \xc2\xb7" not in answer.content
        team.refresh_from_db()
        assert team.name == "Northlight"

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_only_owners(self, as_user: AsUser, bob: User, charlie: User, method: str) -> None:
        statuses = [getattr(as_user(user), method)(SETTINGS, {"name": "x"}).status_code for user in (bob, charlie)]
        assert statuses == [403, 404]
