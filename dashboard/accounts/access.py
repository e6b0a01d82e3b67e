"""The first beat of every view: mine or 404, and may I (DESIGN decision 6)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from dashboard.accounts.models import Team, User
from dashboard.accounts.roles import MATRIX, Action


def person(request: HttpRequest) -> User:
    """Who is asking; the login wall has made sure that there is somebody."""
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type
    return request.user


def team_or_404(request: HttpRequest, slug: str, action: Action) -> Team:
    """The team with this slug if the person is in it (else 404) and may do `action` there (else 403)."""
    team = get_object_or_404(Team.objects.of(person(request)), slug=slug)
    require(person(request), team, action)
    return team


def require(user: User, team: Team, action: Action) -> None:
    """Raise PermissionDenied with a sentence for people unless the user's role allows the action."""
    role = team.role_of(user)
    if role is None or action not in MATRIX[role]:
        raise PermissionDenied(
            _("As %(role)s of %(team)s you cannot %(action)s. An owner of the team can change your role.")
            % {"role": role.label.lower() if role else _("stranger"), "team": team, "action": Action(action).label}
        )
