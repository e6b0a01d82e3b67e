"""One order: its name, status, pictures and timeline, from the mirror; and looking upstream now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from dashboard.accounts.access import may, person
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page, part_or_redirect, wants_part
from orders import services, stuck
from orders.models import Follow, NoKey, Order, Write
from orders.remote import RemoteError
from orders.views import freshness, sheet
from orders.views.access import order_or_404
from orders.views.link_cards import who_sees
from orders.views.present import moment, name_of
from orders.views.timeline import timeline

LIVE, PAGE = "orders/_live.html", "orders/detail.html"
VIEWERS = gettext_lazy("Viewers can read orders; an owner of the team can change your role.")


@require_safe
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one order. Never waits for Autoenhance (decision 2)."""
    order = order_or_404(request, pk, Action.SEE)
    return part_or_page(request, LIVE, PAGE, context_of(request, order))


@require_POST
def order_refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at Autoenhance now, without a key; what it says is on the page, or why it could not be asked."""
    order = order_or_404(request, pk, Action.REFRESH)
    try:
        fresh = services.refresh(order, began=order.read_at)  # type: ignore[attr-defined]
    except RemoteError as error:
        context = context_of(request, order) | {"refresh_error": error.message}
        return part_or_page(request, LIVE, PAGE, context, status=422)
    if wants_part(request) and fresh.name != order.name:
        return HttpResponseClientRefresh()  # the heading and the title have changed too
    return part_or_redirect(request, LIVE, live_of(request, fresh), to=fresh.get_absolute_url())


def context_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    """All that the page of an order shows, and its parts."""
    can_rename, why_not = _may_rename(request, order) if may(request, order.team, Action.RENAME) else (False, VIEWERS)
    return {
        **live_of(request, order),
        **name_of(order, order.get_absolute_url(), heading=True),
        "heading": True,
        "following": Follow.there(person(request), order),
        "can_rename": can_rename,
        "why_not": why_not,
        "next": order.get_absolute_url(),
    }


def live_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What Refresh brings up to date: all but the head of the page."""
    team, write = order.team, Write.objects.unclear_of(order)
    by = sheet.asked(request)
    return {
        "order": order,
        "team": team,
        "can_refresh": may(request, team, Action.REFRESH),
        **who_sees(order),
        "images": sheet.frames(order, by),
        "arranged": sheet.query(by),
        "choices": sheet.choices(order, by),
        "created": moment(order.created_at, team),
        "updated": moment(order.updated_at, team),
        "asof": freshness.of_order(order),
        "write": write,
        "poll": freshness.poll_of_order(order, write, by),
        "stuck": stuck.sentence(order),
        "events": timeline(order, may_rename=may(request, team, Action.RENAME)),
        "next_steps": not order.pictures and not order.deleted,
    }


def _may_rename(request: HttpRequest, order: Order) -> tuple[bool, str]:
    """Whether this person, whose role lets them, can rename the order, and if not, why and whom to ask."""
    try:
        order.key_for(person(request))
    except NoKey as why:
        return False, str(why)
    return True, ""
