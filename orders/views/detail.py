"""One order: its name, status, pictures and timeline, from the mirror; and looking upstream now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard.accounts.access import person
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page, part_or_redirect, wants_part
from orders import services
from orders.models import NoKey, Order, Write
from orders.pictures import may_have_preview
from orders.remote import RemoteError
from orders.views.access import order_or_404
from orders.views.present import moment, name_url
from orders.views.timeline import timeline

LIVE, PAGE = "orders/_live.html", "orders/detail.html"


@require_safe
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one order. Never waits for Autoenhance (decision 2)."""
    order = order_or_404(request, pk, Action.SEE)
    return part_or_page(request, LIVE, PAGE, _context(request, order))


@require_POST
def order_refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at Autoenhance now, without a key; what it says is on the page, or why it could not be asked."""
    order = order_or_404(request, pk, Action.REFRESH)
    try:
        services.refresh(order)
    except RemoteError as error:
        context = _context(request, order) | {"refresh_error": error.message}
        return part_or_page(request, LIVE, PAGE, context, status=422)
    fresh = order_or_404(request, pk, Action.REFRESH)
    if wants_part(request) and fresh.name != order.name:
        return HttpResponseClientRefresh()  # the heading and the title have changed too
    return part_or_redirect(request, LIVE, _context(request, fresh), to=fresh.get_absolute_url())


def _context(request: HttpRequest, order: Order) -> dict[str, Any]:
    team = order.team
    can_rename, why_not = _may_rename(request, order)
    return {
        "order": order,
        "team": team,
        "heading": True,
        "can_rename": can_rename,
        "why_not": why_not,
        "can_refresh": team.allows(person(request), Action.REFRESH),
        "write": Write.objects.unclear_of([order]).first(),
        "name_url": name_url(order, order.get_absolute_url()) + "&heading=1",
        "next": order.get_absolute_url(),
        "images": _images(order),
        "created": moment(order.created_at, team),
        "updated": moment(order.updated_at, team),
        "seen": moment(order.watch.seen_at, team),
        "events": timeline(order),
        "next_steps": not order.pictures and not order.deleted,
    }


def _may_rename(request: HttpRequest, order: Order) -> tuple[bool, str]:
    """Whether this person can rename the order, and if not, why and whom to ask."""
    if not order.team.allows(person(request), Action.RENAME):
        return False, _("Viewers can read orders; an owner of the team can change your role.")
    try:
        order.key_for(person(request))
    except NoKey as why:
        return False, str(why)
    return True, ""


def _images(order: Order) -> list[dict[str, Any]]:
    """The pictures as the contact sheet shows them."""
    made = []
    for image in order.detail.images:
        status = image["status"] or "unknown"
        words = [image["name"] or _("Picture %d") % image["n"], image["scene"], status]
        made.append(
            {
                "n": image["n"],
                "label": image["name"],
                "alt": ", ".join(word for word in words if word),
                "status_slug": {"processed": "ready", "error": "error"}.get(status, "latent"),
                "has_preview": may_have_preview(image),
                "reason": image["reason"] or "",
                "url": reverse("orders:image", args=[order.pk, image["n"]]),
            }
        )
    return made
