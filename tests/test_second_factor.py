"""The second factor: asked for after every first one, and each code good for once (T53, ASVS 6.3 to 6.5)."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from structlog.testing import capture_logs

from dashboard.accounts.models import User
from orders.vault import new_key
from tests.cast import PASSWORD, AsUser
from tests.confirmed import just_confirmed
from tests.pages import add_passkey

pytestmark = pytest.mark.django_db

SECRET, HALF_MINUTE = generate_totp_secret(), 59_000_000
SECOND = "/accounts/2fa/authenticate/"
CLOCK = "allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time"


@pytest.fixture(autouse=True)
def _no_limits_used_up() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _the_clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what the app shows would change under a test."""
    monkeypatch.setattr(CLOCK, lambda: [HALF_MINUTE])


@pytest.fixture
def codes(alice: User) -> list[str]:
    """Alice has an authenticator app, and these recovery codes."""
    TOTP.activate(alice, SECRET)
    return RecoveryCodes.activate(alice).generate_codes()


def shown(before: int = 0) -> str:
    """What her app shows, or showed so many half minutes before."""
    return format_hotp_value(hotp_value(SECRET, HALF_MINUTE - before))


def half_way(password: str = PASSWORD) -> Client:
    """A browser that has passed the first factor."""
    client = Client()
    client.post("/accounts/login/", {"login": "alice@example.com", "password": password})
    return client


def enters(client: Client, code: str) -> bool:
    client.post(SECOND, {"code": code})
    return client.get("/keys/").status_code == 200


class AskedTests:
    def test_t53_after_the_password(self, codes: list[str]) -> None:
        client = half_way()
        assert client.get("/keys/")["Location"].startswith("/accounts/login/")
        assert not enters(client, "000000x")
        assert enters(client, shown())

    def test_t53_after_a_mailed_code(self, codes: list[str]) -> None:
        client = Client()
        client.post("/accounts/login/code/", {"email": "alice@example.com"})
        code = re.search(r"^\S{3,4}-?\S{3,4}$", mail.outbox[-1].body, re.MULTILINE)
        assert code
        answer = client.post("/accounts/login/code/confirm/", {"code": code[0]})
        assert answer["Location"] == SECOND
        assert client.get("/keys/").status_code == 302
        assert enters(client, shown())

    def test_after_a_forgotten_password_too(self, codes: list[str]) -> None:
        client, new = Client(), "tulips in the window"
        client.post("/accounts/password/reset/", {"email": "alice@example.com"})
        address = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)
        assert address
        client.post(client.get(address[0])["Location"], {"password1": new, "password2": new})
        assert client.get("/keys/").status_code == 302
        assert not enters(client, "000000x")
        assert enters(half_way(new), shown())


class PasskeyTests:
    @pytest.mark.parametrize("has_one", [True, False])
    def test_is_offered_to_whoever_has_one(self, alice: User, codes: list[str], has_one: bool) -> None:
        if has_one:
            add_passkey(alice)
        page = half_way().get(SECOND).content
        assert (b"Use a passkey" in page, b"js_data" in page) == (has_one, has_one)


class OnceTests:
    def test_t53_what_the_app_shows_opens_once(self, codes: list[str]) -> None:
        assert [enters(half_way(), shown()) for _ in range(2)] == [True, False]

    def test_t53_a_recovery_code_opens_once(self, codes: list[str]) -> None:
        assert [enters(half_way(), code) for code in (codes[0], codes[0], codes[1])] == [True, False, True]

    def test_what_the_app_showed_before_opens_nothing(self, codes: list[str]) -> None:
        assert not enters(half_way(), shown(before=1))

    def test_a_code_is_not_guessed(self, codes: list[str]) -> None:
        client = half_way()
        tries = [client.post(SECOND, {"code": f"{n:06}"}) for n in range(12)]
        assert b"Too many" in tries[-1].content
        assert not enters(client, codes[0])


