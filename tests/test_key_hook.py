"""/keys/<id>/webhook/: what its owner enters at Autoenhance, and what came in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders.models import ApiKey, Event, Hook, now
from orders.vault import new_key
from tests.cast import AsUser
from tests.confirmed import just_confirmed, long_ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(alice: User, as_user: AsUser) -> Client:
    return just_confirmed(as_user(alice))


@pytest.fixture
def url(key: ApiKey) -> str:
    return f"/keys/{key.pk}/webhook/"


def text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def told() -> list[str]:
    """What the team's timeline says of webhooks."""
    return [*Event.objects.filter(kind__startswith="hook").order_by("pk").values_list("kind", flat=True)]


class MakeTests:
    def test_offers_one_and_warns_that_there_is_a_single_place_for_it(self, me: Client, url: str) -> None:
        page = text(me, url)
        assert "Make an address" in page
        assert "one single place for a webhook" in page
        assert not Hook.objects.exists()

    def test_shows_address_and_secret_and_where_to_enter_them(self, me: Client, url: str, key: ApiKey) -> None:
        answer = me.post(url, {"deed": "make"})
        assert (answer.status_code, answer["Location"]) == (302, url)
        page = text(me, url)
        assert f"http://testserver/hooks/autoenhance/{key.hook.token()}/" in page
        assert key.hook.secret() in page
        assert "one single place for a webhook" in page
        assert "https://app.autoenhance.ai" in page

    def test_again_replaces_both(self, me: Client, url: str) -> None:
        me.post(url, {"deed": "make"})
        before = Hook.objects.get()
        me.post(url, {"deed": "make"})
        after = Hook.objects.get()
        assert {before.token(), before.secret()}.isdisjoint({after.token(), after.secret()})
        page = text(me, url)
        assert before.token() not in page
        assert before.secret() not in page

    def test_tells_the_team_without_the_secrets(self, me: Client, url: str) -> None:
        for deed in ("make", "make", "remove", "remove"):
            me.post(url, {"deed": deed})
        assert told() == ["hook_made", "hook_replaced", "hook_removed"]
        event = Event.objects.get(kind="hook_replaced")
        assert (event.actor, event.data) == ("Alice", {"label": "Alice: Studio"})

    @pytest.mark.parametrize("deed", ["", "other"])
    def test_knows_no_other_deed(self, deed: str, me: Client, url: str) -> None:
        assert me.post(url, {"deed": deed}).status_code == 400
        assert not Hook.objects.exists()


class RemoveTests:
    def test_leaves_none(self, me: Client, url: str, key: ApiKey) -> None:
        Hook.make(key)
        assert me.post(url, {"deed": "remove"}).status_code == 302
        assert not Hook.objects.exists()
        assert "Make an address" in text(me, url)


class CallsTests:
    def test_says_that_nothing_came_yet(self, me: Client, url: str, key: ApiKey) -> None:
        Hook.make(key)
        assert "no event yet" in text(me, url)

    def test_says_what_came_when(self, me: Client, url: str, key: ApiKey) -> None:
        Hook.make(key)
        Hook.objects.update(received=71, unknown=5, refused=0, last_at=now() - timedelta(hours=2))
        page = text(me, url)
        assert "2 h ago" in page
        assert "<dd>71</dd>" in page
        assert "<dd>5</dd>" in page
        assert "Refused calls brought" not in page

    def test_says_what_to_do_about_refused_calls(self, me: Client, url: str, key: ApiKey) -> None:
        Hook.make(key).refuse()
        assert "enter the value there again" in text(me, url)

    def test_says_so_when_it_cannot_be_opened_any_more(
        self, me: Client, url: str, key: ApiKey, settings: Settings
    ) -> None:
        """K4."""
        Hook.make(key)
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        answer = me.get(url)
        assert answer.status_code == 200
        assert "can no longer read the address" in answer.content.decode()


class AccessTests:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_asks_for_the_password_first(
        self, method: str, alice: User, as_user: AsUser, url: str, key: ApiKey
    ) -> None:
        """T21."""
        kept = Hook.make(key).token_hash
        answer = getattr(long_ago(as_user(alice)), method)(url, {"deed": "make"})
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/reauthenticate/?next={url}")
        assert Hook.objects.get().token_hash == kept

    @pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
    def test_is_not_there_for_anybody_else(
        self, who: str, request: pytest.FixtureRequest, as_user: AsUser, url: str, team: Team
    ) -> None:
        """T18."""
        other = just_confirmed(as_user(request.getfixturevalue(who)))
        for path in (url, "/keys/999999/webhook/"):
            assert [other.get(path).status_code, other.post(path, {"deed": "make"}).status_code] == [404, 404]
        assert not Hook.objects.exists()

    def test_is_closed_to_an_owner_who_only_views_by_now(self, me: Client, alice: User, url: str) -> None:
        Membership.objects.filter(user=alice).update(role=Role.VIEWER)
        assert me.get(url).status_code == 403

    def test_is_kept_by_no_cache(self, me: Client, url: str) -> None:
        assert "no-store" in me.get(url)["Cache-Control"]

    def test_is_the_only_page_with_the_secrets(self, me: Client, url: str, key: ApiKey) -> None:
        hook = Hook.make(key)
        for path in ("/keys/", f"/keys/{key.pk}/replace/", f"/keys/{key.pk}/delete/", "/teams/northlight/orders/"):
            page = text(me, path)
            assert hook.token() not in page
            assert hook.secret() not in page
        assert url in text(me, "/keys/")
