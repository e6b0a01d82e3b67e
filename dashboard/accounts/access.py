"""The first beat of every view: mine or 404, and may I (DESIGN decision 6)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from dashboard.accounts.models import Invitation, Membership, Team, User
from dashboard.accounts.roles import MATRIX, Action, Role


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
    known: dict[int, str] = getattr(request, "roles", {})
    if team.pk in known:
        return Role(known[team.pk])
    return next((Role(own.role) for own in memberships(request) if own.team_id == team.pk), None)


def know_role(request: HttpRequest, team: Team, role: str) -> None:
    """The person's role in this team was read along with something of it: it need not be asked for."""
    request.roles = {team.pk: role}  # type: ignore[attr-defined]


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
