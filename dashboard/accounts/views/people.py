"""Who is in a team, and who is invited; owners invite, change roles, send again and cancel."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import zones
from dashboard.accounts.access import invitation_or_404, may, membership_or_404, person, team_or_404
from dashboard.accounts.confirm import confirmed, confirmed_in
from dashboard.accounts.forms import InviteForm
from dashboard.accounts.invited import send
from dashboard.accounts.models import Invitation, InvitationRefused, LastOwner, Team
from dashboard.accounts.roles import Action, Role


@sensitive_post_parameters("my_password")
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """The team's people and its invitations; POST `email`, `role`: invite somebody."""
    posted = request.method == "POST"
    team = team_or_404(request, slug, Action.RUN if posted else Action.SEE)
    form = InviteForm(request.POST if posted else None)
    if form.is_valid() and confirmed_in(form, request):
        try:
            invitation, token = Invitation.objects.invite(team, person(request), **form.cleaned_data)
        except InvitationRefused as why:
            form.add_error("email", str(why))
        else:
            send(request, invitation, token)
            return redirect("people:people", slug)
    return render(request, "people/people.html", _context(request, team, form), status=422 if posted else 200)


@require_POST
@confirmed
def role(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """POST `role`: somebody's role from now on. The page offers only roles that there are: another is a 404."""
    membership = membership_or_404(request, slug, user_id)
    new = request.POST.get("role")
    if new not in Role.values:
        raise Http404
    try:
        membership.change_role(person(request), Role(new))
    except LastOwner as why:
        messages.error(request, str(why))
    else:
        facts = {"person": membership.user, "role": Role(new).label.lower()}
        messages.success(request, _("%(person)s is %(role)s now.") % facts)
    return redirect("people:people", slug)


@require_POST
@confirmed
def invitation_resend(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Another mail with another token; the one before opens nothing any more."""
    invitation = invitation_or_404(request, slug, pk)
    try:
        token = invitation.renew(person(request))
    except InvitationRefused as why:
        messages.error(request, str(why))
    else:
        send(request, invitation, token)
    return redirect("people:people", slug)


@require_POST
@confirmed
def invitation_cancel(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The invitation opens nothing any more, and the address can be invited again."""
    invitation = invitation_or_404(request, slug, pk)
    invitation.cancel(person(request))
    messages.success(request, _("The invitation to %s is cancelled.") % invitation.email)
    return redirect("people:people", slug)


def _context(request: HttpRequest, team: Team, form: InviteForm) -> dict[str, Any]:
    return {
        "team": team,
        "zone": zones.of_viewer(team.time_zone),
        "members": team.membership_set.select_related("user").order_by("created_at", "pk"),
        "invitations": Invitation.objects.pending().filter(team=team).order_by("-expires_at", "pk"),
        "may_run": may(request, team, Action.RUN),
        "roles": Role,
        "form": form,
    }
