"""The list as one writes it without a thought of speed, with the same to see and to do: the yardstick of T2."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.models import PageSize
from dashboard.accounts.roles import Action
from orders.models import ApiKey, Order, Shown, Sync, Write
from orders.search import QUALIFIERS
from orders.views.listing import SORTS
from orders.views.pending import pending

UNCLEAR = Prefetch("writes", Write.objects.filter(state=Write.State.UNCLEAR), to_attr="unclear")


def plain_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Model instances without N+1 queries, Django's paginator, dates by the date filter, all else by the template."""
    team = team_or_404(request, slug, Action.SEE)
    q = request.GET.get("q", "")
    orders = Order.objects.filter(team=team, deleted=False).order_by("-created_at", "-pk")
    if q:
        orders = orders.filter(Q(name__icontains=q) | Q(order_id__icontains=q))
    counts = dict(orders.order_by().values_list("shown").annotate(Count("pk")))
    orders = orders.select_related("key__user").prefetch_related(UNCLEAR)
    context = {
        "team": team,
        "q": q,
        "page": Paginator(orders, person(request).page_size).get_page(request.GET.get("page")),
        "counts": [(shown, counts.get(shown.value, 0)) for shown in Shown],
        "pending": pending(team, Write.objects.filter(team=team, kind=Write.Kind.CREATE, state__in=Write.PENDING)),
        "syncs": Sync.objects.filter(key__team=team, kind=Sync.Kind.IMPORT).exclude(state=Sync.State.DONE),
        "read": ApiKey.objects.filter(team=team).order_by("-imported_at").first(),
        "can_rename": team.allows(person(request), Action.RENAME),
        "qualifiers": QUALIFIERS.values(),
        "sorts": SORTS.items(),
        "sizes": PageSize.values,
    }
    return render(request, "plain.html", context)


def two_bytes(request: HttpRequest) -> HttpResponse:
    """The least that somebody who is logged in can be answered with: session and user are read by the login wall."""
    return HttpResponse("ok")
