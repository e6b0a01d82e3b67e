"""The list of a team's orders: search and pages; the address is the whole state."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.models import Team, User
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page
from orders.models import ApiKey, Order, Write
from orders.models.orders import OrderQuerySet
from orders.search import matching
from orders.views.present import moment, rows

PER_PAGE = 25
# Counting further would cost more than the page; the text then says "1,000+".
COUNT_TO = 1000
LONGEST_QUERY = 500
# A place in the list is written in whole microseconds: a float is not exact for every year.
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the orders of the team I used last."""
    teams = list(Team.objects.of(person(request)))
    if not teams:
        raise Http404
    team = next((team for team in teams if team.pk == person(request).last_team_id), teams[0])
    return redirect("orders:list", team.slug)


@require_safe
def order_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of the team's orders, newest first, narrowed by `q`, from the place that `after` names."""
    team = team_or_404(request, slug, Action.SEE)
    _remember(person(request), team)
    text = request.GET.get("q", "").replace("\0", "")[:LONGEST_QUERY].strip()
    found = matching(Order.objects.of(team), text)
    place = _place(request.GET.get("after", ""))
    page, more = _page(found.after(*place) if place else found)
    context = {
        **_context(request, team),
        "pending": [] if text or place else _pending(team),
        "q": text,
        "count": _count(found),
        "rows": rows(page, team, request.get_full_path(), can_rename=team.allows(person(request), Action.RENAME)),
        "next_url": _address(text, page[-1]) if more else "",
        "first_url": _address(text) if place else "",
    }
    return part_or_page(request, "orders/_results.html", "orders/list.html", context)


def _remember(user: User, team: Team) -> None:
    if user.last_team_id != team.pk:
        User.objects.filter(pk=user.pk).update(last_team=team)


def _page(found: OrderQuerySet) -> tuple[list[Order], bool]:
    """The first orders and whether more follow. The ids come from the index alone, the rows of one page after."""
    ids = list(found.newest_first().values_list("pk", flat=True)[: PER_PAGE + 1])
    page = Order.objects.filter(pk__in=ids[:PER_PAGE]).newest_first().select_related("key__user")
    return list(page), len(ids) > PER_PAGE


def _count(found: OrderQuerySet) -> str:
    number = found.order_by().values("pk")[: COUNT_TO + 1].count()
    if number > COUNT_TO:
        return _("1,000+ orders")
    return ngettext("%d order", "%d orders", number) % number


def _place(after: str) -> tuple[datetime, int] | None:
    """The place in the list that a page begins after; one that nobody wrote means the beginning."""
    match = re.fullmatch(r"(-?[0-9]{1,18})-([0-9]{1,18})", after)
    if not match:
        return None
    try:
        return EPOCH + int(match[1]) * MICROSECOND, int(match[2])
    except OverflowError:
        return None


def _address(text: str, last: Order | None = None) -> str:
    query = {"q": text} if text else {}
    if last:
        query["after"] = f"{(last.created_at - EPOCH) // MICROSECOND}-{last.pk}"
    return f"?{urlencode(query)}"


def _pending(team: Team) -> list[Write]:
    """Orders that Autoenhance has not confirmed yet; they stand above the first page of the whole list."""
    pending = Write.objects.filter(team=team, kind=Write.Kind.CREATE, state__in=Write.PENDING).order_by("-created_at")
    for write in pending:
        write.created = moment(write.created_at, team)  # type: ignore[attr-defined]
    return list(pending)


def _context(request: HttpRequest, team: Team) -> dict[str, Any]:
    """What stands around the rows, whatever is searched."""
    keys = list(ApiKey.objects.filter(team=team).select_related("user"))
    read = [key.imported_at for key in keys if key.imported_at]
    return {
        "team": team,
        "seen": moment(max(read), team) if read else None,
        "importing": any(key.imported_at is None and key.refused_at is None for key in keys),
        "has_keys": bool(keys),
        "can_create": team.allows(person(request), Action.CREATE),
        "can_keep_keys": team.allows(person(request), Action.KEEP_KEYS),
    }
