"""Passwords: long ones of any signs, none that everybody uses, kept as they were typed (T52, ASVS 6.2)."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from dashboard import settings as shipped
from dashboard.accounts.models import User
from tests.cast import PASSWORD, AsUser

pytestmark = pytest.mark.django_db

CHANGE = "/accounts/password/change/"
LONG = "Überm Dach 🏠 steht  ein Mond, und noch einer, und dann ganz viele. " * 3
FORMS = ["/accounts/login/", "/accounts/signup/", CHANGE]


@pytest.fixture(autouse=True)
def _no_limits_used_up() -> None:
    cache.clear()


def change(client: Client, new: str, old: str = PASSWORD) -> None:
    client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


def opens(password: str) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": "alice@example.com", "password": password})
    return client.get("/keys/").status_code == 200


class NewPasswordTests:
    @pytest.mark.parametrize("new", [LONG, LONG[:64], "twelve of it", "𝖊𝖎𝖓 𝖕𝖆𝖘𝖘𝖜𝖔𝖗𝖙"])
    def test_t52_any_signs_and_any_length_are_kept_exactly(self, as_user: AsUser, alice: User, new: str) -> None:
        """Also the last of them counts, also its case, also a blank at an end."""
        change(as_user(alice), new)
        assert [opens(each) for each in (new, new[:-1], f"{new} ", PASSWORD)] == [True, False, False, False]
        assert new.swapcase() == new or not opens(new.swapcase())

    @pytest.mark.parametrize("new", ["eleven of i", "q1w2e3r4t5y6", "alice@example.com", "1234567891011"])
    def test_t52_short_and_common_ones_and_ones_own_address_are_refused(
        self, as_user: AsUser, alice: User, new: str
    ) -> None:
        change(as_user(alice), new)
        assert opens(PASSWORD)
        assert not opens(new)

    def test_t52_the_list_of_common_ones_is_longer_than_three_thousand(self) -> None:
        assert len(CommonPasswordValidator().passwords) > 3000

    def test_needs_the_old_one(self, as_user: AsUser, alice: User) -> None:
        change(as_user(alice), "tulips in the window", old="not the old one")
        assert not opens("tulips in the window")


class KeptTests:
    def test_t52_as_a_slow_hash_with_a_salt(self) -> None:
        """The tests themselves use a quick one."""
        assert shipped.PASSWORD_HASHERS[0].endswith(PBKDF2PasswordHasher.__name__)
        assert PBKDF2PasswordHasher().iterations >= 600_000
        assert PBKDF2PasswordHasher().algorithm == "pbkdf2_sha256"


class FieldTests:
    @pytest.mark.parametrize("path", FORMS)
    def test_hides_what_is_typed_and_lets_managers_and_the_clipboard_help(
        self, as_user: AsUser, alice: User, settings: Settings, path: str
    ) -> None:
        settings.REGISTRATION_OPEN = True
        client = as_user(alice) if path == CHANGE else Client()
        form = client.get(path).context["form"]
        fields = [name for name in form.fields if "password" in name]
        assert {form.fields[name].widget.input_type for name in fields} == {"password"}
        helped = {form.fields[name].widget.attrs.get("autocomplete") for name in fields}
        assert helped <= {"current-password", "new-password"}
        assert "onpaste" not in client.get(path).content.decode()
