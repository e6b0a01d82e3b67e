"""Limits that no header resets and that lock nobody out, and answers that do not tell who is known (T50, T51)."""

from __future__ import annotations

import re
import statistics
import time
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Invitation, Team, User
from dashboard.accounts.roles import Role
from tests.cast import PASSWORD, AsUser

pytestmark = pytest.mark.django_db

TOO_MANY = b"Too many failed login attempts"
UNKNOWN = "nobody@example.com"


@pytest.fixture(autouse=True)
def _no_limits_used_up() -> None:
    cache.clear()


def log_in(client: Client, email: str, password: str, **headers: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password}, headers=headers)


def is_inside(client: Client) -> bool:
    return client.get("/keys/").status_code == 200


def guess(email: str, times: int, **headers: str) -> Any:
    """The answer to the last of so many wrong passwords."""
    return [log_in(Client(), email, f"guess {n}", **headers) for n in range(times)][-1]


def ask_for_code(email: str, network: str) -> int:
    answer = Client().post("/accounts/login/code/", {"email": email}, headers={"X-Forwarded-For": network})
    return answer.status_code


class PasswordTests:
    def test_t50_holds_up_a_network_whatever_its_headers_say(self, client: Client, alice: User) -> None:
        for n in range(10):
            told = {"X-Forwarded-For": f"10.0.0.{n}", "X-Real-Ip": f"10.0.1.{n}", "Forwarded": f"for=10.0.2.{n}"}
            assert TOO_MANY not in log_in(client, f"somebody{n}@example.com", "wrong", **told).content
        assert TOO_MANY in log_in(client, alice.email, "wrong", **{"X-Forwarded-For": "10.9.9.9"}).content

    def test_t50_believes_its_own_proxies_only(self, alice: User, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for n in range(10):
            guess(f"somebody{n}@example.com", 1, **{"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.5"})
        there, elsewhere = "10.9.9.9, 203.0.113.5", "203.0.113.5, 203.0.113.6"
        assert TOO_MANY in guess(alice.email, 1, **{"X-Forwarded-For": there}).content
        assert TOO_MANY not in guess(alice.email, 1, **{"X-Forwarded-For": elsewhere}).content

    def test_t50_holds_up_guesses_at_one_account_from_many_networks(self, alice: User, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        passed = [guess(alice.email, 1, **{"X-Forwarded-For": f"10.0.{n}.1"}).content for n in range(14)]
        assert [TOO_MANY in page for page in passed] == [False] * 10 + [True] * 4

    def test_one_network_of_the_new_kind_is_a_64(self, alice: User, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for n in range(10):
            guess(f"somebody{n}@example.com", 1, **{"X-Forwarded-For": f"2001:db8:1:1::{n}"})
        assert TOO_MANY in guess(alice.email, 1, **{"X-Forwarded-For": "2001:db8:1:1:ffff::1"}).content
        assert TOO_MANY not in guess(alice.email, 1, **{"X-Forwarded-For": "2001:db8:1:2::1"}).content

    def test_t50_the_owner_of_a_guessed_account_enters_by_mail(self, client: Client, alice: User) -> None:
        guess(alice.email, 11)
        assert TOO_MANY in log_in(client, alice.email, PASSWORD).content
        client.post("/accounts/login/code/", {"email": alice.email})
        code = re.search(r"^\S{3,4}-?\S{3,4}$", mail.outbox[-1].body, re.MULTILINE)
        assert code, mail.outbox[-1].body
        client.post("/accounts/login/code/confirm/", {"code": code[0]})
        assert is_inside(client)

    def test_t50_a_network_that_asks_for_codes_shuts_out_no_other(self, alice: User, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        assert [ask_for_code(alice.email, "203.0.113.5") for _ in range(5)] == [302, 302, 302, 200, 200]
        assert ask_for_code(alice.email.upper(), "203.0.113.5") == 200
        assert ask_for_code(alice.email, "203.0.113.6") == 302

    def test_a_mailbox_gets_so_many_codes_and_no_more(self, alice: User, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        asked = [ask_for_code(alice.email, f"203.0.113.{n}") for n in range(31)]
        assert (asked.count(302), len(mail.outbox)) == (30, 30)

    def test_a_mailed_code_cannot_be_guessed(self, client: Client, alice: User) -> None:
        client.post("/accounts/login/code/", {"email": alice.email})
        for _ in range(3):
            client.post("/accounts/login/code/confirm/", {"code": "WRONG-CODE"})
        code = re.search(r"^\S{3,4}-?\S{3,4}$", mail.outbox[-1].body, re.MULTILINE)
        assert code
        client.post("/accounts/login/code/confirm/", {"code": code[0]})
        assert not is_inside(client)


class InvitationTests:
    def test_t40_a_network_that_tries_tokens_is_held_up_and_good_ones_still_open(
        self, client: Client, team: Team, alice: User
    ) -> None:
        _, token = Invitation.objects.invite(team, alice, "dora@example.com", Role.MEMBER)
        tries = [client.get(f"/invitations/made-up-{n}/").status_code for n in range(61)]
        assert tries == [404] * 60 + [429]
        assert client.get(f"/invitations/{token}/").status_code == 200


def told(path: str, form: dict[str, str]) -> tuple[int, str, str]:
    """What somebody sees who sends this form: the status, where it leads, and the page without what they typed."""
    client = Client()
    answer = client.post(path, form)
    page = client.get(answer["Location"]).content.decode() if answer.status_code == 302 else answer.content.decode()
    for typed in form.values():
        page = page.replace(typed, "…")
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    return answer.status_code, answer.get("Location", ""), page


ASKED = [
    ("/accounts/login/", "login", {"password": "wrong"}),
    ("/accounts/login/code/", "email", {}),
    ("/accounts/password/reset/", "email", {}),
    ("/accounts/signup/", "email", {"name": "Dora", "password1": "tulips in the window"}),
]


class EqualAnswerTests:
    @pytest.mark.parametrize(("path", "field", "form"), ASKED)
    def test_t51_known_and_unknown_hear_the_same(
        self, alice: User, settings: Settings, path: str, field: str, form: dict[str, str]
    ) -> None:
        settings.REGISTRATION_OPEN = True
        known, unknown = (told(path, {field: email, **form}) for email in (alice.email, UNKNOWN))
        assert known == unknown

    def test_t51_an_address_that_is_switched_off_hears_the_same(self, alice: User) -> None:
        User.objects.update(is_active=False)
        wrong = {"password": "wrong"}
        assert told("/accounts/login/", {"login": alice.email, **wrong}) == told(
            "/accounts/login/", {"login": UNKNOWN, **wrong}
        )

    def test_t51_an_invitation_says_nothing_of_accounts_elsewhere(
        self, as_user: AsUser, alice: User, team: Team, charlie: User
    ) -> None:
        client = as_user(alice)
        pages = []
        for email in (charlie.email, UNKNOWN):
            form = {"email": email, "role": "member"}
            page = client.post(f"/teams/{team.slug}/people/", form, follow=True).content.decode()
            pages.append(re.sub(r"\b\w{64}\b|\d+", "", page.replace(email, "…")))
            Invitation.objects.all().delete()
        assert pages[0] == pages[1]

    @pytest.mark.parametrize(("path", "field", "form"), ASKED[:3])
    def test_s17_and_take_as_long(
        self,
        alice: User,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        path: str,
        field: str,
        form: dict[str, str],
    ) -> None:
        """Medians of turns, of our own processor time: what else the machine does is not in it."""
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        settings.ACCOUNT_RATE_LIMITS = False
        monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 200_000)
        alice.set_password(PASSWORD)
        alice.save()
        took: dict[str, list[float]] = {alice.email: [], UNKNOWN: []}
        for _ in range(5):
            for email, times in took.items():
                began = time.process_time()
                Client().post(path, {field: email, **form})
                times.append(time.process_time() - began)
        known, unknown = (statistics.median(times) for times in took.values())
        assert abs(known - unknown) < max(0.1 * known, 0.02)
