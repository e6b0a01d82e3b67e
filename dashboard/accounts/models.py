"""People: users, teams, and who is in which as what (DESIGN section 1). Knows nothing of orders."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.roles import MATRIX, Action, Role, roles_for


class PageSize(models.IntegerChoices):
    """How many orders a person wants on a page of the list."""

    FEW = 25
    MORE = 50
    MANY = 100


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with a password (None: none that works), saved. Makes no team."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who logs in, by e-mail address."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    last_team = models.ForeignKey("Team", models.SET_NULL, null=True, blank=True, related_name="+")
    page_size = models.PositiveSmallIntegerField(_("orders on a page"), choices=PageSize, default=PageSize.FEW)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_ci")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """How others see this person: the name, or what stands before the @."""
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        """At most two letters for the drawn avatar."""
        words = self.label.replace(".", " ").split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


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
    def start(self, owner: User, name: str) -> Team:
        """A new team with its first owner, saved; its slug is made here and never changes."""
        base = slugify(name)[:40] or "team"
        slug = base
        while self.filter(slug=slug).exists():
            slug = f"{base}-{get_random_string(4, 'abcdefghjkmnpqrstuvwxyz23456789')}"
        team = self.create(name=name, slug=slug)
        Membership.objects.create(user=owner, team=team, role=Role.OWNER)
        return team


class Team(models.Model):
    """What orders belong to. Everybody in a team sees all of it."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(
        max_length=64, default="UTC", choices=[(zone, zone) for zone in sorted(zoneinfo.available_timezones())]
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = TeamManager.from_queryset(TeamQuerySet)()

    def __str__(self) -> str:
        return self.name

    def role_of(self, user: User) -> Role | None:
        """The user's role in this team; None for somebody outside."""
        role = self.membership_set.filter(user=user).values_list("role", flat=True).first()
        return Role(role) if role else None

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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), "team", condition=models.Q(used_at__isnull=True), name="invitation_one_pending"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role"),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"
