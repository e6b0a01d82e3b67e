"""Sessions: their ends, their list, and what ends them elsewhere (T45-T49)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client

from dashboard.accounts.models import Session, User
from dashboard.accounts.sessions import SEEN, SINCE, device_of
from tests.cast import HTMX, PASSWORD, AsUser
from tests.confirmed import long_ago

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/?next=/keys/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML) Version/18.0 Safari/604.1"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def is_inside(client: Client) -> bool:
    return client.get("/keys/").status_code == 200


def later(client: Client, by: timedelta) -> None:
    """As if this browser's clock, and ours, were so much further."""
    session = client.session
    session[SINCE] -= by.total_seconds()
    session[SEEN] -= by.total_seconds()
    session.save()


class EndTests:
    def test_t48_ends_twelve_hours_after_the_last_act(self, as_user: AsUser, alice: User) -> None:
        client = as_user(alice)
        later(client, 12 * HOUR - MINUTE)
        assert is_inside(client)
        later(client, 12 * HOUR - MINUTE)
        assert is_inside(client)
        later(client, 12 * HOUR + MINUTE)
        assert client.get("/keys/")["Location"] == LOGIN

    def test_t48_ends_seven_days_after_the_login_whatever_one_does(self, as_user: AsUser, alice: User) -> None:
        client = as_user(alice)
        for _ in range(15):
            later(client, 11 * HOUR)
            assert is_inside(client)
        later(client, 4 * HOUR)
        assert client.get("/keys/")["Location"] == LOGIN

    @pytest.mark.parametrize("headers", [HTMX, {"Sec-Fetch-Dest": "image"}, {"Sec-Fetch-Dest": "empty"}])
    def test_t48_what_a_page_asks_for_by_itself_is_no_act(
        self, as_user: AsUser, alice: User, headers: dict[str, str]
    ) -> None:
        client = as_user(alice)
        later(client, HOUR)
        before = Session.objects.get()
        assert client.get("/keys/", headers=headers).status_code == 200
        assert (Session.objects.get().seen_at, Session.objects.get().expire_date) == (
            before.seen_at,
            before.expire_date,
        )

    def test_an_act_is_noted_every_few_minutes_only(self, as_user: AsUser, alice: User) -> None:
        client = as_user(alice)
        before = Session.objects.get().seen_at
        client.get("/keys/")
        assert Session.objects.get().seen_at == before
        later(client, 6 * MINUTE)
        client.post("/settings/", {})
        assert Session.objects.get().seen_at >= before

    @pytest.mark.parametrize("more", [{}, {"remember": "on"}])
    def test_t48_remember_me_is_about_the_cookie_alone(self, client: Client, alice: User, more: dict[str, str]) -> None:
        cache.clear()
        client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD, **more})
        assert bool(client.cookies[settings.SESSION_COOKIE_NAME]["max-age"]) == bool(more)
        later(client, 12 * HOUR + MINUTE)
        assert not is_inside(client)

    def test_the_cookie_lasts_no_longer_than_the_session_can(self) -> None:
        assert timedelta(seconds=settings.SESSION_COOKIE_AGE) == settings.SESSION_LASTS


