"""/teams/<slug>/people/: who is in a team, who is invited; inviting, sending again, cancelling."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dashboard.accounts.models import Invitation, InvitationRefused, Membership, Team, User
from dashboard.accounts.models.invitations import MOST_A_DAY
from dashboard.accounts.roles import Role
from dashboard.tokens import hash_of
from orders.models import Event
from tests.cast import AsUser

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/people/"


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser, who runs the team."""
    return as_user(alice)


def invite(client: Client, email: str = "dora@example.com", role: str = "member", **more: str):
    return client.post(URL, {"email": email, "role": role, **more})


def token() -> str:
    """The token in the mail that was sent last."""
    found = re.search(r"http://localhost:8000/invitations/([\w-]{43})/", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[1]


class PageTests:
    @pytest.mark.parametrize("who", ["alice", "bob", "vera"])
    def test_everybody_in_the_team_sees_its_people(
        self, as_user: AsUser, alice: User, bob: User, vera: User, charlie: User, who: str
    ) -> None:
        text = as_user({"alice": alice, "bob": bob, "vera": vera}[who]).get(URL).content.decode()
        assert all(f"{name}@example.com" in text for name in ("alice", "bob", "vera"))
        assert "charlie@example.com" not in text

    def test_only_owners_are_offered_changes(self, as_user: AsUser, client: Client, bob: User) -> None:
        invite(client)
        posts = [
            as_user(bob).get(URL).content.count(b'method="post" action="/teams'),
            client.get(URL).content.count(b'method="post" action="/teams'),
        ]
        assert posts == [0, 5]

    def test_shows_until_when_an_invitation_is_good_in_the_teams_zone(self, client: Client, team: Team) -> None:
        Team.objects.update(time_zone="Asia/Tokyo")
        invite(client)
        Invitation.objects.update(expires_at=timezone.datetime.fromisoformat("2999-01-02T20:00:00+00:00"))
        assert ">3 Jan 2999, 05:00 JST</time>" in client.get(URL).content.decode()

    def test_shows_what_has_expired(self, client: Client) -> None:
        invite(client)
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert "expired " in client.get(URL).content.decode()

    def test_a_name_is_text_and_never_markup(self, client: Client, alice: User) -> None:
        User.objects.update(name="<b>Al</b>")
        assert b"<b>Al</b>" not in client.get(URL).content


class InviteTests:
    def test_mails_a_link_that_is_stored_nowhere(self, client: Client, team: Team, alice: User) -> None:
        assert invite(client, "Dora@Example.com").status_code == 302
        assert mail.outbox[0].to == ["dora@example.com"]
        assert mail.outbox[0].subject == "Alice invites you to Northlight"
        assert "as member" in mail.outbox[0].body
        kept = Invitation.objects.get()
        assert (kept.team, kept.email, kept.role, kept.invited_by) == (team, "dora@example.com", "member", alice)
        assert kept.token_hash == hash_of(token())
        assert timedelta(days=6, hours=23) < kept.expires_at - timezone.now() <= timedelta(days=7)

    def test_the_timeline_names_the_address_and_no_token(self, client: Client, team: Team) -> None:
        invite(client, role="viewer")
        event = Event.objects.get()
        assert (event.kind, event.actor, event.team_id) == ("invited", "Alice", team.pk)
        assert event.data == {"email": "dora@example.com", "role": "viewer"}

    @pytest.mark.parametrize(
        "email", ["", "dora", "dora@", f"{'a' * 250}@example.com", "a@example.com\nBcc: b@example.com"]
    )
    def test_refuses_what_is_no_address(self, client: Client, email: str) -> None:
        answer = invite(client, email)
        assert answer.status_code == 422
        assert "email" in answer.context["form"].errors
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize("role", ["", "admin", "OWNER", "superuser"])
    def test_refuses_a_role_that_there_is_not(self, client: Client, role: str) -> None:
        """T40: roles smuggled into an invitation."""
        assert invite(client, role=role).status_code == 422
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize("email", ["bob@example.com", "BOB@example.com"])
    def test_refuses_somebody_who_is_in_the_team(self, client: Client, bob: User, email: str) -> None:
        answer = invite(client, email)
        assert answer.status_code == 422
        assert b"is in this team already" in answer.content
        assert mail.outbox == []

    def test_refuses_to_invite_twice(self, client: Client) -> None:
        invite(client)
        answer = invite(client, "DORA@example.com")
        assert answer.status_code == 422
        assert b"is invited already" in answer.content
        assert (Invitation.objects.count(), len(mail.outbox)) == (1, 1)

    @pytest.mark.parametrize("who", ["bob", "vera"])
    def test_only_owners_invite(self, as_user: AsUser, bob: User, vera: User, who: str) -> None:
        answer = invite(as_user({"bob": bob, "vera": vera}[who]))
        assert answer.status_code == 403
        assert b"you cannot run the team" in answer.content
        assert not Invitation.objects.exists()

    def test_a_stranger_invites_nobody(self, as_user: AsUser, team: Team, charlie: User) -> None:
        assert invite(as_user(charlie)).status_code == 404
        assert not Invitation.objects.exists()

    def test_a_mail_server_that_is_down_loses_no_invitation(self, client: Client, settings: Settings) -> None:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
            "django.core.mail.backends.smtp.EmailBackend",
            "127.0.0.1",
            9,
        )
        assert invite(client).status_code == 302
        page = client.get(URL).content.decode()
        assert "our mail server did not take the mail. Send it again" in page
        assert f"/invitations/{Invitation.objects.get().pk}/resend/" in page


