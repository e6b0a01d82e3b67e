"""/invitations/<token>/: joining, or signing up and joining; bound to address, team and role, used once (T40)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dashboard.accounts.models import Invitation, InvitationRefused, Membership, Team, User
from dashboard.accounts.roles import Role
from dashboard.logs import without_tokens
from orders.models import Event
from tests.cast import PASSWORD, AsUser, person

pytestmark = pytest.mark.django_db
SIGN_UP, DORA = "/accounts/signup/", {"name": "Dora Lane", "email": "dora@example.com", "password1": PASSWORD}


@pytest.fixture(autouse=True)
def _no_limits_used_up() -> None:
    """Sign-ups are limited, by a count in the cache."""
    cache.clear()


@pytest.fixture
def dora(db: None) -> User:
    """Has an account, and no team."""
    return person("Dora")


@pytest.fixture
def invitation(team: Team, alice: User) -> Invitation:
    """Alice's, for dora, as member; `url` is where its mail leads."""
    made, token = Invitation.objects.invite(team, alice, "dora@example.com", Role.MEMBER)
    made.url = f"/invitations/{token}/"  # type: ignore[attr-defined]
    return made


def _cancels(save):
    """A save of the new person, during which the invitation is cancelled."""

    def cancelled_meanwhile(self: User, *args: object, **kwargs: object) -> None:
        save(self, *args, **kwargs)
        Invitation.objects.all().delete()

    return cancelled_meanwhile


def teams_of(email: str = "dora@example.com") -> list[tuple[str, str]]:
    return list(Membership.objects.filter(user__email=email).values_list("team__name", "role"))


class PageTests:
    def test_says_who_invites_to_what_as_what_and_until_when(self, client: Client, invitation: Invitation) -> None:
        answer = client.get(invitation.url)
        text = answer.content.decode()
        assert all(each in text for each in ("Join Northlight", "Alice invites you, as member", "until ", "UTC"))
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "same-origin"

    def test_leads_to_login_and_back_or_to_sign_up(self, client: Client, invitation: Invitation) -> None:
        assert b"Sign up to join" in client.get(invitation.url).content
        person("Dora")
        assert f'href="/accounts/login/?next={invitation.url}"' in client.get(invitation.url).content.decode()

    def test_looking_changes_nothing(self, as_user: AsUser, dora: User, invitation: Invitation) -> None:
        for browser in (Client(), as_user(dora)):
            browser.get(invitation.url)
            browser.head(invitation.url)
        assert Invitation.objects.get().used_at is None
        assert teams_of() == []

    @pytest.mark.parametrize("why", ["expired", "used", "cancelled", "sent again", "unknown"])
    def test_whatever_does_not_work_is_answered_alike(
        self, client: Client, as_user: AsUser, dora: User, alice: User, invitation: Invitation, why: str
    ) -> None:
        headers = {"X-Request-Id": "the-same-id"}
        if why == "expired":
            Invitation.objects.update(expires_at=timezone.now())
        elif why == "used":
            invitation.accept(dora)
        elif why == "cancelled":
            invitation.cancel(alice)
        elif why == "sent again":
            invitation.renew(alice)
        url = "/invitations/unknown/" if why == "unknown" else invitation.url
        answer = client.get(url, headers=headers)
        assert answer.status_code == 404
        assert answer.content == client.get("/invitations/:token/", headers=headers).content
        assert as_user(dora).post(url).status_code == 404

    @pytest.mark.parametrize("token", ["null", "%00", "%2e%2e", "x" * 2000, "ü", "'--"])
    def test_a_made_up_token_is_unknown(self, client: Client, token: str) -> None:
        assert client.get(f"/invitations/{token}/").status_code == 404

    def test_its_token_is_in_no_log(
        self, client: Client, invitation: Invitation, caplog: pytest.LogCaptureFixture
    ) -> None:
        """T36: what Django logs of a 404 names the path; the formatter takes the token out of it."""
        Invitation.objects.all().delete()
        client.get(invitation.url)
        token = invitation.url.split("/")[2]
        assert token in caplog.text
        assert token not in without_tokens(None, "", caplog.text)


class JoinTests:
    def test_joins_once_and_in_the_role_it_names(self, as_user: AsUser, dora: User, invitation: Invitation) -> None:
        browser = as_user(dora)
        answer = browser.post(invitation.url, follow=True)
        assert answer.redirect_chain[-1][0] == "/teams/northlight/orders/"
        assert b"You are in Northlight now." in answer.content
        assert teams_of() == [("Northlight", "member")]
        event = Event.objects.latest("pk")
        assert (event.kind, event.actor, event.data) == ("joined", "Dora", {"role": "member"})
        assert browser.post(invitation.url).status_code == 404

    def test_an_address_added_and_confirmed_will_do(
        self, as_user: AsUser, charlie: User, invitation: Invitation
    ) -> None:
        mine = EmailAddress.objects.create(user=charlie, email="dora@example.com", verified=False)
        browser = as_user(charlie)
        assert browser.post(invitation.url).status_code == 422
        mine.verified = True
        mine.save()
        assert browser.post(invitation.url).status_code == 302

    def test_somebody_who_is_in_the_team_uses_nothing_up(
        self, as_user: AsUser, dora: User, team: Team, invitation: Invitation
    ) -> None:
        Membership.objects.create(user=dora, team=team, role=Role.VIEWER)
        browser = as_user(dora)
        assert b"You are in Northlight already." in browser.get(invitation.url).content
        assert b"You are in Northlight already." in browser.post(invitation.url, follow=True).content
        assert teams_of() == [("Northlight", "viewer")]
        assert Invitation.objects.get().used_at is None


