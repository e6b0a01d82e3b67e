"""What follows from a login, a confirmation, or another password: allauth and Django say when."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.signals import authentication_step_completed, password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from dashboard.accounts import confirm, sessions
from dashboard.accounts.models import Session, User

log = structlog.get_logger(__name__)


@receiver(user_logged_in)
def on_login(request: HttpRequest, **others: Any) -> None:
    sessions.begin(request)
    confirm.note(request)
    Session.objects.sweep()


@receiver(user_login_failed)
def on_failed_login(credentials: dict[str, Any], **others: Any) -> None:
    """A line of the log as well. What was typed as an address may be a password, so only a hash of it is told."""
    typed = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    log.warning("login refused", address=salted_hmac("login refused", typed).hexdigest()[:12])


@receiver(authentication_step_completed)
def on_step(user: User, method: str, *, reauthenticated: bool = False, **others: Any) -> None:
    """A line of the log for each factor that was right (ASVS 16.3.1)."""
    log.info("authenticated", user=user.pk, method=method, again=reauthenticated)


@receiver(authentication_step_completed)
def on_confirmation(request: HttpRequest, *, reauthenticated: bool = False, **others: Any) -> None:
    """Whoever confirms gets another session id, as at the login (ASVS 7.2.4)."""
    if reauthenticated and SESSION_KEY in request.session:
        confirm.note(request)
        request.session.cycle_key()


@receiver([password_changed, password_set, password_reset, authenticator_added, authenticator_removed])
def on_other_means(request: HttpRequest, user: User, **others: Any) -> None:
    """Another password or factor: sessions of before it, somebody else's perhaps, end (T47, ASVS 7.4.3)."""
    sessions.end_others(request, user)
