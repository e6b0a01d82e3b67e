"""/teams/<slug>/links/: every share link of a team."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import Team, User
from orders import tokens
from orders.models import ApiKey, Event, ShareLink
from orders.views import all_links
from tests.cast import CHARLIES_KEY, AsUser, MakeKey, mirrored

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/links/"


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


def made(key: ApiKey, label: str, order: str = "12 Rosewood Ave", **settings: Any) -> ShareLink:
    """A link of the key's owner to a new order."""
    by, password = settings.pop("by", key.user), settings.pop("password", "")
    return ShareLink.make(tokens.issue(), mirrored(key, order), by, password, label=label, **settings)


@pytest.fixture
def links(key: ApiKey, alice: User, bob: User) -> dict[str, ShareLink]:
    """One in each state, and one with a password of bob's."""
    now = timezone.now()
    found = {
        "Agent": made(key, "Agent", "7 Elm Street", by=bob, password="sesame"),
        "Client": made(key, "Client", expires_at=now + timedelta(days=1)),
        "Over": made(key, "Over", expires_at=now - timedelta(days=1)),
        "Gone": made(key, "Gone"),
    }
    found["Gone"].revoke(alice)
    return found


@pytest.fixture
def theirs(charlie: User, make_key: MakeKey) -> ShareLink:
    """One of another team."""
    return made(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "Theirs")


def labels(client: Client, **query: Any) -> list[str]:
    return [card.link.label for card in client.get(URL, query).context["cards"]]


class ListTests:
    def test_t39_lists_every_link_of_the_team_and_of_no_other(
        self, client: Client, links: dict[str, ShareLink], theirs: ShareLink
    ) -> None:
        assert labels(client) == ["Gone", "Over", "Client", "Agent"]
        text = client.get(URL).content.decode()
        assert all(word in text for word in ("Active", "Expired", "Revoked", "with a password", "Bob", "7 Elm Street"))
        assert "Theirs" not in text

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"state": "active"}, ["Client", "Agent"]),
            ({"state": "expired"}, ["Over"]),
            ({"state": "revoked"}, ["Gone"]),
            ({"state": "password"}, ["Agent"]),
            ({"state": "off"}, []),
            ({"q": "elm st"}, ["Agent"]),
            ({"q": "clie"}, ["Client"]),
            ({"q": "7", "state": "active"}, ["Agent"]),
            ({"q": "#!"}, []),
            ({"sort": "expiry", "state": "active"}, ["Client", "Agent"]),
            ({"sort": "zzz", "state": "zzz", "by": "zzz", "page": "zzz"}, ["Gone", "Over", "Client", "Agent"]),
            ({"q": "\0"}, ["Gone", "Over", "Client", "Agent"]),
        ],
    )
    def test_is_filtered_and_sorted_by_its_address(
        self, client: Client, links: dict[str, ShareLink], query: dict[str, str], expected: list[str]
    ) -> None:
        assert labels(client, **query) == expected

    def test_by_whom_and_what_was_opened_lately(self, client: Client, bob: User, links: dict[str, ShareLink]) -> None:
        links["Over"].note_open()
        links["Client"].note_open()
        assert labels(client, by=bob.pk) == ["Agent"]
        assert labels(client, sort="opened")[:2] == ["Client", "Over"]

    def test_the_maker_of_another_team_is_no_choice(self, client: Client, charlie: User, theirs: ShareLink) -> None:
        assert charlie.label not in client.get(URL).content.decode()

    def test_there_is_nothing_to_filter_until_there_is_a_link(self, client: Client, key: ApiKey) -> None:
        assert 'name="state"' not in client.get(URL).content.decode()
        assert 'name="state"' in client.get(URL, {"state": "active"}).content.decode()
        made(key, "Client")
        assert 'name="state"' in client.get(URL).content.decode()

    def test_comes_in_pages_that_keep_the_filter(
        self, client: Client, links: dict[str, ShareLink], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(all_links, "PAGE_SIZE", 1)
        text = client.get(URL, {"state": "active"}).content.decode()
        assert 'href="?state=active&amp;page=2"' in text
        assert labels(client, state="active", page=2) == ["Agent"]

    def test_more_links_are_not_more_queries(
        self,
        client: Client,
        key: ApiKey,
        links: dict[str, ShareLink],
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        client.get(URL)
        for n in range(20):
            made(key, f"Link {n}")
        with django_assert_max_num_queries(20):
            client.get(URL)

    def test_a_viewer_sees_them_and_no_button(self, as_user: AsUser, vera: User, links: dict[str, ShareLink]) -> None:
        text = as_user(vera).get(URL).content.decode()
        assert "Client" in text
        assert not any(word in text for word in ("/revoke/", 'name="pick"', "allowed/"))


class RevokeTests:
    def live(self) -> set[str]:
        return set(ShareLink.objects.filter(revoked_at=None).values_list("label", flat=True))

    def test_one_goes_at_once(self, client: Client, links: dict[str, ShareLink]) -> None:
        assert client.post(URL, {"pick": [links["Agent"].pk]}).url == URL
        assert self.live() == {"Client", "Over"}

    def test_several_are_asked_about_by_their_number(self, client: Client, links: dict[str, ShareLink]) -> None:
        picked = [links["Agent"].pk, links["Client"].pk]
        asked = client.post(URL, {"pick": picked})
        assert "Revoke 2 links?" in asked.content.decode()
        assert self.live() == {"Client", "Over", "Agent"}
        client.post(URL, {"pick": picked, "sure": "1"})
        assert self.live() == {"Over"}
        assert Event.objects.filter(kind=Event.Kind.LINK_REVOKED).count() == 3

    def test_t25_with_one_of_another_team_nothing_happens(
        self, client: Client, links: dict[str, ShareLink], theirs: ShareLink
    ) -> None:
        for stranger in (theirs.pk, 999_999_999, 10**30, "x", "\0"):
            answer = client.post(URL, {"pick": [links["Agent"].pk, stranger], "sure": "1"})
            assert answer.status_code == 404
        assert self.live() == {"Client", "Over", "Agent", "Theirs"}

    def test_with_none_the_page_says_so(self, client: Client, links: dict[str, ShareLink]) -> None:
        answer = client.post(URL)
        assert (answer.status_code, "No links were selected" in answer.content.decode()) == (422, True)

    def test_a_viewer_hears_why_not(self, as_user: AsUser, vera: User, links: dict[str, ShareLink]) -> None:
        assert as_user(vera).post(URL, {"pick": [links["Agent"].pk]}).status_code == 403
        assert "Agent" in self.live()


class SwitchTests:
    def test_an_owner_stops_all_of_them_and_lets_them_open_again(
        self, client: Client, links: dict[str, ShareLink]
    ) -> None:
        client.post(f"{URL}allowed/")
        assert labels(client, state="off") == ["Client", "Agent"]
        assert "none of these opens" in client.get(URL).content.decode()
        client.post(f"{URL}allowed/", {"on": "1"})
        assert labels(client, state="active") == ["Client", "Agent"]

    def test_a_member_does_not(self, as_user: AsUser, bob: User, links: dict[str, ShareLink]) -> None:
        assert as_user(bob).post(f"{URL}allowed/").status_code == 403
        assert "allowed/" not in as_user(bob).get(URL).content.decode()
        assert Team.objects.get(slug="northlight").share_links
