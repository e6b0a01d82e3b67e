"""What matters asks who it is once more, ten minutes after the login, and loses nothing that was typed (T21)."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Invitation, Membership, Team, User
from dashboard.accounts.roles import Role
from orders.models import ApiKey, Order, ShareLink
from tests.cast import ALICES_KEY, HTMX, PASSWORD, AsUser, mirrored
from tests.confirmed import long_ago
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

WRONG = "not my password, surely"
PEOPLE = "/teams/northlight/people/"
DORA = {"email": "dora@example.com", "role": "member"}


@pytest.fixture(autouse=True)
def _no_limits_used_up() -> None:
    cache.clear()


@pytest.fixture
def stale(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser, a while after her login."""
    return long_ago(as_user(alice))


@pytest.fixture
def link_form(key: ApiKey, as_user: AsUser, alice: User) -> tuple[str, dict[str, Any]]:
    """Where a link is made, and a form for one that never ends."""
    url = f"/orders/{mirrored(key, '1 Elm Row').pk}/links/"
    form = as_user(alice).get(url).context["form"]
    fields = {field.name: field.value() or "" for field in form if field.name != "names_team"}
    return url, {**fields, "label": "For Marta", "expiry": "never"}


class InTheFormTests:
    """What one form needs is asked for in that form."""

    def test_an_invitation_waits_for_the_password_with_what_was_typed(self, stale: Client) -> None:
        assert b'name="my_password"' in stale.get(PEOPLE).content
        answer = stale.post(PEOPLE, DORA)
        assert answer.status_code == 422
        assert "type your password as well. Nothing was saved." in answer.content.decode()
        assert 'value="dora@example.com"' in answer.content.decode()
        assert not Invitation.objects.exists()

    def test_with_the_password_it_is_done_and_others_follow_without(self, stale: Client) -> None:
        before = stale.session.session_key
        assert stale.post(PEOPLE, {**DORA, "my_password": PASSWORD}).status_code == 302
        assert stale.session.session_key != before
        assert stale.post(PEOPLE, {**DORA, "email": "emil@example.com"}).status_code == 302
        assert Invitation.objects.count() == 2
        assert b'name="my_password"' not in stale.get(PEOPLE).content

    def test_a_wrong_password_changes_nothing_and_is_not_shown(self, stale: Client) -> None:
        answer = stale.post(PEOPLE, {**DORA, "my_password": WRONG})
        assert (answer.status_code, WRONG.encode() in answer.content) == (422, False)
        assert "This is not your password. Nothing was saved." in answer.content.decode()
        assert not Invitation.objects.exists()

    def test_t50_wrong_passwords_are_counted_as_those_of_a_login(self, stale: Client) -> None:
        for _ in range(10):
            stale.post(PEOPLE, {**DORA, "my_password": WRONG})
        answer = stale.post(PEOPLE, {**DORA, "my_password": PASSWORD})
        assert "Too many failed login attempts" in answer.content.decode()
        assert not Invitation.objects.exists()

    def test_a_key_is_kept_only_with_it(self, stale: Client, team: Team, upstream: Upstream) -> None:
        form = {"team": team.pk, "label": "Studio", "key": ALICES_KEY}
        answer = stale.post("/keys/", form)
        assert (answer.status_code, upstream.calls()) == (422, [])
        assert 'value="Studio"' in answer.content.decode()
        assert ALICES_KEY not in answer.content.decode()
        assert stale.post("/keys/", {**form, "my_password": PASSWORD}).status_code == 302
        assert ApiKey.objects.get().label == "Studio"

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_a_link_without_an_end_needs_it(
        self, stale: Client, link_form: tuple[str, dict[str, Any]], headers: dict[str, str]
    ) -> None:
        url, form = link_form
        answer = stale.post(url, form, headers=headers)
        assert answer.status_code == 422
        assert 'value="For Marta"' in answer.content.decode()
        assert 'name="my_password"' in answer.content.decode()
        assert not ShareLink.objects.exists()
        assert stale.post(url, {**form, "my_password": PASSWORD}, headers=headers).status_code == 200
        assert ShareLink.objects.get().expires_at is None

    def test_a_link_with_an_end_does_not(self, stale: Client, link_form: tuple[str, dict[str, Any]]) -> None:
        url, form = link_form
        assert b"my_password" not in stale.get(url).content
        assert stale.post(url, {**form, "expiry": "7"}).status_code == 200

    def test_a_link_loses_its_end_only_with_it(self, stale: Client, link_form: tuple[str, dict[str, Any]]) -> None:
        url, form = link_form
        stale.post(url, {**form, "expiry": "7"})
        made = ShareLink.objects.get()
        change = {
            "label": "For Marta",
            "expiry": "never",
            "reveals": "previews",
            "guard": "keep",
            "offer": form["offer"],
        }
        assert stale.post(f"/links/{made.pk}/", change).status_code == 422
        assert ShareLink.objects.get().expires_at == made.expires_at


