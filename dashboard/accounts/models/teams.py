"""Teams, and who is in which as what."""

from __future__ import annotations

import zoneinfo

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models.users import User
from dashboard.accounts.roles import MATRIX, Action, Role, roles_for
from dashboard.accounts.signals import told


class LastOwner(Exception):
    """Nobody would be left to run the team (T6); `str()` says so."""


class TeamQuerySet(models.QuerySet["Team"]):
    def of(self, user: User) -> TeamQuerySet:
        """The teams that the user is in, by name."""
        return self.filter(membership__user=user).order_by("name", "pk")

    def where(self, user: User, action: Action) -> TeamQuerySet:
        """The teams in which the user's role allows the action."""
        # One filter for both: two would ask whether anybody in the team has such a role.
        teams = self.filter(membership__user=user, membership__role__in=roles_for(action))
        return teams.order_by("name", "pk")


class TeamManager(models.Manager["Team"]):
    @transaction.atomic
    def start(self, owner: User, name: str, **fields: str) -> Team:
        """A new team with its first owner, saved; its slug is made here and never changes."""
        base = slugify(name)[:40] or "team"
        slug = base
        while self.filter(slug=slug).exists():
            slug = f"{base}-{get_random_string(4, 'abcdefghjkmnpqrstuvwxyz23456789')}"
        team = self.create(name=name, slug=slug, **fields)
        Membership.objects.create(user=owner, team=team, role=Role.OWNER)
        team.tell("team_created", owner)
        return team


class Team(models.Model):
    """What orders belong to. Everybody in a team sees all of it."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(
        max_length=64, default="UTC", choices=[(zone, zone) for zone in sorted(zoneinfo.available_timezones())]
    )
    share_links = models.BooleanField(
        _("share links"), default=True, help_text=_("Off, no link of this team opens, those made before included.")
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = TeamManager.from_queryset(TeamQuerySet)()

    def __str__(self) -> str:
        return self.name

    def tell(self, what: str, actor: User | None, **data: object) -> None:
        """Let whoever keeps a timeline know what became of this team or its people, in the same transaction."""
        told.send(sender=Team, team=self, actor=actor, what=what, data=data)

    @transaction.atomic
    def change(self, actor: User, **changes: str) -> None:
        """Take another name or time zone; the slug stays."""
        old = Team.objects.select_for_update(no_key=True).get(pk=self.pk).name
        for field, value in changes.items():
            setattr(self, field, value)
        self.save(update_fields=changes)
        if self.name != old:
            self.tell("team_renamed", actor, old=old, new=self.name)

    def role_of(self, user: User) -> Role | None:
        """The user's role in this team; None for somebody outside."""
        role = self.membership_set.filter(user=user).values_list("role", flat=True).first()
        return Role(role) if role else None

    def has(self, email: str) -> bool:
        """Whether somebody in this team reads mail to this address."""
        proven = models.Q(user__emailaddress__email__iexact=email, user__emailaddress__verified=True)
        return self.membership_set.filter(proven | models.Q(user__email__iexact=email)).exists()

    def allows(self, user: User, action: Action) -> bool:
        """Whether the user's role in this team lets them do the action."""
        role = self.role_of(user)
        return role is not None and action in MATRIX[role]


class Membership(models.Model):
    """A user in a team, once, in one role."""

    user = models.ForeignKey(User, models.CASCADE)
    team = models.ForeignKey(Team, models.CASCADE)
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    @transaction.atomic
    def change_role(self, actor: User, role: Role) -> None:
        """Have another role from now on; LastOwner, and nothing is changed, when nobody else could run the team.

        PermissionDenied when the actor does not run it by now.
        """
        old = self._take_turns()
        self._permit(actor)
        if old in (None, role):
            return
        if old == Role.OWNER:
            self._leave_an_owner()
        self.role = role
        self.save(update_fields=["role"])
        self.team.tell("role_changed", actor, person=self.user.label, old=old, new=role)

    @transaction.atomic
    def end(self, actor: User, **left: int) -> None:
        """Leave the team, or be removed by `actor`; LastOwner, and nothing is changed, when nobody else could run it.

        left: what the person leaves behind, counted, for the timeline (keys=1, links=2, ...). PermissionDenied when the
        actor is somebody else and does not run the team by now.
        """
        held = self._take_turns()
        if actor != self.user:
            self._permit(actor)
        if held is None:
            return
        if held == Role.OWNER:
            self._leave_an_owner()
        self.delete()
        User.objects.filter(pk=self.user_id, last_team=self.team_id).update(last_team=None)
        self.team.tell("left" if actor == self.user else "removed", actor, person=self.user.label, **left)

    def _take_turns(self) -> Role | None:
        """Hold back other changes to this team's people; the role as it is by now, None when it has ended."""
        Team.objects.select_for_update(no_key=True).get(pk=self.team_id)
        return self.team.role_of(self.user)

    def _permit(self, actor: User) -> None:
        """Two owners may demote each other at once, so what was true when the page was asked for does not count."""
        if not self.team.allows(actor, Action.RUN):
            raise PermissionDenied(
                _("You do not run %s any more. An owner of the team can change your role.") % self.team
            )

    def _leave_an_owner(self) -> None:
        if not Membership.objects.filter(team=self.team_id, role=Role.OWNER).exclude(pk=self.pk).exists():
            raise LastOwner(
                _("%(person)s is the last owner of %(team)s. Make somebody else an owner first.")
                % {"person": self.user, "team": self.team}
            )
