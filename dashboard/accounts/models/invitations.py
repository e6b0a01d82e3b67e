"""Invitations: an e-mail address, a team and a role, used once (A3, T40)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models.teams import Membership, Team
from dashboard.accounts.models.users import User
from dashboard.accounts.roles import Role
from dashboard.tokens import hash_of

LIFETIME = timedelta(days=7)
MOST_A_DAY = 20


class InvitationRefused(Exception):
    """This invitation cannot be made, or not be used by this person; `str()` says why."""


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> InvitationQuerySet:
        """Those that nobody has used, the expired ones among them."""
        return self.filter(used_at=None).select_related("team", "invited_by")

    def good(self, token_hash: str) -> Invitation | None:
        """The one that this token opens, if it still opens one."""
        return self.pending().filter(token_hash=token_hash, expires_at__gt=timezone.now()).first()

    @transaction.atomic
    def invite(self, team: Team, actor: User, email: str, role: Role) -> tuple[Invitation, str]:
        """A new invitation, and the token for its mail; InvitationRefused when there can be none."""
        # Two at once for the same address take turns here.
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)
        if team.has(email):
            raise InvitationRefused(_("%s is in this team already.") % email)
        if self.pending().filter(team=team, email__iexact=email).exists():
            raise InvitationRefused(_("%s is invited already. Send it again from the list of who is invited.") % email)
        token, fresh = _fresh(actor)
        invitation = self.create(team=team, email=email.lower(), role=role, **fresh)
        team.tell("invited", actor, email=invitation.email, role=role)
        return invitation, token


class Invitation(models.Model):
    """An e-mail address, a team and a role: single use, expiring. Only the token's hash is kept."""

    email = models.EmailField()
    team = models.ForeignKey(Team, models.CASCADE)
    role = models.CharField(max_length=10, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), "team", condition=models.Q(used_at__isnull=True), name="invitation_one_pending"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role"),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    @property
    def expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def masked(self) -> str:
        """The address, as somebody may see it whose it is not: "d…@example.com"."""
        name, _at, host = self.email.partition("@")
        return f"{name[:1]}…@{host}"

    @transaction.atomic
    def renew(self, actor: User) -> str:
        """A new token for another mail, instead of the one before; InvitationRefused when it has ended meanwhile."""
        token, fresh = _fresh(actor)
        if not Invitation.objects.filter(pk=self.pk, used_at=None).update(**fresh):
            raise InvitationRefused(_("This invitation was used or cancelled meanwhile."))
        return token

    @transaction.atomic
    def cancel(self, actor: User) -> None:
        """End it; its token opens nothing any more. Does nothing to one that was used meanwhile."""
        if Invitation.objects.filter(pk=self.pk, used_at=None).delete()[0]:
            self.team.tell("invitation_ended", actor, email=self.email, role=self.role)

    @transaction.atomic
    def accept(self, user: User) -> None:
        """Make the user a member, in the role that it names; somebody who is in the team already uses nothing up.

        InvitationRefused when its address is not this person's; DoesNotExist when it has ended meanwhile.
        """
        if not Invitation.objects.select_for_update(of=("self",)).good(self.token_hash):
            raise Invitation.DoesNotExist
        if not user.reads(self.email):
            raise InvitationRefused(_("This invitation is for another address."))
        _membership, joined = Membership.objects.get_or_create(user=user, team=self.team, defaults={"role": self.role})
        if joined:
            Invitation.objects.filter(pk=self.pk).update(used_at=timezone.now())
            self.team.tell("joined", user, role=self.role)
        User.objects.filter(pk=user.pk).update(last_team=self.team)


def _fresh(actor: User) -> tuple[str, dict[str, Any]]:
    """A token, and what is kept of it; counts as one of the actor's invitations of today (in UTC).

    InvitationRefused when the day's are used up.
    """
    now = timezone.now()
    me = User.objects.filter(pk=actor.pk)
    me.exclude(invited_on=now.date()).update(invited_on=now.date(), invited=0)
    if not me.filter(invited__lt=MOST_A_DAY).update(invited=models.F("invited") + 1):
        raise InvitationRefused(
            _("You have sent %d invitations today, and nobody may send more in a day. Go on tomorrow.") % MOST_A_DAY
        )
    token = secrets.token_urlsafe(32)
    return token, {"token_hash": hash_of(token), "invited_by": actor, "expires_at": now + LIFETIME}
