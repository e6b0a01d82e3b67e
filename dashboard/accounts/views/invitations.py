"""The page that an invitation's mail leads to."""

from __future__ import annotations

from allauth.account.utils import filter_users_by_email
from allauth.core.internal.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashboard.accounts.invited import ended, stash
from dashboard.accounts.models import Invitation, InvitationRefused, User
from dashboard.tokens import hash_of


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites to what; POST to join, or without a login to sign up first (T40).

    A network that tries tokens is held up (429); a good one is looked at first, so others there are not hurt.
    """
    found = Invitation.objects.good(hash_of(token))
    if not found:
        return consume_or_429(request, app="allauth.account", action="invitation", limit_get=True) or ended(request)
    return _inside(request, found, request.user) if isinstance(request.user, User) else _outside(request, found)


def _outside(request: HttpRequest, found: Invitation) -> HttpResponse:
    """To the login or the sign-up, whichever this address needs: its owner got the token by mail, so may know."""
    if request.method == "POST":
        stash(request, found)
        return redirect("account_signup")
    known = bool(filter_users_by_email(found.email))
    return render(request, "people/invitation.html", {"invitation": found, "known": known})


def _inside(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    posted, there = request.method == "POST", found.team.role_of(user) is not None
    try:
        if posted:
            found.accept(user)
            text = _("You are in %s already.") if there else _("You are in %s now.")
            messages.success(request, text % found.team)
            return redirect("home")
    except Invitation.DoesNotExist:
        return ended(request)
    except InvitationRefused:
        pass  # the page says it
    context = {"invitation": found, "there": there, "theirs": user.reads(found.email)}
    return render(request, "people/invitation.html", context, status=422 if posted else 200)
