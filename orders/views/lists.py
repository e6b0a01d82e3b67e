"""The list of a team's orders: search and pages; the address is the whole state."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts.access import may, person, team_or_404
from dashboard.accounts.models import PageSize, Team, User
from dashboard.accounts.roles import Action
from dashboard.back import back_to
from dashboard.parts import go, part_or_page, part_or_redirect, wants_part
from orders import services
from orders.models import MOST_LINES, ApiKey, Order, View, Write
from orders.search import LONGEST_TEXT, Found, search
from orders.search.places import NEWEST_FIRST, valid
from orders.views import freshness, listing, paging
from orders.views.pending import pending
from orders.views.rows import rows
from orders.views.syncs import keys_of, progress

STATE = {"q", "sort", "after", "before"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the orders of the team I used last."""
    teams = list(Team.objects.of(person(request)))
    if not teams:
        return render(request, "orders/no_team.html")
    team = next((team for team in teams if team.pk == person(request).last_team_id), teams[0])
    return redirect("orders:list", team.slug)


@require_safe
def order_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of what `q` finds, sorted by `sort`, from the place that `after` names; or the person's default view."""
    team, user = team_or_404(request, slug, Action.SEE), person(request)
    _remember(user, team)
    if STATE.isdisjoint(request.GET) and (view := View.objects.opening(user, team)):
        return redirect(view)
    text, sort = text_of(request.GET), valid(request.GET.get("sort", ""))
    found = search(team, user, text, sort=sort)
    if found.jump:
        return go(request, found.jump.get_absolute_url())
    keys = keys_of(team)
    context = _around(request, team, keys) | _page(request, found, keys, listing.Address(request.path, text, sort))
    return part_or_page(request, "orders/_results.html", "orders/list.html", context)


@require_POST
def order_find(request: HttpRequest, slug: str) -> HttpResponse:
    """Look for a pasted id that we do not know: one small catch-up with the person's own keys (decision 4).

    A POST, and not a part of the search: no page waits for Autoenhance, and no link makes us call it.
    """
    team = team_or_404(request, slug, Action.REFRESH)
    user, text = person(request), text_of(request.POST)
    found = search(team, user, text)
    if found.unknown_id:
        services.catch_up_for(user, team)
        found = search(team, user, text)
    if found.jump:
        return go(request, found.jump.get_absolute_url())
    if not found.unknown_id:
        raise BadRequest
    if not wants_part(request):
        messages.info(request, _("Autoenhance does not list this id in your accounts."))
    back = listing.Address(reverse("orders:list", args=[slug]), text).to()
    return part_or_redirect(request, "orders/_find.html", {"team": team, "q": text, "looked": True}, to=back)


@require_POST
def page_size(request: HttpRequest, slug: str) -> HttpResponse:
    """How many orders this person wants on a page, in every list: 25, 50 or 100."""
    team_or_404(request, slug, Action.SEE)
    size = request.POST.get("size", "")
    if size not in map(str, PageSize.values):
        raise BadRequest
    User.objects.filter(pk=person(request).pk).update(page_size=int(size))
    return redirect(back_to(request, reverse("orders:list", args=[slug])))


def _remember(user: User, team: Team) -> None:
    if user.last_team_id != team.pk:
        User.objects.filter(pk=user.pk).update(last_team=team)


def text_of(given: QueryDict) -> str:
    """What is searched for."""
    return given.get("q", "").replace("\0", "")[:LONGEST_TEXT].strip()


def _page(request: HttpRequest, found: Found, keys: list[ApiKey], address: listing.Address) -> dict[str, Any]:
    """One page of what was found, and all that depends on the search."""
    user, sort = person(request), address.sort
    leaf = paging.leaf(found, request.GET, sort, user.page_size)
    page = Order.objects.of_page(leaf.pks, keys)
    previous_url, next_url = paging.neighbours(leaf, page, address)
    writes = list(Write.objects.pending_in(found.team, page))
    states, lively = freshness.open_of(page, writes)
    counted = listing.counted(found)
    plain = sort == NEWEST_FIRST
    return {
        "q": address.text,
        "sort": "" if plain else sort,
        "pending": pending(found.team, writes) if plain and not (address.text or leaf.before) else None,
        "hints": [*found.hints, *_doubts(request.GET, sort, lost=leaf.lost)],
        "similar": found.similar,
        "can_find": found.unknown_id and ApiKey.objects.live().filter(user=user, team=found.team).exists(),
        "chips": [(chip, address.to(text=chip.without)) for chip in found.chips],
        "tabs": listing.tabs(found, address, counted.by_status),
        "count": counted.says,
        "few": counted.few,
        "most": str(intcomma(MOST_LINES)),
        "heads": listing.heads(address),
        "sorts": listing.sorts(address),
        "sorted": listing.SORTS[sort],
        "asof": freshness.of_list(found.team, states, keys),
        "poll": freshness.poll_of_list(found.team, states, lively, address, request.GET.get("after", "")),
        "rows": rows(page, writes, found, address, request.get_full_path()),
        "all_url": address.to(text="", sort=NEWEST_FIRST),
        "first_url": address.to() if leaf.before else "",
        "previous_url": previous_url,
        "next_url": next_url,
        "csv_url": listing.Address(reverse("orders:export", args=[found.team.slug]), address.text, sort).to(),
        "sizes": PageSize.values,
    }


def _doubts(given: QueryDict, sort: str, *, lost: bool) -> list[str]:
    """What in the address made no sense, in sentences."""
    doubts = []
    if given.get("sort", sort) != sort:
        doubts.append(_("The list cannot be sorted as this address says, so the newest orders come first."))
    if lost:
        doubts.append(_("This address names no place in the list, so this is its beginning."))
    return doubts


def _around(request: HttpRequest, team: Team, keys: list[ApiKey]) -> dict[str, Any]:
    """What stands around the results, whatever is searched."""
    return {
        "team": team,
        "progress": progress(team, keys),
        "importing": any(key.imported_at is None and key.refused_at is None for key in keys),
        "has_keys": bool(keys),
        "can_create": may(request, team, Action.CREATE),
        "can_keep_keys": may(request, team, Action.KEEP_KEYS),
        "can_rename": may(request, team, Action.RENAME),
    }
