"""A new team, what a team is called, and who can do what in it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.accounts.access import person, role_in, team_or_404
from dashboard.accounts.forms import TeamForm
from dashboard.accounts.models import Team
from dashboard.accounts.roles import MATRIX, Action, Role


@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    """Another team, with oneself as its owner. Where registration is closed, for people who own one already (A7)."""
    user = person(request)
    if not settings.REGISTRATION_OPEN and not Team.objects.where(user, Action.RUN).exists():
        raise PermissionDenied(_("Here only owners of a team can start another one."))
    form = TeamForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        team = Team.objects.start(owner=user, **form.cleaned_data)
        return redirect("people:people", team.slug)
    return render(request, "people/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def team_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """The team's name and time zone; its address stays."""
    team = team_or_404(request, slug, Action.RUN)
    # Another object for the form, which writes into it what was typed, also where that is wrong.
    form = TeamForm(request.POST if request.method == "POST" else None, instance=Team.objects.get(pk=team.pk))
    if form.is_bound and form.is_valid():
        team.change(person(request), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("people:people", team.slug)
    return render(request, "people/team.html", {"team": team, "form": form}, status=422 if form.is_bound else 200)


@require_safe
def roles(request: HttpRequest, slug: str) -> HttpResponse:
    """Who can do what, from the matrix that the code reads (T2)."""
    team = team_or_404(request, slug, Action.SEE)
    rows = [(action.label, [action in MATRIX[role] for role in Role]) for action in Action]
    context = {"team": team, "roles": Role, "rows": rows, "mine": role_in(request, team)}
    return render(request, "people/roles.html", context)
