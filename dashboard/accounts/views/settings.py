"""My settings: the name, the length of lists, and the way to everything else about my account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashboard.accounts.access import memberships, person
from dashboard.accounts.forms import SettingsForm


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """POST `name` and `page_size`; my e-mail address, password, second factor and teams have pages of their own."""
    user = person(request)
    form = SettingsForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your settings are saved."))
        return redirect("people:settings")
    context = {"form": form, "memberships": memberships(request)}
    return render(request, "people/settings.html", context, status=422 if form.is_bound else 200)