class RefusedTests:
    """T40, the five ways."""

    def test_no_other_team(self, as_user: AsUser, dora: User, charlie: User, invitation: Invitation) -> None:
        faraway = Team.objects.get(slug="faraway")
        more = {"team": faraway.pk, "team_id": faraway.pk, "slug": "faraway"}
        as_user(dora).post(f"{invitation.url}?team={faraway.pk}", more)
        assert teams_of() == [("Northlight", "member")]

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_no_other_address(self, as_user: AsUser, charlie: User, invitation: Invitation, method: str) -> None:
        answer = getattr(as_user(charlie), method)(invitation.url, {"email": "dora@example.com"})
        text = answer.content.decode()
        assert answer.status_code == {"get": 200, "post": 422}[method]
        assert "This invitation is for d…@example.com, and you are logged in as charlie@example.com." in text
        assert "dora@example.com" not in text
        assert teams_of("charlie@example.com") == [("Faraway", "owner")]
        assert Invitation.objects.get().used_at is None

    def test_not_twice(self, as_user: AsUser, dora: User, invitation: Invitation) -> None:
        as_user(dora).post(invitation.url)
        Membership.objects.filter(user=dora).delete()
        assert as_user(dora).post(invitation.url).status_code == 404
        with pytest.raises(Invitation.DoesNotExist):
            invitation.accept(dora)
        assert teams_of() == []

    def test_not_after_it_has_expired(self, as_user: AsUser, dora: User, invitation: Invitation) -> None:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert as_user(dora).post(invitation.url).status_code == 404
        assert teams_of() == []

    @pytest.mark.parametrize("role", ["admin", "owner"])
    def test_no_other_role(self, as_user: AsUser, dora: User, invitation: Invitation, role: str) -> None:
        as_user(dora).post(f"{invitation.url}?role={role}", {"role": role})
        assert teams_of() == [("Northlight", "member")]

    def test_the_model_holds_the_rule_too(self, charlie: User, invitation: Invitation) -> None:
        with pytest.raises(InvitationRefused):
            invitation.accept(charlie)


class SignUpTests:
    """Registration is closed in these tests, as it is in production unless somebody opens it."""

    def test_somebody_new_joins_and_gets_no_team_of_their_own(self, client: Client, invitation: Invitation) -> None:
        """A7."""
        assert client.post(invitation.url)["Location"] == SIGN_UP
        page = client.get(SIGN_UP).content.decode()
        assert "You join Northlight, as member." in page
        assert 'value="dora@example.com"' in page
        answer = client.post(SIGN_UP, DORA, follow=True)
        assert answer.redirect_chain[-1][0] == "/teams/northlight/orders/"
        assert teams_of() == [("Northlight", "member")]
        assert EmailAddress.objects.get(user__email="dora@example.com").verified
        assert mail.outbox == []

    def test_the_address_is_the_invited_one_whatever_is_sent(self, client: Client, invitation: Invitation) -> None:
        client.post(invitation.url)
        client.post(SIGN_UP, {**DORA, "email": "eve@example.com", "role": "owner"})
        assert not EmailAddress.objects.filter(email="eve@example.com").exists()
        assert teams_of() == [("Northlight", "member")]

    def test_nobody_gets_in_by_a_session_whose_invitation_has_ended(
        self, client: Client, alice: User, invitation: Invitation
    ) -> None:
        client.post(invitation.url)
        invitation.renew(alice)
        answer = client.post(SIGN_UP, DORA)
        assert "account/signup_closed.html" in {template.name for template in answer.templates}
        assert not User.objects.filter(email="dora@example.com").exists()

    def test_an_invitation_that_ends_at_that_moment_makes_nobody(
        self, client: Client, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client.post(invitation.url)
        monkeypatch.setattr("dashboard.accounts.adapter.User.save", _cancels(User.save))
        assert client.post(SIGN_UP, DORA).status_code == 404
        assert not User.objects.filter(email="dora@example.com").exists()

    def test_with_an_ended_one_an_open_house_gives_a_team_and_asks_to_confirm(
        self, client: Client, alice: User, invitation: Invitation, settings: Settings
    ) -> None:
        settings.REGISTRATION_OPEN = True
        client.post(invitation.url)
        invitation.cancel(alice)
        assert client.post(SIGN_UP, DORA)["Location"] == "/accounts/confirm-email/"
        assert teams_of() == [("Dora Lane", "owner")]

    def test_no_token_is_kept_in_the_session(self, client: Client, invitation: Invitation) -> None:
        client.post(invitation.url)
        assert invitation.url.split("/")[2] not in str(dict(client.session))
