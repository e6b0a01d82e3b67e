"""People who log in."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
    # A zone of the IANA database; blank: the one that the browser tells, else the team's.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, db_default="")
    # WCAG 2.1.4: shortcuts of one letter can be turned off.
    single_keys = models.BooleanField(_("shortcuts of a single key"), default=True, db_default=True)
    # How many invitations this person has sent on their last day of sending, in UTC. Here, because an invitation goes
    # with its team, and whoever made teams to invite from would never reach the limit.
    invited_on = models.DateField(null=True)
    invited = models.PositiveSmallIntegerField(default=0)

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

    def reads(self, email: str) -> bool:
        """Whether this person has proven that mail to the address reaches them."""
        return bool(EmailAddress.objects.filter(user=self, email__iexact=email, verified=True).exists())
