"""What open pages ask for: 204 while nothing is new, without a template; else what is (DESIGN section 5)."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from dashboard.accounts.access import may, person, team_or_404
from dashboard.accounts.roles import Action
from dashboard.parts import nothing_new, part_or_page, wants_part
from orders.models import ApiKey, Order, Write
from orders.search import search
from orders.search.places import valid
from orders.views import freshness, listing
from orders.views.access import order_or_404
from orders.views.detail import PAGE, context_of
from orders.views.freshness import Glance
from orders.views.lists import text_of
from orders.views.rows import rows

ROW = re.compile(r"(\d{1,18})\.(\d{1,18})", re.ASCII)
MOST_ROWS = 100


@require_safe
def order_status(request: HttpRequest, pk: int) -> HttpResponse:
    """For the page of an order that shows version `v`: what is new. A viewer's look is as good as a member's."""
    shown = asked_in(f"{pk}.{request.GET.get('v', '')}") or {pk: 0}
    glance = freshness.glance(person(request), shown)
    if not glance:
        raise Http404
    if wants_part(request) and not glance.new:
        response = nothing_new()
    else:
        context = context_of(request, order_or_404(request, pk, Action.SEE)) | {"news": wants_part(request)}
        response = part_or_page(request, "orders/_order_poll.html", PAGE, context)
    return _told(response, glance, shown, Q(order=pk))


@require_safe
def list_status(request: HttpRequest, slug: str) -> HttpResponse:
    """For a page of the list whose open rows are `rows` (id.version, ...): those that are new.

    Of orders in other teams nothing is said, as of those that do not exist.
    """
    shown = asked_in(request.GET.get("rows", ""))
    glance = freshness.glance(person(request), shown, slug)
    if not glance:
        team_or_404(request, slug, Action.SEE)
    if not shown:
        raise BadRequest
    if not wants_part(request):
        return redirect(_address(request, slug).to(after=request.GET.get("after", "")))
    if glance.new:
        response = render(request, "orders/_poll.html", _news(request, slug, glance, shown))
    else:
        response = nothing_new()
    return _told(response, glance, shown, Q(team=glance.team))


def asked_in(text: str) -> dict[int, int]:
    """The versions that a page shows, by order; {} when the text is not all of that kind, or too long."""
    parts = text.split(",")
    matches = [ROW.fullmatch(part) for part in parts[: MOST_ROWS + 1]]
    if len(parts) > MOST_ROWS or None in matches:
        return {}
    return {int(match[1]): int(match[2]) for match in matches if match}


def _address(request: HttpRequest, slug: str) -> listing.Address:
    """The list that asks."""
    sort = valid(request.GET.get("sort", ""))
    return listing.Address(reverse("orders:list", args=[slug]), text_of(request.GET), sort)


def _news(request: HttpRequest, slug: str, glance: Glance, shown: dict[int, int]) -> dict[str, Any]:
    """The rows that are new and what the tabs count now, as the list shows them."""
    team, address = team_or_404(request, slug, Action.SEE), _address(request, slug)
    after = request.GET.get("after", "")
    found = search(team, person(request), address.text, sort=address.sort)
    page = Order.objects.of_page(glance.new, ApiKey.objects.filter(team=team).select_related("user"))
    versions = shown | {order.pk: order.version for order in page}
    return {
        "news": rows(page, Write.objects.pending_in(team, page), found, address, address.to(after=after)),
        "tabs": listing.tabs(found, address, listing.counted(found).by_status),
        "poll": freshness.poll_of_list(team, glance.states, versions, address, after),
        "can_rename": may(request, team, Action.RENAME),
    }


def _told(response: HttpResponse, glance: Glance, shown: dict[int, int], keys: Q) -> HttpResponse:
    """The answer, with the time of our last look in its header: that is new more often than anything on the page."""
    if not glance:
        return response
    asof, every = freshness.as_of(glance.states, glance.team, keys), freshness.often(glance.states)
    freshness.look(glance.states, shown)
    return trigger_client_event(response, "live", freshness.event(asof, every))
