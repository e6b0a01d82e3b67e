from __future__ import annotations

from django.db.models import F
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from dashboard.accounts.access import know_role, person, require
from dashboard.accounts.roles import Action
from orders.models import ApiKey, Order, ShareLink, View


def order_or_404(request: HttpRequest, pk: int, action: Action) -> Order:
    """The order if it is in a team of the person (else 404) and they may do `action` there (else 403)."""
    mine = Order.objects.visible_to(person(request)).whole()
    order = get_object_or_404(mine.annotate(role=F("team__membership__role")), pk=pk)
    know_role(request, order.team, order.role)  # type: ignore[attr-defined]
    require(request, order.team, action)
    return order


def key_or_404(request: HttpRequest, pk: int) -> ApiKey:
    """The key if it is the person's own, and their role still lets them keep keys."""
    key = get_object_or_404(ApiKey.objects.filter(user=person(request)).select_related("team", "user"), pk=pk)
    require(request, key.team, Action.KEEP_KEYS)
    return key


def link_or_404(request: HttpRequest, pk: int, action: Action) -> ShareLink:
    """The link with its state, if it is of a team of the person (else 404) and they may do `action` (else 403)."""
    links = ShareLink.objects.visible_to(person(request)).with_state()
    links = links.select_related("team", "order__team", "order__detail", "order__watch", "order__key")
    link = get_object_or_404(links, pk=pk)
    require(request, link.team, action)
    return link


def view_or_404(request: HttpRequest, pk: int, *, change: bool = False) -> View:
    """The person's own view or their team's (else 404); the team's may not be changed in every role (403)."""
    view = get_object_or_404(View.objects.visible_to(person(request)), pk=pk)
    if change and view.is_teams:
        require(request, view.team, Action.KEEP_VIEWS)
    return view
