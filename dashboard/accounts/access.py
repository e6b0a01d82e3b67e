"""The first beat of every view: mine or 404, and may I (DESIGN decision 6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard.accounts.models import Invitation, Membership, Team, User
from dashboard.accounts.roles import MATRIX, Action, Role

P = ParamSpec("P")


def person(request: HttpRequest) -> User:
    """Who is asking; the login wall has made sure that there is somebody."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type
    return request.user


def team_or_404(request: HttpRequest, slug: str, action: Action) -> Team:
    """The team with this slug if the person is in it (else 404) and may do `action` there (else 403)."""
    team = next((own.team for own in memberships(request) if own.team.slug == slug), None)
    if team is None:
        raise Http404
    require(request, team, action)
    return team


def role_in(request: HttpRequest, team: Team) -> Role | None:
    """The person's role in this team; None for somebody outside."""
    return next((Role(own.role) for own in memberships(request) if own.team_id == team.pk), None)


def memberships(request: HttpRequest) -> list[Membership]:
    """Where the person is in, each with its team, by its name. Read once: the side bar needs them all anyway."""
    if not hasattr(request, "memberships"):
        mine = Membership.objects.filter(user=person(request)).select_related("team")
        request.memberships = list(mine.order_by("team__name", "team_id"))  # type: ignore[attr-defined]
    return request.memberships  # type: ignore[attr-defined, no-any-return]


def may(request: HttpRequest, team: Team, action: Action) -> bool:
    """Whether the person's role in this team allows the action."""
    role = role_in(request, team)
    return role is not None and action in MATRIX[role]


def require(request: HttpRequest, team: Team, action: Action) -> None:
    """Raise PermissionDenied with a sentence for people unless the person may do the action in this team."""
    if not may(request, team, action):
        role = role_in(request, team)
        raise PermissionDenied(
            _("As %(role)s of %(team)s you cannot %(action)s. An owner of the team can change your role.")
            % {"role": role.label.lower() if role else _("stranger"), "team": team, "action": Action(action).label}
        )


def membership_or_404(request: HttpRequest, slug: str, user_id: int) -> Membership:
    """Somebody in this very team, for a person who runs it (else 403)."""
    team = team_or_404(request, slug, Action.RUN)
    return get_object_or_404(team.membership_set.select_related("user", "team"), user_id=user_id)


def invitation_or_404(request: HttpRequest, slug: str, pk: int) -> Invitation:
    """A pending invitation to this very team, for a person who runs it (else 403)."""
    team = team_or_404(request, slug, Action.RUN)
    return get_object_or_404(Invitation.objects.pending().filter(team=team), pk=pk)


def password_confirmed(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Ask for the password or second factor again first (T21, features 4.6.5), then come back to the page.

    Left alone, allauth would keep a POST in the session meanwhile, and so an API key in the database.
    """
    guarded = reauthentication_required(view)

    @wraps(view)
    def ask_first(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return guarded(request, *args, **kwargs)  # type: ignore[no-any-return]
        except ReauthenticationRequired:
            return redirect_to_login(request.path, reverse("account_reauthenticate"))

    return ask_first