class LoginTests:
    @pytest.fixture(autouse=True)
    def _no_limits_used_up(self) -> None:
        cache.clear()

    def test_t45_another_id_at_the_login_and_the_old_one_is_nobodys(self, client: Client, alice: User) -> None:
        client.cookies[settings.SESSION_COOKIE_NAME] = "fixed0123456789fixed0123456789ab"
        client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD}, headers={"User-Agent": FIREFOX})
        session = Session.objects.get(user=alice)
        assert client.cookies[settings.SESSION_COOKIE_NAME].value == session.session_key
        assert not session.session_key.startswith("fixed")
        assert (session.device, session.get_decoded()[SESSION_KEY]) == ("Firefox, Linux", str(alice.pk))

    def test_forgets_whatever_has_ended(self, as_user: AsUser, alice: User, bob: User) -> None:
        later(as_user(bob), 12 * HOUR + MINUTE)
        as_user(alice)
        assert [session.user for session in Session.objects.all()] == [alice]

    def test_another_id_once_one_has_confirmed_who_one_is(self, as_user: AsUser, alice: User) -> None:
        client = long_ago(as_user(alice))
        before = client.session.session_key
        client.post("/accounts/reauthenticate/?next=/keys/", {"password": PASSWORD})
        assert list(Session.objects.values_list("pk", flat=True)) == [client.session.session_key] != [before]

    def test_t47_another_password_ends_every_session(self, as_user: AsUser, alice: User, bob: User) -> None:
        here, there, bobs = as_user(alice), as_user(alice), as_user(bob)
        fresh = {"oldpassword": PASSWORD, "password1": "tulips in the window", "password2": "tulips in the window"}
        assert here.post("/accounts/password/change/", fresh).status_code == 302
        assert [is_inside(client) for client in (here, there, bobs)] == [False, False, True]
        assert not Session.objects.of(alice).exists()

    def test_t47_a_cookie_copied_before_the_logout_opens_nothing(self, as_user: AsUser, alice: User) -> None:
        client, thief = as_user(alice), Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = client.session.session_key
        assert is_inside(thief)
        client.post("/accounts/logout/")
        assert not is_inside(thief)


class PageTests:
    def test_t49_lists_my_logins_with_device_and_no_key_or_address(
        self, as_user: AsUser, alice: User, bob: User
    ) -> None:
        here, there, _ = as_user(alice), as_user(alice), as_user(bob)
        Session.objects.filter(pk=there.session.session_key).update(device="Safari, iPhone")
        page = here.get("/settings/sessions/").content.decode()
        assert page.count("last seen") == 2
        assert "Safari, iPhone" in page
        assert page.count("Here and now") == 1
        assert not [client for client in (here, there) if client.session.session_key in page]
        assert "127.0.0.1" not in page

    def test_t49_ends_another_which_shows_at_its_next_request(self, as_user: AsUser, alice: User) -> None:
        here, there, third = as_user(alice), as_user(alice), as_user(alice)
        handle = Session.objects.get(pk=there.session.session_key).handle
        assert here.post("/settings/sessions/end/", {"session": handle})["Location"] == "/settings/sessions/"
        assert [is_inside(client) for client in (here, there, third)] == [True, False, True]

    def test_t49_ends_all_others_but_not_other_peoples(self, as_user: AsUser, alice: User, bob: User) -> None:
        here, there, third, bobs = as_user(alice), as_user(alice), as_user(alice), as_user(bob)
        page = here.post("/settings/sessions/end/", follow=True)
        assert "You are logged out in 2 other places." in page.content.decode()
        assert [is_inside(client) for client in (here, there, third, bobs)] == [True, False, False, True]

    def test_nobody_ends_somebody_elses(self, as_user: AsUser, alice: User, bob: User) -> None:
        here, bobs = as_user(alice), as_user(bob)
        handle = Session.objects.get(pk=bobs.session.session_key).handle
        here.post("/settings/sessions/end/", {"session": handle})
        assert is_inside(bobs)

    def test_asks_who_it_is_before_it_ends_any(self, as_user: AsUser, alice: User) -> None:
        here, there = long_ago(as_user(alice)), as_user(alice)
        answer = here.post("/settings/sessions/end/", headers={"Referer": "http://testserver/settings/sessions/"})
        assert answer["Location"] == "/accounts/reauthenticate/?next=/settings/sessions/"
        assert is_inside(there)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox, Linux"),
        (IPHONE, "Safari, iPhone"),
        ("curl/8", ""),
        ("", ""),
        ("Edg Chrome Windows", "Edge, Windows"),
    ],
)
def test_a_device_is_what_a_person_recognises(agent: str, device: str) -> None:
    assert device_of(agent) == device