class OnItsOwnPageTests:
    """A button leads to allauth's page, and from there back to where it stood."""

    @pytest.mark.parametrize("deed", ["role", "resend", "cancel"])
    def test_people_and_invitations(self, stale: Client, team: Team, bob: User, alice: User, deed: str) -> None:
        invitation, _ = Invitation.objects.invite(team, alice, "dora@example.com", Role.MEMBER)
        urls = {"role": f"{PEOPLE}{bob.pk}/role/"}
        url = urls.get(deed, f"/teams/northlight/invitations/{invitation.pk}/{deed}/")
        answer = stale.post(url, {"role": "viewer"}, headers={"Referer": f"http://testserver{PEOPLE}"})
        assert answer["Location"] == f"/accounts/reauthenticate/?next={PEOPLE}"
        assert Membership.objects.get(user=bob).role == Role.MEMBER
        assert Invitation.objects.get().token_hash == invitation.token_hash

    def test_an_address(self, stale: Client) -> None:
        answer = stale.post("/accounts/email/", {"action_add": "", "email": "alice@example.org"})
        assert answer["Location"] == "/accounts/reauthenticate/?next=/accounts/email/"
        assert EmailAddress.objects.count() == 1

    @pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/"])
    def test_a_second_factor(self, stale: Client, path: str) -> None:
        assert stale.get(f"/accounts/2fa/{path}")["Location"].startswith("/accounts/reauthenticate/")

    def test_another_password_needs_the_old_one(self, stale: Client, alice: User) -> None:
        fresh = {"oldpassword": WRONG, "password1": "tulips in the window", "password2": "tulips in the window"}
        stale.post("/accounts/password/change/", fresh)
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)

    def test_nothing_that_was_sent_is_kept_in_the_session(self, stale: Client) -> None:
        stale.post("/accounts/email/", {"action_add": "", "email": "alice@example.org"})
        assert "alice@example.org" not in str(dict(stale.session.items()))

    def test_htmx_leaves_for_it_as_a_whole_page(self, stale: Client, bob: User) -> None:
        here = {**HTMX, "HX-Current-URL": f"http://testserver{PEOPLE}?x=1"}
        answer = stale.post(f"{PEOPLE}{bob.pk}/role/", {"role": "viewer"}, headers=here)
        assert answer["HX-Redirect"] == f"/accounts/reauthenticate/?next={PEOPLE}%3Fx%3D1"

    @pytest.mark.parametrize(
        "referer", ["https://evil.example/x/", "//evil.example", "javascript:alert(1)", "%0d%0aX: y"]
    )
    def test_t56_never_leads_back_elsewhere(self, stale: Client, bob: User, referer: str) -> None:
        url = f"{PEOPLE}{bob.pk}/role/"
        answer = stale.post(url, {"role": "viewer"}, headers={"Referer": referer})
        assert answer["Location"] == f"/accounts/reauthenticate/?next={url}"


class WhenTests:
    def test_a_login_will_do_for_ten_minutes(
        self, as_user: AsUser, alice: User, team: Team, settings: Settings
    ) -> None:
        client = as_user(alice)
        assert settings.ACCOUNT_REAUTHENTICATION_TIMEOUT == 600
        assert client.post(PEOPLE, DORA).status_code == 302
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
        assert client.post(PEOPLE, {**DORA, "email": "emil@example.com"}).status_code == 422

    def test_the_page_that_asks_will_do_as_well(self, stale: Client) -> None:
        answer = stale.post(f"/accounts/reauthenticate/?next={PEOPLE}", {"password": PASSWORD})
        assert answer["Location"] == PEOPLE
        assert stale.post(PEOPLE, DORA).status_code == 302

    def test_a_rename_or_an_order_never_asks(self, stale: Client, order: Order) -> None:
        renamed = {"name": "14 Rosewood Ave", "seen": "12 Rosewood Ave"}
        assert stale.post(f"/orders/{order.pk}/name/", renamed).status_code == 302
