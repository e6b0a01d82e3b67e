"""Somebody on the way in: which invitation this browser came with, and what one that has ended answers."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard.accounts.models import Invitation

SESSION_KEY = "invitation"


def stash(request: HttpRequest, invitation: Invitation) -> None:
    """Remember it until the person has signed up. The token's hash, so that nothing of ours holds a token."""
    request.session[SESSION_KEY] = invitation.token_hash


def stashed(request: HttpRequest | None) -> Invitation | None:
    """The invitation that this browser came with, while it is good."""
    token_hash = request.session.get(SESSION_KEY) if request else None
    return Invitation.objects.good(token_hash) if token_hash else None


def ended(request: HttpRequest) -> HttpResponse:
    """The one answer to tokens that are expired, used, cancelled, replaced or made up: nobody learns which."""
    return render(request, "people/invitation_ended.html", status=404)


def send(request: HttpRequest, invitation: Invitation, token: str) -> None:
    """Mail it, and say so. Outside of the transaction that made it: a mail server that is down loses no invitation."""
    address = f"{settings.SITE_URL.rstrip('/')}{reverse('people:invitation', args=[token])}"
    try:
        get_adapter().send_mail("people/email/invitation", invitation.email, {"invitation": invitation, "url": address})
    except OSError:
        text = _("%s is invited, but our mail server did not take the mail. Send it again in a while.")
        messages.warning(request, text % invitation.email)
    else:
        messages.success(request, _("The invitation to %s is on its way.") % invitation.email)
