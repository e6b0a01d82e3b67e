"""Rename an order in place: the guided tour of the README begins here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dashboard.accounts.access import person
from dashboard.accounts.models import User
from dashboard.accounts.roles import Action
from dashboard.back import back_to
from dashboard.parts import part_or_page, part_or_redirect, wants_part
from orders import services
from orders.forms.orders import NameForm
from orders.models import Busy, Conflict, Event, NoKey, Order, Write
from orders.views.access import order_or_404
from orders.views.present import name_of

PART, PAGE = "orders/_name.html", "orders/name.html"


@require_http_methods(["GET", "HEAD", "POST"])
def order_name(request: HttpRequest, pk: int) -> HttpResponse:
    """GET the form, in which `name` may stand already; POST `name` and `seen`, the name that it was opened with.

    What was renamed can be undone for a while: that is a POST as well, with the two names changed over (R6).
    """
    order = order_or_404(request, pk, Action.RENAME)
    context = context_of(request, order)
    if request.method != "POST":
        form = NameForm(initial={"name": request.GET.get("name", order.name), "seen": order.name})
        return part_or_page(request, PART, PAGE, {**context, "form": form, "seen": order.name})
    form = NameForm(request.POST)
    status, found = _rename(request, order, form) if form.is_valid() else (422, {})
    fresh = Order.objects.select_related("team", "key__user").get(pk=order.pk)
    context |= {"order": fresh, **name_of(fresh, context["next"], heading=context["heading"]), **found}
    if status == 200:
        context["undo"] = order.name if fresh.name != order.name else ""
        if context["undo"] and not wants_part(request):
            messages.success(request, render_to_string("orders/_undo.html", context, request))
        return part_or_redirect(request, PART, context, to=context["next"])
    if status != 202:
        context |= {"form": form, "seen": found.get("seen", request.POST.get("seen", ""))}
    return part_or_page(request, PART, PAGE, context, status)


def _rename(request: HttpRequest, order: Order, form: NameForm) -> tuple[int, dict[str, Any]]:
    """Rename by the valid form; the status of the answer, and what the part shows besides."""
    name, seen = form.cleaned_data["name"], form.cleaned_data["seen"]
    try:
        write = services.rename(person(request), order, name, seen)
    except Conflict as conflict:
        return 409, {"conflict": _clash(person(request), conflict.order, name, seen), "seen": conflict.order.name}
    except Busy as busy:
        form.add_error("name", str(busy))
        return 409, {}
    except NoKey as why:
        form.add_error("name", str(why))
        return 422, {}
    if write and write.state == Write.State.REFUSED:
        form.add_error("name", write.reason)
        return 422, {}
    return (202, {"write": write}) if write and write.pending else (200, {"saved": True})


def _clash(user: User, order: Order, yours: str, before: str) -> dict[str, Any]:
    """What a person needs to decide: Yours, Now, Before, and who changed it; `mine`: they did, in another place."""
    changes = Event.objects.filter(order_id=order.pk, kind__in=[Event.Kind.RENAMED, Event.Kind.NAME_CHANGED])
    last = changes.order_by("-pk").first()
    by = last.actor if last and last.actor else _("Somebody at Autoenhance")
    mine = last is not None and last.actor_id == user.pk
    return {"yours": yours, "now": order.name, "before": before, "by": by, "mine": mine}


def context_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What the part with the name needs. `heading`: it is the heading of the order's page."""
    back = back_to(request, order.get_absolute_url())
    heading = bool(request.POST.get("heading") or request.GET.get("heading"))
    return {
        "order": order,
        "team": order.team,
        "can_rename": True,
        "next": back,
        **name_of(order, back, heading=heading),
        "heading": heading,
    }
