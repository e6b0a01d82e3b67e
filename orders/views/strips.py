"""The strip of an order's first pictures, from Postgres alone: a list never waits for pictures (decision 9)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.accounts.roles import Action
from orders.models import OrderStrip
from orders.queue import later
from orders.views.access import order_or_404


@require_safe
def order_strip(request: HttpRequest, pk: int) -> HttpResponse:
    """The strip, kept by the browser for good when it is whole and `v` names it; four blank frames while there is none.

    A GET queues the making on purpose: made at import, the strips of 100,000 orders would be 400,000 requests.
    """
    order = order_or_404(request, pk, Action.SEE)
    strip = OrderStrip.objects.filter(order=order).first()
    if request.method == "GET" and order.strip and (strip is None or strip.due(order.strip)):
        later("orders.strip", once=f"strip:{order.pk}", order_id=order.pk)
    if strip is None:
        return render(request, "orders/strip.svg", content_type="image/svg+xml")
    response = HttpResponse(strip.image, content_type="image/webp")
    if strip.whole(order.strip) and request.GET.get("v") == strip.made_of:
        response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
