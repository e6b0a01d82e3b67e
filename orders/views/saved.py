"""Saved searches: keep, rename, delete, pin, open the list with one, and give one to the team."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.access import may, person, require, team_or_404
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page, part_or_redirect, wants_part
from orders.forms.orders import ViewForm, ViewNameForm
from orders.models import Follow, TooManyPins, View, ViewChoice
from orders.search import for_everybody, search
from orders.views.access import view_or_404
from orders.views.listing import SORTS, short

# Enough for a number at the edge of the page; to count further is not worth it there.
COUNT_TO = 999


@dataclass(frozen=True, slots=True)
class Card:
    """A view, and what this person does and may do with it. Its `address` finds the same for whoever gets it."""

    view: View
    sort: str
    address: str
    pinned: bool
    opens: bool
    following: bool
    follow_url: str
    may_change: bool
    may_share: bool


@require_http_methods(["GET", "HEAD", "POST"])
def saved_views(request: HttpRequest, slug: str) -> HttpResponse:
    """A person's views in a team, and the form for another; for htmx the side bar's part of them, with counts."""
    team, user = team_or_404(request, slug, Action.SEE), person(request)
    posted = request.method == "POST"
    if wants_part(request) and not posted:
        return _side_bar(request, team)
    form = ViewForm(user, team, request.POST if posted else None, initial=request.GET.dict())
    if form.is_valid():
        return _to(form.save())
    context = {"team": team, "form": form, "groups": _groups(request, team)}
    return part_or_page(request, "orders/views.html", "orders/views.html", context, 422 if posted else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def view_name(request: HttpRequest, pk: int) -> HttpResponse:
    """GET the form; POST `name`: rename in place."""
    view = view_or_404(request, pk, change=True)
    part, page = "orders/_view_name.html", "orders/view.html"
    form = ViewNameForm(view, request.POST if request.method == "POST" else None)
    context = {"view": view, "team": view.team, "may_change": True}
    if form.is_valid():
        if _saved(view, lambda: view.change(name=form.cleaned_data["name"])):
            return part_or_redirect(request, part, context, to=_to(view).url)
        form.add_error("name", _taken())
    return part_or_page(request, part, page, {**context, "form": form}, 422 if form.is_bound else 200)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete it, for everybody if it is the team's; the page asked first."""
    view = view_or_404(request, pk, change=True)
    view.remove(person(request))
    messages.success(request, _("%s is deleted. The orders are untouched.") % view.name)
    return redirect("orders:views", view.team.slug)


@require_POST
def view_pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Into my side bar with `on`, else out of it."""
    view = view_or_404(request, pk)
    try:
        view.pin(person(request), bool(request.POST.get("on")))
    except TooManyPins as full:
        messages.error(request, str(full))
    return _to(view)


@require_POST
def view_default(request: HttpRequest, pk: int) -> HttpResponse:
    """With `on`, my list opens with it, instead of any other view."""
    view = view_or_404(request, pk)
    view.open_with(person(request), bool(request.POST.get("on")))
    return _to(view)


@require_POST
def view_sharing(request: HttpRequest, pk: int) -> HttpResponse:
    """With `on` it becomes the team's, else my own."""
    view, user = view_or_404(request, pk, change=True), person(request)
    require(request, view.team, Action.KEEP_VIEWS)
    to_team, text = bool(request.POST.get("on")), for_everybody(view.text, user)
    if not _saved(view, lambda: view.give(user, to_team, text)):
        messages.error(request, _taken())
    return _to(view)


def _saved(view: View, change: Callable[[], None]) -> bool:
    """Change the view; False, and nothing is changed, where another one has its name already."""
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        view.refresh_from_db()
        return False
    return True


def _taken() -> str:
    return _("There is a view with this name already.")


def _to(view: View) -> HttpResponseRedirect:
    """Back to the view's place on the page of views."""
    return redirect(f"{reverse('orders:views', args=[view.team.slug])}#view-{view.pk}")


def _side_bar(request: HttpRequest, team: Team) -> HttpResponse:
    user = person(request)
    pinned = list(View.objects.pinned_by(user, team))
    for view in pinned:
        view.count = short(*search(team, user, view.text).count(COUNT_TO))  # type: ignore[attr-defined]
    part = "orders/_pinned.html"
    return part_or_page(request, part, part, {"current": team, "pinned": pinned, "counted": True})


def _groups(request: HttpRequest, team: Team) -> list[tuple[str, list[Card]]]:
    user = person(request)
    choices = {choice.view_id: choice for choice in ViewChoice.objects.filter(user=user, team=team)}
    followed = set(Follow.objects.filter(user=user, view__team=team).values_list("view", flat=True))
    may_share = may(request, team, Action.KEEP_VIEWS)
    cards = [
        Card(
            view=view,
            sort=str(SORTS.get(view.sort, "")),
            address=request.build_absolute_uri(view.address_of(for_everybody(view.text, user))),
            pinned=bool((choice := choices.get(view.pk)) and choice.pinned_at),
            opens=bool(choice and choice.opens),
            following=view.pk in followed,
            follow_url=reverse("orders:view_follow", args=[view.pk]),
            may_change=may_share or not view.is_teams,
            may_share=may_share,
        )
        for view in View.objects.visible_to(user).filter(team=team)
    ]
    teams = [card for card in cards if card.view.is_teams]
    return [(_("Team views"), teams), (_("My views"), [card for card in cards if card not in teams])]
