"""What is not confirmed yet, where a page asks for nothing else: new orders above the list, and the name of an order.

Both ask by themselves until it is known, which has it settled where no worker lives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dashboard.accounts.access import may, team_or_404
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from dashboard.parts import nothing_new, part_or_page, wants_part
from orders import freshen
from orders.models import Order, Write
from orders.views.access import order_or_404
from orders.views.name import PAGE, PART, context_of
from orders.views.present import Moment, moment

LINES = "orders/_pending.html"
MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One create; `order` is what it made, if it did and that is there."""

    write: Write
    created: Moment
    order: Order | None

    @property
    def told(self) -> str:
        """What became of it, for who does not see it; "" while nobody knows."""
        if self.write.pending:
            return ""
        return f"{self.order}: {self.order.shown_word}" if self.order else f"{self.write.text}: {_('Not made')}"


@dataclass(frozen=True, slots=True)
class Pending:
    """The lines above the list; `url` gives what becomes of them and is "" when that is known of all."""

    lines: list[Line]
    url: str

    @property
    def news(self) -> str:
        return ". ".join(filter(None, (line.told for line in self.lines)))


def pending(team: Team, writes: Iterable[Write]) -> Pending | None:
    """What the list says of the creates among these; None where there are none."""
    creates = [write for write in writes if write.kind == Write.Kind.CREATE]
    made = [write.order_id for write in creates if write.state == Write.State.DONE]
    orders = {order.order_id: order for order in Order.objects.filter(team=team, order_id__in=made)} if made else {}
    lines = [Line(write, moment(write.created_at, team), orders.get(write.order_id)) for write in creates]
    asked = f"lines={','.join(str(write.pk) for write in creates)}&open={_open(creates)}"
    url = f"{reverse('orders:pending', args=[team.slug])}?{asked}" if _open(creates) else ""
    return Pending(lines, url) if lines else None


@require_safe
def order_pending(request: HttpRequest, slug: str) -> HttpResponse:
    """What became of the creates `lines`, of which `open` were not confirmed when the page last heard of them."""
    team = team_or_404(request, slug, Action.SEE)
    asked = re.findall(r"[0-9]{1,18}", request.GET.get("lines", ""))[:MOST_LINES]
    if not asked:
        raise BadRequest
    if not wants_part(request):
        return redirect("orders:list", slug)
    creates = list(Write.objects.filter(team=team, kind=Write.Kind.CREATE, pk__in=asked).order_by("-created_at"))
    freshen.settle(*creates)  # the next request tells
    if str(_open(creates)) == request.GET.get("open"):
        return nothing_new()
    context = {"pending": pending(team, creates), "can_rename": may(request, team, Action.RENAME)}
    return part_or_page(request, LINES, LINES, context)


@require_safe
def name_pending(request: HttpRequest, pk: int) -> HttpResponse:
    """The name of an order to read, and what became of its last change; 204 while nobody knows."""
    order = order_or_404(request, pk, Action.RENAME)
    write = order.writes.filter(kind=Write.Kind.RENAME).order_by("pk").last()
    if write and write.pending:
        freshen.settle(write)  # the next request tells
        if wants_part(request):
            return nothing_new()
    order.refresh_from_db(fields=["name", "version"])  # settled since it was read, perhaps
    return part_or_page(request, PART, PAGE, context_of(request, order) | _outcome(write))


def _outcome(write: Write | None) -> dict[str, Any]:
    """What the name says of the last change of it."""
    if write is None or write.state == Write.State.DONE:
        return {"confirmed": True}
    return {"write": write} if write.pending else {"refused": write.reason}


def _open(creates: Iterable[Write]) -> int:
    return sum(write.pending for write in creates)