class StrengthTests:
    def test_every_code_has_twenty_bits_at_least(self, alice: User, codes: list[str]) -> None:
        """ASVS 6.5.4: six digits are as good as that; a mailed one is of signs that are not confused."""
        Client().post("/accounts/login/code/", {"email": alice.email})
        assert [len(shown()), {len(code) for code in codes}, len(set(codes))] == [6, {8}, 10]
        assert re.search(r"^[A-Z0-9]{3,4}-[A-Z0-9]{3,4}$", mail.outbox[-1].body, re.MULTILINE)

    def test_a_mailed_code_is_good_for_three_minutes(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [time.time()]
        monkeypatch.setattr("allauth.account.internal.flows.code_verification.time.time", lambda: clock[0])
        for minutes, inside in ((2.9, True), (3.1, False)):
            client = Client()
            client.post("/accounts/login/code/", {"email": alice.email})
            code = re.search(r"^\S{3,4}-\S{3,4}$", mail.outbox[-1].body, re.MULTILINE)
            assert code
            clock[0] += 60 * minutes
            client.post("/accounts/login/code/confirm/", {"code": code[0]})
            assert (client.get("/keys/").status_code == 200) == inside


class ChangedTests:
    def test_a_lost_one_is_removed_once_one_has_confirmed(self, as_user: AsUser, alice: User, codes: list[str]) -> None:
        just_confirmed(as_user(alice)).post("/accounts/2fa/totp/deactivate/")
        assert not Authenticator.objects.exclude(type="recovery_codes").exists()
        assert half_way().get("/keys/").status_code == 200

    def test_sessions_of_before_end_elsewhere(self, as_user: AsUser, alice: User, codes: list[str]) -> None:
        """ASVS 7.4.3: one of them may be whoever it is changed for."""
        here, elsewhere = just_confirmed(as_user(alice)), as_user(alice)
        here.post("/accounts/2fa/totp/deactivate/")
        assert [browser.get("/keys/").status_code for browser in (here, elsewhere)] == [200, 302]


class SealedTests:
    """6.5.2: whoever reads the database has no second factor."""

    def test_seeds_are_sealed_in_the_database(self, alice: User, codes: list[str]) -> None:
        kept = [authenticator.data for authenticator in Authenticator.objects.all()]
        assert all((data.get("secret") or data["seed"]).startswith("sealed:") for data in kept)
        assert SECRET not in str(kept)
        assert enters(half_way(), shown())

    def test_rotation_seals_them_again_and_those_of_before_as_well(
        self, alice: User, codes: list[str], settings: Settings
    ) -> None:
        Authenticator.objects.filter(type="totp").update(data={"secret": SECRET})
        settings.KEY_ENCRYPTION_KEYS = [new_key(), *settings.KEY_ENCRYPTION_KEYS]
        call_command("rotate_keys")
        settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS[:1]
        assert SECRET not in str(Authenticator.objects.get(type="totp").data)
        assert enters(half_way(), shown())
        assert enters(half_way(), codes[0])

    def test_a_lost_encryption_key_opens_no_door(self, codes: list[str], settings: Settings) -> None:
        """With an empty seed everybody could compute the codes."""
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        client = half_way()
        assert not enters(client, shown())
        assert not enters(client, format_hotp_value(hotp_value("", HALF_MINUTE)))


class LoggedTests:
    """16.3.1"""

    def test_each_right_factor_says_whose_and_which(self, alice: User, codes: list[str]) -> None:
        with capture_logs() as lines:
            enters(half_way(), shown())
        right = [(line["user"], line["method"]) for line in lines if line["event"] == "authenticated"]
        assert right == [(alice.pk, "password"), (alice.pk, "mfa")]

    def test_a_refused_one_says_for_which_address_without_naming_it(self, alice: User) -> None:
        with capture_logs() as lines:
            half_way("wrong")
            half_way("wrong again")
        refused = [line for line in lines if line["event"] == "login refused"]
        assert len({line["address"] for line in refused}) == 1
        assert len(refused) == 2
        assert not re.search("alice|wrong", str(refused))
