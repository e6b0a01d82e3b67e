"""The list of a team's orders: search and pages; the address is the whole state."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.models import PageSize, Team, User
from dashboard.accounts.roles import MATRIX, Action
from dashboard.parts import part_or_page, part_or_redirect, wants_part
from orders import services
from orders.models import ApiKey, Order, View, Write
from orders.search import LONGEST_TEXT, QUALIFIERS, Found, search
from orders.search.places import NEWEST_FIRST, decode, encode, place_of, valid
from orders.views import listing
from orders.views.access import back_to
from orders.views.present import moment, rows
from orders.views.syncs import progress

STATE = {"q", "sort", "after"}


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
    team = team_or_404(request, slug, Action.SEE)
    user = person(request)
    _remember(user, team)
    if STATE.isdisjoint(request.GET) and (view := View.objects.opening(user, team)):
        return redirect(view)
    text, sort = _text(request.GET), valid(request.GET.get("sort", ""))
    found = search(team, user, text, sort=sort)
    if found.jump:
        return _go(request, found.jump)
    context = _around(team, user) | _page(request, found, listing.Address(request.path, text, sort))
    return part_or_page(request, "orders/_results.html", "orders/list.html", context)


@require_POST
def order_find(request: HttpRequest, slug: str) -> HttpResponse:
    """Look for a pasted id that we do not know: one small catch-up with the person's own keys (decision 4).

    A POST, and not a part of the search: no page waits for Autoenhance, and no link makes us call it.
    """
    team = team_or_404(request, slug, Action.REFRESH)
    user, text = person(request), _text(request.POST)
    found = search(team, user, text)
    if found.unknown_id:
        services.catch_up_for(user, team)
        found = search(team, user, text)
    if found.jump:
        return _go(request, found.jump)
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


def _text(given: QueryDict) -> str:
    return given.get("q", "").replace("\0", "")[:LONGEST_TEXT].strip()


def _go(request: HttpRequest, order: Order) -> HttpResponse:
    """To the order that was asked for by its id."""
    address = order.get_absolute_url()
    return HttpResponseClientRedirect(address) if wants_part(request) else redirect(address)


def _page(request: HttpRequest, found: Found, address: listing.Address) -> dict[str, Any]:
    """One page of what was found, and all that depends on the search."""
    user, sort, given = person(request), address.sort, request.GET.get("after", "")
    place = decode(given, sort)
    ids = found.ids(sort, place, user.page_size + 1)
    orders = Order.objects.filter(pk__in=ids[: user.page_size]).select_related("key__user").in_bulk()
    page = [orders[pk] for pk in ids[: user.page_size] if pk in orders]
    count, counts = listing.counted(found)
    plain = sort == NEWEST_FIRST
    return {
        "q": address.text,
        "sort": "" if plain else sort,
        "pending": _pending(found.team) if plain and not (address.text or place) else [],
        "hints": [*found.hints, *_doubts(request.GET, sort, lost=bool(given and not place))],
        "similar": found.similar,
        "can_find": found.unknown_id and ApiKey.objects.live().filter(user=user, team=found.team).exists(),
        "chips": [(chip, address.to(text=chip.without)) for chip in found.chips],
        "tabs": listing.tabs(found, address, counts),
        "count": count,
        "heads": listing.heads(address),
        "sorts": listing.sorts(address),
        "sorted": listing.SORTS[sort],
        "rows": rows(page, found, address, request.get_full_path()),
        "all_url": address.to(text="", sort=NEWEST_FIRST),
        "first_url": address.to() if place else "",
        "next_url": address.to(after=encode(place_of(page[-1], sort))) if len(ids) > user.page_size else "",
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


def _pending(team: Team) -> list[Write]:
    """Orders that Autoenhance has not confirmed yet; they stand above the first page of the whole list."""
    pending = Write.objects.filter(team=team, kind=Write.Kind.CREATE, state__in=Write.PENDING).order_by("-created_at")
    for write in pending:
        write.created = moment(write.created_at, team)  # type: ignore[attr-defined]
    return list(pending)


def _around(team: Team, user: User) -> dict[str, Any]:
    """What stands around the results, whatever is searched."""
    keys = list(ApiKey.objects.filter(team=team).select_related("user"))
    read = [key.imported_at for key in keys if key.imported_at]
    role = team.role_of(user)
    allowed = MATRIX[role] if role else frozenset()
    return {
        "team": team,
        "seen": moment(max(read), team) if read else None,
        "progress": progress(team),
        "importing": any(key.imported_at is None and key.refused_at is None for key in keys),
        "has_keys": bool(keys),
        "can_create": Action.CREATE in allowed,
        "can_keep_keys": Action.KEEP_KEYS in allowed,
        "can_rename": Action.RENAME in allowed,
        "qualifiers": QUALIFIERS.values(),
    }
