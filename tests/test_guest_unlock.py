"""/s/<token>/unlock/: the password of a link guards all of it, and cannot be guessed (P3)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import User
from orders import tokens
from orders.guests import PASSWORDS
from orders.models import Event, ShareLink
from tests.cast import HTMX
from tests.guests import OURS, Share, Shared, ask
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
PASSWORD = "tulips in May"


@pytest.fixture
def locked(share: Share) -> Shared:
    """A link with a password."""
    return share(PASSWORD)


def unlock(
    locked: Shared,
    password: str = PASSWORD,
    browser: Client | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    return (browser or Client()).post(f"{locked.url}unlock/", {"password": password}, headers=headers)


@pytest.fixture
def guest(locked: Shared) -> Client:
    """A browser that has given the password."""
    browser = Client()
    assert unlock(locked, browser=browser)["Location"] == locked.url
    return browser


def opens_all_of_it(locked: Shared, browser: Client) -> bool:
    told = [ask(url, method, browser, headers=OURS).status_code for url, method in locked.everything.items()]
    return told == [200, 200, 200, 200, 302, 204]


class GuardTests:
    def test_everything_of_the_link_is_closed_until_then(self, locked: Shared, upstream: Upstream) -> None:
        for url in (locked.url, f"{locked.url}status/", f"{locked.url}images/1/"):
            for answer in (ask(url), ask(url, "HEAD")):
                assert (answer.status_code, answer["Location"]) == (302, f"{locked.url}unlock/")
        assert ask(f"{locked.url}opened/", "POST", headers=OURS).status_code == 403
        assert upstream.calls() == []

    def test_a_page_that_is_open_when_a_password_comes_asks_for_it(self, locked: Shared) -> None:
        answer = ask(f"{locked.url}status/?v=1", headers=HTMX)
        assert (answer["HX-Refresh"], answer.content) == ("true", b"")

    def test_the_form_says_nothing_of_the_order(self, locked: Shared) -> None:
        answer = ask(f"{locked.url}unlock/")
        assert answer.status_code == 200
        assert "Rosewood" not in answer.content.decode()
        assert "Northlight" not in answer.content.decode()

    def test_the_password_opens_all_of_it_in_this_browser(self, locked: Shared, guest: Client) -> None:
        assert opens_all_of_it(locked, guest)
        assert ask(locked.url).status_code == 302

    def test_the_visit_is_a_signed_cookie_of_this_link_for_a_day(self, locked: Shared, settings: Settings) -> None:
        for https in (False, True):
            settings.HTTPS = https
            cookie = unlock(locked).cookies["visit"]
            assert (cookie["path"], cookie["max-age"], cookie["samesite"]) == (locked.url, 86400, "Lax")
            assert (bool(cookie["httponly"]), bool(cookie["secure"])) == (True, https)
            assert PASSWORD not in cookie.value

    @pytest.mark.parametrize("change", ["password", "address"])
    def test_another_password_or_address_ends_the_visit(
        self, locked: Shared, guest: Client, alice: User, change: str
    ) -> None:
        ShareLink.objects.update(**{"password": "x"} if change == "password" else {"token_hash": "x" * 64})
        assert ask(locked.url, client=guest).status_code == (302 if change == "password" else 404)

    def test_a_visit_of_another_link_does_not_count(self, locked: Shared, guest: Client, share: Share) -> None:
        other = share(PASSWORD)
        guest.cookies["visit"]["path"] = other.url
        assert ask(other.url, client=guest).status_code == 302

    @pytest.mark.parametrize("value", ["", "x", "a:b:c", "\x00", "x" * 4000])
    def test_a_made_up_visit_does_not_count(self, locked: Shared, value: str) -> None:
        browser = Client()
        browser.cookies["visit"] = value
        assert ask(locked.url, client=browser).status_code == 302

    def test_a_link_without_a_password_has_no_form(self, shared: Shared) -> None:
        assert ask(f"{shared.url}unlock/")["Location"] == shared.url

    def test_a_get_never_unlocks(self, locked: Shared) -> None:
        assert ask(f"{locked.url}unlock/?password={PASSWORD.replace(' ', '+')}").status_code == 200
        assert ask(f"{locked.url}?password={PASSWORD.replace(' ', '+')}").status_code == 302


class PasswordTests:
    @pytest.mark.parametrize("wrong", ["tulips", PASSWORD.upper(), f"{PASSWORD} ", f" {PASSWORD}", "\0", "x" * 5000])
    def test_a_wrong_one_is_refused_with_a_hint_at_blanks(self, locked: Shared, wrong: str) -> None:
        answer = unlock(locked, wrong)
        assert answer.status_code == 422
        assert not answer.cookies.get("visit")
        assert wrong not in answer.content.decode() or not wrong.strip("\0")

    def test_the_hint_names_capitals_and_blanks(self, locked: Shared) -> None:
        text = unlock(locked, f"{PASSWORD} ").content.decode()
        assert "a blank at the beginning or the end" in text

    def test_a_blank_that_belongs_to_it_is_not_taken_away(self, share: Share) -> None:
        locked = share(" tulips ")
        assert unlock(locked, "tulips").status_code == 422
        assert unlock(locked, " tulips ").status_code == 302

    def test_an_empty_one_is_refused(self, locked: Shared) -> None:
        assert unlock(locked, "").status_code == 422

    def test_a_wrong_one_is_told_once_a_minute_and_never_said(self, locked: Shared, share: Share) -> None:
        other = share(PASSWORD)
        for link in (locked, locked, other, other):
            unlock(link, "tulips")
        told = Event.objects.filter(kind=Event.Kind.LINK_REFUSED)
        assert sorted(event.data["link"] for event in told) == sorted([locked.link.pk, other.link.pk])
        assert "tulips" not in str([event.data for event in told])

    def test_needs_djangos_token_whose_cookie_only_the_form_sets(self, locked: Shared) -> None:
        browser = Client(enforce_csrf_checks=True)
        assert unlock(locked, browser=browser).status_code == 403
        form = ask(f"{locked.url}unlock/", client=browser)
        assert list(form.cookies) == [django_settings.CSRF_COOKIE_NAME]
        token = re.findall('name="csrfmiddlewaretoken" value="([^"]+)"', form.content.decode())[0]
        posted = {"password": PASSWORD, "csrfmiddlewaretoken": token}
        assert browser.post(f"{locked.url}unlock/", posted)["Location"] == locked.url


class GuessingTests:
    def test_after_five_a_minute_has_to_pass_also_with_the_right_one(
        self, locked: Shared, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert {unlock(locked, "tulips").status_code for _ in range(5)} == {422}
        answer = unlock(locked)
        assert (answer.status_code, 0 < int(answer["Retry-After"]) <= 61) == (429, True)
        later = time.time() + 61
        monkeypatch.setattr(time, "time", lambda: later)
        assert unlock(locked).status_code == 302

    def test_no_header_and_no_new_browser_resets_the_count(self, locked: Shared) -> None:
        for n in range(5):
            unlock(locked, "tulips", headers={"X-Forwarded-For": f"10.0.0.{n}", "X-Real-Ip": f"10.0.0.{n}"})
        assert unlock(locked, headers={"X-Forwarded-For": "10.0.0.99"}).status_code == 429

    def test_other_networks_and_other_links_go_on(self, locked: Shared, share: Share) -> None:
        for _ in range(6):
            unlock(locked, "tulips")
        assert unlock(locked, browser=Client(REMOTE_ADDR="192.0.2.7")).status_code == 302
        assert unlock(share(PASSWORD)).status_code == 302

    def test_neighbours_behind_one_ipv6_prefix_share_a_count(self, locked: Shared) -> None:
        for n in range(5):
            unlock(locked, "tulips", Client(REMOTE_ADDR=f"2001:db8::{n + 1}"))
        assert unlock(locked, browser=Client(REMOTE_ADDR="2001:db8::ffff")).status_code == 429
        assert unlock(locked, browser=Client(REMOTE_ADDR="2001:db8:0:1::1")).status_code == 302

    def test_the_more_wrong_ones_the_longer_the_wait(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        at = time.time()
        monkeypatch.setattr(time, "time", lambda: at)
        waits = [0] * 41
        for taken in range(41):
            while wait := PASSWORDS.take("somebody"):
                waits[taken] = max(wait, waits[taken])
                at += wait
        assert (waits[4], waits[5]) == (0, 61)
        assert 3000 < waits[15] <= 3601
        assert 12 * 3600 < waits[40] <= 24 * 3600 + 1

    def test_an_unknown_link_has_no_form(self, db: None) -> None:
        assert ask(f"/s/{tokens.issue()}/unlock/", "POST").status_code == 404
