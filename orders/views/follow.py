"""Following an order or a saved view: a mail when one is finished, or none."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.accounts.access import person
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_redirect
from orders.models import Follow, Order, View
from orders.views.access import order_or_404, view_or_404


@require_POST
def order_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """With `on`, a mail when it is finished."""
    order = order_or_404(request, pk, Action.SEE)
    return _switched(request, order, reverse("orders:follow", args=[pk]), to=order.get_absolute_url())


@require_POST
def view_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """With `on`, a mail for each order that it shows when that is finished."""
    view = view_or_404(request, pk)
    page = f"{reverse('orders:views', args=[view.team.slug])}#view-{pk}"
    return _switched(request, view, reverse("orders:view_follow", args=[pk]), to=page)


def _switched(request: HttpRequest, thing: Order | View, here: str, to: str) -> HttpResponse:
    on = bool(request.POST.get("on"))
    Follow.switch(person(request), thing, on)
    context = {"follow_url": here, "following": on, "what": str(thing), "small": isinstance(thing, View)}
    return part_or_redirect(request, "orders/_follow.html", context, to=to)
