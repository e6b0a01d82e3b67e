"""What we ask of allauth beyond its settings."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest

from dashboard.accounts.confirm import must_confirm
from dashboard.accounts.invited import stashed
from dashboard.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Invited people may sign up also where strangers may not (A7)."""
        return bool(settings.REGISTRATION_OPEN) or stashed(request) is not None

    def is_reauthentication_required(self, **others: Any) -> bool:
        """One rule for allauth's pages and ours; left alone, allauth does not take a login for a confirmation."""
        return must_confirm(context.request)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save the person who signs up, with their name."""
        user.name = form.cleaned_data.get("name", "")
        saved: User = super().save_user(request, user, form, commit)
        return saved
