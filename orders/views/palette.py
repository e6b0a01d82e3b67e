"""The palette: from anywhere to an order, a saved view or a page, by a few letters (X3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from dashboard.accounts.access import may, memberships, person, team_or_404
from dashboard.accounts.models import Team, User
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page, wants_part
from orders.models import Order, View
from orders.search import search
from orders.search.places import NEWEST_FIRST
from orders.views.listing import Address
from orders.views.lists import text_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# So few that the index alone tells them, and all are in sight.
MOST, RECENT = 8, 5


@dataclass(frozen=True, slots=True)
class Page:
    """A page that the palette leads to: its address by name, and what else people may call it.

    needs: what a role must allow in the team; None for a page about oneself, which names no team.
    """

    label: StrPromise
    name: str
    icon: str
    needs: Action | None = None
    also: StrPromise | str = ""


PAGES = [
    Page(gettext_lazy("New order"), "orders:new", "plus", Action.CREATE, gettext_lazy("create add")),
    Page(gettext_lazy("Orders"), "orders:list", "sheet", Action.SEE, gettext_lazy("list all")),
    Page(gettext_lazy("Import"), "orders:sync", "download", Action.SEE, gettext_lazy("progress sync")),
    Page(gettext_lazy("Saved views"), "orders:views", "bookmark", Action.SEE, gettext_lazy("searches")),
    Page(gettext_lazy("Links"), "orders:links", "link", Action.SEE, gettext_lazy("share public revoke")),
    Page(gettext_lazy("Activity"), "orders:activity", "pulse", Action.SEE, gettext_lazy("timeline history")),
    Page(gettext_lazy("People"), "people:people", "people", Action.SEE, gettext_lazy("members invite roles")),
    Page(gettext_lazy("Keys"), "orders:keys", "key", None, gettext_lazy("API Autoenhance")),
    Page(gettext_lazy("Settings"), "people:settings", "pencil", None, gettext_lazy("name time zone account")),
    Page(gettext_lazy("Second factor"), "mfa_index", "lock", None, gettext_lazy("security authenticator")),
    Page(gettext_lazy("Password"), "account_change_password", "lock", None, gettext_lazy("security")),
    Page(gettext_lazy("Keyboard shortcuts"), "orders:shortcuts", "help", None, gettext_lazy("help")),
    Page(gettext_lazy("Log out"), "account_logout", "out"),
]
THEMES = {
    "system": (gettext_lazy("Theme as the system’s"), "screen"),
    "light": (gettext_lazy("Light theme"), "sun"),
    "dark": (gettext_lazy("Dark theme"), "moon"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the palette, which leads to `url` or else sets the `theme`; `note` says more about it."""

    label: str
    url: str
    icon: str
    note: str = ""
    theme: str = ""


@require_safe
def palette(request: HttpRequest, slug: str) -> HttpResponse:
    """What `q` finds of everything one can go to; without it the newest orders and every page."""
    team = team_or_404(request, slug, Action.SEE)
    text = text_of(request.GET)
    words = text.casefold().split()
    sections = [
        (_("Orders") if text else _("Newest orders"), _orders(team, person(request), text)),
        (_("Saved views"), _views(team, person(request), words) if text else []),
        (_("Pages and actions"), [*_pages(request, team, words), *_themes(words)]),
        (_("Other teams"), [*_teams(request, team, words)]),
        (_("In the list of orders"), _whole_search(team, text)),
    ]
    count = sum(len(items) for _title, items in sections)
    says = ngettext("%d result", "%d results", count) % count
    found = [(title, items) for title, items in sections if items]
    context = {"team": team, "q": text, "sections": found, "says": says, "listbox": wants_part(request)}
    return part_or_page(request, "orders/_palette_found.html", "orders/palette.html", context)


def _orders(team: Team, user: User, text: str) -> list[Item]:
    found = search(team, user, text)
    if text and found.asks_nothing:
        return []
    pks = [found.jump.pk] if found.jump else found.ids(NEWEST_FIRST, None, MOST if text else RECENT)
    return [
        Item(order.label, order.get_absolute_url(), order.shown_slug, order.shown_word)
        for order in Order.objects.of_page(pks, [])
    ]


def _whole_search(team: Team, text: str) -> list[Item]:
    """Last of all: what somebody means who types something else than a name comes first with Enter."""
    every = Address(reverse("orders:list", args=[team.slug])).to(text=text)
    return [Item(_("Search for “%s”") % text, every, "search")] if text else []


def _views(team: Team, user: User, words: list[str]) -> list[Item]:
    views = View.objects.visible_to(user).filter(team=team)
    named = (view for view in views if _has(words, view.name))
    return [Item(view.name, view.get_absolute_url(), "bookmark", view.text) for view in named][:MOST]


def _pages(request: HttpRequest, team: Team, words: list[str]) -> Iterator[Item]:
    for page in PAGES:
        if _has(words, page.label, page.also) and (page.needs is None or may(request, team, page.needs)):
            url = reverse(page.name, args=[] if page.needs is None else [team.slug])
            yield Item(str(page.label), url, page.icon)


def _themes(words: list[str]) -> Iterator[Item]:
    for theme, (label, icon) in THEMES.items():
        if _has(words, label):
            yield Item(str(label), "", icon, theme=theme)


def _teams(request: HttpRequest, team: Team, words: list[str]) -> Iterator[Item]:
    for other in (own.team for own in memberships(request)):
        if other != team and _has(words, other.name):
            yield Item(other.name, reverse("orders:list", args=[other.slug]), "people")
    if settings.REGISTRATION_OPEN and _has(words, _("New team")):
        yield Item(_("New team"), reverse("people:new"), "plus")


def _has(words: Iterable[str], *texts: object) -> bool:
    """Whether every word is part of one of the texts; so all have none."""
    text = " ".join(map(str, texts)).casefold()
    return all(word in text for word in words)
