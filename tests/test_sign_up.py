"""/accounts/...: sign-up, verified e-mail, login, logout and a new password, with our own templates."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Membership, Team, User
from tests.cast import PASSWORD, AsUser

pytestmark = pytest.mark.django_db

DORA = {"name": "Dora Lane", "email": "dora@example.com", "password1": PASSWORD}


@pytest.fixture(autouse=True)
def _no_limits_used_up() -> None:
    """Limits count in the cache, which a test of them fills."""
    cache.clear()


@pytest.fixture
def registration_open(settings: Settings) -> None:
    """Anybody may sign up."""
    settings.REGISTRATION_OPEN = True


def link(pattern: str) -> str:
    """The path of the link in the mail that was sent last."""
    found = re.search(rf"http://testserver({pattern}\S*)", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[1]


def log_in(client: Client, email: str = "alice@example.com", password: str = PASSWORD, **more: str):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def is_inside(client: Client) -> bool:
    return client.get("/keys/").status_code == 200


def test_login_offers_to_sign_up_only_while_anybody_may(client: Client, settings: Settings) -> None:
    settings.REGISTRATION_OPEN = True
    assert b"/accounts/signup/" in client.get("/accounts/login/").content
    settings.REGISTRATION_OPEN = False
    assert b"/accounts/signup/" not in client.get("/accounts/login/").content


@pytest.mark.usefixtures("registration_open")
class SignUpTests:
    def test_confirms_the_address_by_mail_and_opens_a_team_of_ones_own(self, client: Client) -> None:
        assert client.post("/accounts/signup/", DORA)["Location"] == "/accounts/confirm-email/"
        assert not is_inside(client)
        assert mail.outbox[0].to == ["dora@example.com"]
        confirm = link("/accounts/confirm-email/")
        assert b"dora@example.com" in client.get(confirm).content
        assert EmailAddress.objects.get().verified is False
        client.post(confirm)
        assert EmailAddress.objects.get().verified is True
        log_in(client, "dora@example.com")
        answer = client.get("/", follow=True)
        assert answer.redirect_chain[-1][0] == "/teams/dora-lane/orders/"
        assert b"Connect your Autoenhance key" in answer.content

    def test_the_person_owns_the_team(self, client: Client) -> None:
        client.post("/accounts/signup/", DORA)
        membership = Membership.objects.get()
        assert (membership.user.email, membership.role, membership.team.name) == (DORA["email"], "owner", "Dora Lane")

    def test_nobody_gets_in_before_the_address_is_confirmed(self, client: Client) -> None:
        client.post("/accounts/signup/", DORA)
        assert log_in(client, "dora@example.com")["Location"] == "/accounts/confirm-email/"
        assert not is_inside(client)

    @pytest.mark.parametrize("key", ["x", "MQ:1uAbCd:forged", "a" * 300])
    def test_a_made_up_link_confirms_nothing(self, client: Client, key: str) -> None:
        client.post("/accounts/signup/", DORA)
        assert client.get(f"/accounts/confirm-email/{key}/").status_code in (200, 404)
        client.post(f"/accounts/confirm-email/{key}/")
        assert EmailAddress.objects.get().verified is False

    def test_does_not_tell_who_has_an_account(self, client: Client, alice: User) -> None:
        new = client.post("/accounts/signup/", DORA)
        known = Client().post("/accounts/signup/", {**DORA, "email": "ALICE@example.com"})
        assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
        assert User.objects.filter(email__iexact="alice@example.com").count() == 1
        assert mail.outbox[-1].to == ["alice@example.com"]
        assert "confirm-email" not in mail.outbox[-1].body

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("password1", "short"),
            ("password1", "q1w2e3r4t5y6"),
            ("password1", "dora@example.com"),
            ("email", "dora"),
            ("email", ""),
            ("name", ""),
            ("name", "x" * 151),
            ("name", "a\0b"),
        ],
    )
    def test_says_what_is_wrong_and_makes_nobody(self, client: Client, field: str, text: str) -> None:
        answer = client.post("/accounts/signup/", {**DORA, field: text})
        assert field in answer.context["form"].errors
        assert b"field__error" in answer.content
        assert PASSWORD.encode() not in answer.content
        assert not User.objects.exists()

    def test_two_people_of_one_name_have_two_teams(self, client: Client) -> None:
        for email in ("a@example.com", "b@example.com"):
            Client().post("/accounts/signup/", {**DORA, "email": email})
        slugs = set(Team.objects.values_list("slug", flat=True))
        assert len(slugs) == 2
        assert "dora-lane" in slugs


class ClosedTests:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_nobody_signs_up_while_registration_is_closed(self, client: Client, method: str) -> None:
        answer = getattr(client, method)("/accounts/signup/", DORA)
        assert answer.status_code == 200
        assert "account/signup_closed.html" in {template.name for template in answer.templates}
        assert not User.objects.exists()


class LoginTests:
    def test_leads_to_the_orders(self, client: Client, alice: User, team: Team) -> None:
        assert log_in(client)["Location"] == "/"
        assert is_inside(client)

    def test_leads_to_the_page_that_was_asked_for(self, client: Client, alice: User, team: Team) -> None:
        page = client.get("/teams/northlight/orders/?q=elm", follow=True)
        assert b'name="next" value="/teams/northlight/orders/?q=elm"' in page.content
        assert log_in(client, next="/teams/northlight/orders/?q=elm")["Location"] == "/teams/northlight/orders/?q=elm"

    @pytest.mark.parametrize(
        "place", ["//evil.example", "https:evil", "/\\evil", "javascript:alert(1)", "\t//evil.example"]
    )
    def test_never_leads_elsewhere(self, client: Client, alice: User, place: str) -> None:
        assert log_in(client, next=place)["Location"] == "/"

    @pytest.mark.parametrize(
        ("email", "password"),
        [("alice@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", ""), ("alice@example.com", "a\0b")],
    )
    def test_a_wrong_address_and_a_wrong_password_look_alike(
        self, client: Client, alice: User, email: str, password: str
    ) -> None:
        answer = log_in(client, email, password)
        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert not is_inside(client)

    def test_is_the_same_in_any_case_of_the_address(self, client: Client, alice: User) -> None:
        log_in(client, "Alice@Example.COM")
        assert is_inside(client)

    def test_guessing_is_slowed_down(self, client: Client, alice: User) -> None:
        for _ in range(12):
            log_in(client, password="wrong")
        log_in(client)
        assert not is_inside(client)

    def test_the_session_is_a_new_one(self, client: Client, alice: User) -> None:
        log_in(client)
        before = client.cookies["session"].value
        client.post("/accounts/logout/")
        log_in(client)
        assert client.cookies["session"].value != before
        assert client.cookies["session"]["httponly"]
        assert client.cookies["session"]["samesite"] == "Lax"


class LogoutTests:
    def test_ends_the_session_here_and_on_the_server(self, client: Client, alice: User) -> None:
        log_in(client)
        old = Client()
        old.cookies["session"] = client.cookies["session"].value
        assert is_inside(old)
        client.post("/accounts/logout/")
        assert not is_inside(client)
        assert not is_inside(old)

    def test_looking_at_the_page_logs_nobody_out(self, as_user: AsUser, alice: User) -> None:
        client = as_user(alice)
        assert client.get("/accounts/logout/").status_code == 200
        assert is_inside(client)


class ForgottenPasswordTests:
    def test_a_link_by_mail_sets_a_new_one_once(self, client: Client, alice: User) -> None:
        client.post("/accounts/password/reset/", {"email": "alice@example.com"})
        address = link("/accounts/password/reset/key/")
        form = client.get(address)["Location"]
        assert address.rsplit("-", 1)[-1].strip("/") not in form
        new = "a quite different long one"
        client.post(form, {"password1": new, "password2": new})
        assert not is_inside(client)
        assert log_in(Client(), password=PASSWORD).status_code == 200
        assert log_in(Client(), password=new).status_code == 302
        assert Client().get(address).status_code == 200  # the page that says that the link was used

    def test_does_not_tell_who_has_an_account(self, client: Client, alice: User) -> None:
        answers = [
            Client().post("/accounts/password/reset/", {"email": email})
            for email in ("alice@example.com", "nobody@example.com")
        ]
        assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1

    def test_a_made_up_link_sets_nothing(self, client: Client, alice: User) -> None:
        answer = client.get("/accounts/password/reset/key/1-set-password/")
        assert answer.status_code == 200
        assert b'name="password1"' not in answer.content

    def test_a_new_password_ends_the_other_sessions(self, as_user: AsUser, alice: User) -> None:
        here, elsewhere = as_user(alice), as_user(alice)
        new = "a quite different long one"
        here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        alice.refresh_from_db()
        assert alice.check_password(new)
        assert not is_inside(elsewhere)


class EmailAddressTests:
    def test_a_second_address_counts_once_it_is_confirmed(self, as_user: AsUser, alice: User) -> None:
        client = as_user(alice)
        client.post("/accounts/email/", {"action_add": "", "email": "alice@work.example"})
        assert EmailAddress.objects.get(email="alice@work.example").verified is False
        client.post(link("/accounts/confirm-email/"))
        client.post("/accounts/email/", {"action_primary": "", "email": "alice@work.example"})
        alice.refresh_from_db()
        assert alice.email == "alice@work.example"

    def test_each_offers_what_can_be_done_with_it(self, as_user: AsUser, alice: User) -> None:
        def offered() -> list[str]:
            return re.findall(r'name="action_(primary|send|remove)"', client.get("/accounts/email/").content.decode())

        client = as_user(alice)
        assert offered() == []
        client.post("/accounts/email/", {"action_add": "", "email": "alice@work.example"})
        assert offered() == ["send", "remove"]
        EmailAddress.objects.update(verified=True)
        assert offered() == ["primary", "remove"]

    def test_mail_is_plain_and_names_no_secret(self, client: Client, alice: User) -> None:
        client.post("/accounts/password/reset/", {"email": "alice@example.com"})
        (sent,) = mail.outbox
        assert "\n" not in sent.subject
        assert PASSWORD not in sent.body
