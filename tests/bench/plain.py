"""The list as one writes it without a thought of speed, of the same orders: the yardstick of T2."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.roles import Action
from orders.models import ApiKey, Order, Shown
from orders.search import QUALIFIERS


def plain_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Model instances without N+1 queries, Django's paginator, dates by the date filter."""
    team = team_or_404(request, slug, Action.SEE)
    q = request.GET.get("q", "")
    orders = Order.objects.filter(team=team, deleted=False).select_related("key__user").order_by("-created_at", "-pk")
    if q:
        orders = orders.filter(Q(name__icontains=q) | Q(order_id__icontains=q))
    counts = dict(orders.order_by().values_list("shown").annotate(Count("pk")))
    context = {
        "team": team,
        "q": q,
        "page": Paginator(orders, person(request).page_size).get_page(request.GET.get("page")),
        "counts": [(shown, counts.get(shown.value, 0)) for shown in Shown],
        "read": ApiKey.objects.filter(team=team).order_by("-imported_at").first(),
        "can_rename": team.allows(person(request), Action.RENAME),
        "qualifiers": QUALIFIERS.values(),
    }
    return render(request, "plain.html", context)
