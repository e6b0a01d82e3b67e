"""Where I am logged in, and the way to end that elsewhere (T49)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts.access import person
from dashboard.accounts.confirm import confirmed
from dashboard.accounts.models import Session
from dashboard.accounts.sessions import end_others


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Every login of mine that has not ended: what device, since when, last seen."""
    return render(request, "people/sessions.html", {"sessions": Session.objects.of(person(request))})


@require_POST
@confirmed
def sessions_end(request: HttpRequest) -> HttpResponse:
    """POST `session`: log out there; without it: everywhere but here. One that has ended meanwhile is fine."""
    handle = request.POST.get("session")
    if not handle:
        count = end_others(request, person(request))
        text = ngettext("You are logged out in %d other place.", "You are logged out in %d other places.", count)
        messages.success(request, text % count)
        return redirect("people:sessions")
    for session in Session.objects.of(person(request)):
        if session.handle == handle:
            session.delete()
    messages.success(request, _("You are logged out there."))
    return redirect("people:sessions")
