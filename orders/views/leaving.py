"""Leaving a team or being removed from it, deleting a team, deleting my account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashboard.accounts.access import person, require, team_or_404
from dashboard.accounts.confirm import confirmed, need_confirmation
from dashboard.accounts.models import LastOwner, Membership, Team
from dashboard.accounts.roles import Action
from orders import leaving
from orders.forms.leaving import DeleteTeamForm, HandOverForm, LeavingForm
from orders.leaving import Belongings
from orders.models import ApiKey, Order, ShareLink, View


@require_http_methods(["GET", "HEAD", "POST"])
def team_leave(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """GET what I, or somebody I may remove, leave behind in the team; POST what becomes of it, and go (T5, D13)."""
    team, user = team_or_404(request, slug, Action.SEE), person(request)
    membership = get_object_or_404(Membership.objects.select_related("user", "team"), team=team, user=user_id)
    myself = membership.user == user
    if not myself:
        require(request, team, Action.RUN)
    need_confirmation(request)
    belongings = Belongings(membership.user, team)
    form = LeavingForm(belongings, user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            leaving.leave(membership, user, revoke=form.to_revoke, give_views=form.give_views)
        except LastOwner as why:
            form.add_error(None, str(why))
        else:
            facts = {"person": membership.user, "team": team}
            done = _("You left %(team)s.") if myself else _("%(person)s is removed from %(team)s.")
            messages.success(request, done % facts)
            return redirect("home") if myself else redirect("people:people", slug)
    context = {"team": team, "membership": membership, "myself": myself, "left": belongings, "form": form}
    context["last_owner"] = leaving.run_by_nobody_else(membership.user).filter(pk=team.pk).exists()
    return render(request, "people/leave.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def team_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """GET what would be gone, POST the team's `name` to delete it."""
    team = team_or_404(request, slug, Action.RUN)
    need_confirmation(request)
    form = DeleteTeamForm(team, request.POST if request.method == "POST" else None)
    if form.is_valid():
        leaving.delete_team(team, person(request))
        messages.success(request, _("%s is deleted. At Autoenhance nothing has changed.") % team)
        return redirect("home")
    counts = {
        "people": Membership.objects.filter(team=team).count(),
        "keys": ApiKey.objects.filter(team=team).count(),
        "links": ShareLink.objects.filter(team=team, revoked_at=None).count(),
        "views": View.objects.filter(team=team).count(),
        "orders": Order.objects.filter(team=team).count(),
    }
    context = {"team": team, "form": form, **counts}
    return render(request, "people/delete_team.html", context, status=422 if form.is_bound else 200)


@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HttpRequest) -> HttpResponse:
    """GET what goes and what stays in each of my teams; POST what becomes of those that only I run (O10, T42)."""
    user = person(request)
    data = request.POST if request.method == "POST" else None
    alone = {team: HandOverForm(team, user, data) for team in leaving.run_by_nobody_else(user)}
    error = ""
    if data is not None and all(form.is_valid() for form in alone.values()):
        try:
            leaving.delete_account(user, {team.pk: form.next_owner for team, form in alone.items()})
        except LastOwner as why:
            error = str(why)
        else:
            logout(request)
            messages.success(request, _("Your account is deleted."))
            return redirect("home")
    partings = [(Belongings(user, team), alone.get(team)) for team in Team.objects.of(user)]
    context = {"partings": partings, "error": error}
    return render(request, "people/delete_account.html", context, status=200 if data is None else 422)
