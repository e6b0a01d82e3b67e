"""Every share link of a team: find, revoke one or many, and the switch that stops them all (P6, P8, T39)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.access import may, person, team_or_404
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from orders import fold
from orders.forms.links import LinksForm, PickForm
from orders.models import ShareLink
from orders.models.links import ShareLinkQuerySet
from orders.views.link_cards import card

PAGE_SIZE = 50
SORTS = {"expiry": F("expires_at").asc(nulls_last=True), "opened": F("opened_at").desc(nulls_last=True)}


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, slug: str) -> HttpResponse:
    """The links that the form in the address asks for; POST `pick` (ids): revoke them, more than one when `sure`."""
    posted = request.method == "POST"
    team = team_or_404(request, slug, Action.SHARE if posted else Action.SEE)
    if not posted:
        return _page(request, team)
    form = PickForm(team, request.POST)
    if form.has_strangers:
        raise Http404
    if not form.is_valid():
        return _page(request, team, error=_("No links were selected. Tick some, then press Revoke."))
    picked = list(form.cleaned_data["pick"])
    if len(picked) > 1 and not request.POST.get("sure"):
        return render(request, "orders/links_revoke.html", {"team": team, "cards": [card(link) for link in picked]})
    with transaction.atomic():
        for link in sorted(picked, key=lambda link: link.pk):
            link.revoke(person(request))
    done = ngettext("%d link is revoked. Nobody can open it any more.", "%d links are revoked.", len(picked))
    messages.success(request, done % len(picked))
    return redirect("orders:links", team.slug)


@require_POST
def links_allowed(request: HttpRequest, slug: str) -> HttpResponse:
    """With `on`, links of this team open; without, none does, those made before included (P8)."""
    team = team_or_404(request, slug, Action.RUN)
    ShareLink.objects.allow(team, person(request), bool(request.POST.get("on")))
    return redirect("orders:links", team.slug)


def _page(request: HttpRequest, team: Team, error: str = "") -> HttpResponse:
    form = LinksForm(team, request.GET)
    page = Paginator(_found(team, form), PAGE_SIZE).get_page(request.GET.get("page"))
    query = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "team": team,
        "form": form,
        "error": error,
        "page": page,
        "cards": [card(link) for link in page.object_list],
        "query": urlencode(query),
        "filtered": bool(query),
        "may_share": may(request, team, Action.SHARE),
        "may_run": may(request, team, Action.RUN),
    }
    return render(request, "orders/links.html", context, status=422 if error else 200)


def _found(team: Team, form: LinksForm) -> ShareLinkQuerySet:
    """The links that the form asks for; what makes no sense in it asks for nothing."""
    form.is_valid()
    wanted = form.cleaned_data
    found = ShareLink.objects.of(team).select_related("team", "order", "made_by")
    if text := wanted.get("q"):
        named = Q(*(Q(order__find__contains=word) for word in fold.tokens(text)))
        found = found.filter((named if fold.tokens(text) else Q(pk=None)) | Q(label__icontains=text))
    if by := wanted.get("by"):
        found = found.filter(made_by=by)
    state = wanted.get("state")
    if state == "password":
        found = found.exclude(password="").filter(Q(state=ShareLink.State.ACTIVE))
    elif state:
        found = found.filter(Q(state=state))
    sort = wanted.get("sort")
    return found.order_by(SORTS[sort], "-pk") if sort else found
