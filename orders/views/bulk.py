"""Rename many orders at once: choose them in the list, see what would happen, let it happen (features L4, L5, R7)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page, wants_part
from orders import batches
from orders.forms.orders import RuleForm
from orders.models import MOST_LINES, Batch, BatchLine, Order, Outcome
from orders.plans import plan
from orders.rules import Rule
from orders.search import search
from orders.views.present import moment

# More than so many need a tick beside their number (features L5).
MOST_UNASKED = 20
# A batch is looked at every so many seconds: while it runs, and while Autoenhance owes an answer.
RUNNING_EVERY, UNCLEAR_EVERY = 2, 15
LATEST = 20
# The most digits of an id that a bigint surely holds.
ID_DIGITS = 18


class Unusable(Exception):
    """The selection cannot be renamed as a whole; `str()` says why."""


@require_http_methods(["GET", "HEAD", "POST"])
def names(request: HttpRequest, slug: str) -> HttpResponse:
    """My bulk renames; POST `pick` (ids), or `all` and `q` (a search): draw one up of these orders."""
    team = team_or_404(request, slug, Action.RENAME)
    if request.method != "POST":
        return _names(request, team)
    try:
        orders = _selected(request, team)
    except Unusable as why:
        return _names(request, team, error=str(why), status=422)
    lines = [BatchLine(order=order, before=order.name) for order in orders]
    return _to(batches.draw_up(person(request), team, lines, Rule()))


@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """GET with a rule: what it would do; POST it: do it. Once it runs, how far it is (`v`: what is known already)."""
    found = _batch_or_404(request, slug, pk)
    if found.state != Batch.State.DRAFT:
        return _to(found) if request.method == "POST" else _progress(request, found)
    given = request.POST if request.method == "POST" else request.GET
    form = RuleForm(given or found.rule or {})
    rule = form.rule if form.is_valid() else Rule()
    planned = plan(found, rule)
    unsure = planned.count > MOST_UNASKED and given.get("sure") != str(planned.count)
    if request.method == "POST" and form.is_valid() and planned.count and not unsure:
        batches.launch(found, rule, planned)
        return _to(found)
    context = {
        "team": found.team,
        "batch": found,
        "form": form,
        "rule": rule,
        "plan": planned,
        "ask": planned.count > MOST_UNASKED,
        "refused": request.method == "POST",
    }
    status = 422 if request.method == "POST" else 200
    return part_or_page(request, "orders/_names_plan.html", "orders/names_plan.html", context, status)


@require_POST
def batch_again(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Draw up what failed once more."""
    found = _batch_or_404(request, slug, pk)
    return _follow(request, found, batches.again(found), _("Nothing has failed."))


@require_POST
def batch_undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Draw up the way back."""
    found = _batch_or_404(request, slug, pk)
    return _follow(request, found, batches.undo(found), _("Nothing was renamed."))


def _batch_or_404(request: HttpRequest, slug: str, pk: int) -> Batch:
    """A batch of the person's own in this team; what teammates rename in bulk is in the orders' timelines."""
    team = team_or_404(request, slug, Action.RENAME)
    return get_object_or_404(Batch.objects.select_related("team", "actor"), pk=pk, team=team, actor=person(request))


def _selected(request: HttpRequest, team: Team) -> list[Order]:
    """The chosen orders: all of them are the team's, or it is a 404 and nothing happens (T25)."""
    orders = Order.objects.visible_to(person(request)).filter(team=team).newest_first()
    if request.POST.get("all"):
        text = request.POST.get("q", "").replace("\0", "")
        chosen = list(orders.filter(pk__in=search(team, person(request), text).orders.values("pk"))[: MOST_LINES + 1])
    else:
        ids = _ids(",".join(request.POST.getlist("pick")))
        chosen = list(orders.filter(pk__in=list(ids)[: MOST_LINES + 1]))
        if len(chosen) < min(len(ids), MOST_LINES + 1):
            raise Http404
    if not chosen:
        raise Unusable(_("No orders were selected. Tick some in the list, then press Rename."))
    if len(chosen) > MOST_LINES:
        raise Unusable(_("At most %d orders can be renamed at a time. Narrow the search.") % MOST_LINES)
    return chosen


def _ids(given: str) -> set[int]:
    """The ids in a list with commas; 404 for what cannot be one."""
    texts = {text for text in given.split(",") if text}
    if not all(text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS for text in texts):
        raise Http404
    return {int(text) for text in texts}


def _names(request: HttpRequest, team: Team, *, error: str = "", status: int = 200) -> HttpResponse:
    mine = Batch.objects.filter(team=team, actor=person(request)).exclude(state=Batch.State.DRAFT)
    latest = [(each, moment(each.created_at, team), each.outcomes()) for each in mine.order_by("-pk")[:LATEST]]
    context = {"team": team, "latest": latest, "error": error, "most": MOST_LINES}
    return render(request, "orders/names.html", context, status=status)


def _progress(request: HttpRequest, batch: Batch) -> HttpResponse:
    """How far it is; 204 when that is what the page shows already."""
    outcomes = batch.outcomes()
    version = "-".join([batch.state, *map(str, outcomes.values())])
    if wants_part(request) and request.GET.get("v") == version:
        return HttpResponse(status=204)
    every = RUNNING_EVERY if batch.running else UNCLEAR_EVERY if outcomes[Outcome.UNCLEAR] else 0
    context: dict[str, Any] = {
        "team": batch.team,
        "batch": batch,
        "total": sum(outcomes.values()),
        "attended": sum(outcomes.values()) - outcomes[Outcome.WAITING],
        "failed": batch.lines.having(Outcome.FAILED),
        "unclear": batch.lines.having(Outcome.UNCLEAR),
        "url": f"{request.path}?v={version}",
        "every": every,
        "outcomes": outcomes,
    }
    return part_or_page(request, "orders/_names_progress.html", "orders/names_progress.html", context)


def _follow(request: HttpRequest, batch: Batch, draft: Batch | None, otherwise: str) -> HttpResponse:
    """To the draft that follows a batch; back to it, saying why, if there is none."""
    if draft is None:
        messages.info(request, otherwise)
    return _to(draft or batch)


def _to(batch: Batch) -> HttpResponse:
    return redirect("orders:batch", batch.team.slug, batch.pk)
