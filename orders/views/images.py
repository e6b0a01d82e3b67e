"""Pictures through our own addresses; the browser never talks to anybody else."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.accounts.roles import Action
from orders import pictures
from orders.models import Order
from orders.remote import Picture
from orders.views.access import order_or_404


@require_safe
def order_image(request: HttpRequest, pk: int, n: int) -> HttpResponse:
    """The preview of the order's picture `n`; a drawn placeholder while there is none."""
    return _image(request, pk, n, pictures.preview)


@require_safe
def order_before(request: HttpRequest, pk: int, n: int) -> HttpResponse:
    """What the order's picture `n` was before it was enhanced; a drawn placeholder where Autoenhance does not say."""
    return _image(request, pk, n, pictures.original)


def _image(request: HttpRequest, pk: int, n: int, fetch: Callable[[Order, str], Picture | None]) -> HttpResponse:
    order = order_or_404(request, pk, Action.SEE)
    image = order.detail.image(n)
    if image is None:
        raise Http404
    picture = fetch(order, image["id"]) if pictures.may_have_preview(image) else None
    if picture is None:
        return render(request, "orders/placeholder.svg", content_type="image/svg+xml")
    headers = {"Cache-Control": "private, max-age=3600"}
    return HttpResponse(picture.data, content_type=picture.media_type, headers=headers)
