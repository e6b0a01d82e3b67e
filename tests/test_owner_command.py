"""manage.py owner: the first person, when registration is closed."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from dashboard.accounts.models import Membership, User

pytestmark = pytest.mark.django_db


def test_makes_a_person_who_owns_a_team(capsys) -> None:
    call_command("owner", "ada@example.com", name="Ada", team="Northlight")
    membership = Membership.objects.get()
    assert (membership.user.email, membership.user.name) == ("ada@example.com", "Ada")
    assert (membership.team.name, membership.role) == ("Northlight", "owner")
    assert "ada@example.com owns the team Northlight" in capsys.readouterr().out


def test_names_the_team_after_the_person_unless_told() -> None:
    call_command("owner", "ada@example.com")
    assert Membership.objects.get().team.name == "ada"


def test_refuses_an_address_that_has_an_account_in_any_case() -> None:
    call_command("owner", "ada@example.com")
    with pytest.raises(CommandError, match="has an account already"):
        call_command("owner", "Ada@Example.com")
    assert User.objects.count() == 1


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada@example.com, bob@example.com", f"{'a' * 250}@example.com"])
def test_refuses_what_is_no_address(email: str) -> None:
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("owner", email)
    assert not User.objects.exists()


def test_lets_nobody_in_before_the_password_is_set_by_mail(mailoutbox: list) -> None:
    call_command("owner", "Ada@Example.com ")
    assert not User.objects.get().has_usable_password()
    Client().post("/accounts/password/reset/", {"email": "ada@example.com"})
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]
    assert "/accounts/password/reset/key/" in mailoutbox[0].body