class LimitTests:
    """At most 20 a day and person."""

    @pytest.fixture(autouse=True)
    def _nearly_there(self, alice: User, team: Team) -> None:
        User.objects.filter(pk=alice.pk).update(invited_on=timezone.now().date(), invited=MOST_A_DAY - 1)

    def test_the_last_one_goes_and_then_no_more(self, client: Client) -> None:
        assert invite(client).status_code == 302
        answer = invite(client, "emil@example.com")
        assert answer.status_code == 422
        assert b"You have sent 20 invitations today" in answer.content
        assert Invitation.objects.count() == 1

    def test_sending_again_counts(self, client: Client) -> None:
        invite(client)
        before = Invitation.objects.get()
        client.post(f"/teams/northlight/invitations/{before.pk}/resend/")
        assert len(mail.outbox) == 1
        assert Invitation.objects.get().token_hash == before.token_hash

    def test_neither_cancelling_nor_another_team_begins_anew(self, client: Client, alice: User) -> None:
        invite(client)
        client.post(f"/teams/northlight/invitations/{Invitation.objects.get().pk}/cancel/")
        other = Team.objects.start(owner=alice, name="Other")
        assert (
            client.post(f"/teams/{other.slug}/people/", {"email": "a@example.com", "role": "member"}).status_code == 422
        )

    def test_what_was_refused_does_not_count(self, client: Client, bob: User) -> None:
        invite(client, "bob@example.com")
        assert invite(client).status_code == 302

    def test_others_have_their_own(self, client: Client, as_user: AsUser, bob: User) -> None:
        Membership.objects.filter(user=bob).update(role=Role.OWNER)
        invite(client)
        assert invite(as_user(bob), "emil@example.com").status_code == 302

    def test_the_next_day_begins_anew(self, client: Client) -> None:
        User.objects.update(invited_on=timezone.now().date() - timedelta(days=1), invited=MOST_A_DAY)
        assert invite(client).status_code == 302


class ResendTests:
    def test_the_new_token_works_and_the_old_one_is_dead(self, client: Client) -> None:
        invite(client)
        old = token()
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
        assert client.post(f"/teams/northlight/invitations/{Invitation.objects.get().pk}/resend/")["Location"] == URL
        assert token() != old
        assert [Client().get(f"/invitations/{each}/").status_code for each in (old, token())] == [404, 200]

    @pytest.mark.parametrize("deed", ["resend", "cancel"])
    def test_an_invitation_of_another_team_is_not_there(
        self, client: Client, charlie: User, team: Team, deed: str
    ) -> None:
        """Two ids that disagree: our team, their invitation."""
        theirs, _ = Invitation.objects.invite(Team.objects.get(slug="faraway"), charlie, "x@example.com", Role.MEMBER)
        assert client.post(f"/teams/northlight/invitations/{theirs.pk}/{deed}/").status_code == 404
        assert Invitation.objects.get().token_hash == theirs.token_hash

    @pytest.mark.parametrize("deed", ["resend", "cancel"])
    def test_a_used_one_is_not_there(self, client: Client, deed: str) -> None:
        invite(client)
        Invitation.objects.update(used_at=timezone.now())
        assert client.post(f"/teams/northlight/invitations/{Invitation.objects.get().pk}/{deed}/").status_code == 404
        assert len(mail.outbox) == 1

    def test_says_when_it_was_used_meanwhile(self, client: Client, alice: User, team: Team) -> None:
        invitation, _ = Invitation.objects.invite(team, alice, "dora@example.com", Role.MEMBER)
        Invitation.objects.update(used_at=timezone.now())
        with pytest.raises(InvitationRefused, match="used or cancelled meanwhile"):
            invitation.renew(alice)
        assert User.objects.get(pk=alice.pk).invited == 1


class CancelTests:
    def test_the_token_is_dead_and_the_address_can_be_invited_again(self, client: Client) -> None:
        invite(client)
        old = token()
        client.post(f"/teams/northlight/invitations/{Invitation.objects.get().pk}/cancel/")
        assert Client().get(f"/invitations/{old}/").status_code == 404
        assert Event.objects.latest("pk").kind == "invitation_ended"
        assert invite(client).status_code == 302
