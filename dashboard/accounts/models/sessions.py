"""Where somebody is logged in: Django's sessions, which say here whose they are and since when (T48, T49)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone

from dashboard.accounts.models.users import User
from dashboard.tokens import hash_of

if TYPE_CHECKING:
    from dashboard.accounts.sessions import SessionStore


class SessionManager(BaseSessionManager["Session"]):
    def of(self, user: User) -> models.QuerySet[Session]:
        """Where this person is logged in by now, the newest first."""
        return self.filter(user=user, expire_date__gt=timezone.now()).order_by("-started_at", "pk")

    def end(self, user: User, *, but: str | None) -> int:
        """End all of the person's sessions but the one with this key; how many that were."""
        return self.of(user).exclude(pk=but).delete()[0]

    def sweep(self) -> None:
        """Forget those that have ended, whoever's they were."""
        self.filter(expire_date__lte=timezone.now()).delete()


class Session(AbstractBaseSession):
    """A browser's visit; somebody's from their login on. No network address is kept: it would tell where people are."""

    user = models.ForeignKey(User, models.CASCADE, null=True)
    device = models.CharField(max_length=60, blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[SessionManager] = SessionManager()

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        from dashboard.accounts.sessions import SessionStore

        return SessionStore

    @property
    def handle(self) -> str:
        """What a page may call it: the key itself opens the account."""
        return hash_of(self.session_key)[:32]
