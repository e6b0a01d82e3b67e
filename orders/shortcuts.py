"""The keyboard: the one table from which the help sheet is printed and which pages hand to static/keys.js (X2).

A key presses a link or a button that is there anyway and that says so of itself, by aria-keyshortcuts. So a key does
something only where there is something to press, and never more than the person may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# What the browser or the part itself does; told in the help sheet only.
BY_ITSELF = ""

EVERYWHERE = _("Everywhere")
IN_THE_LIST = _("In the list of orders")
AN_ORDER = _("On an order, in the list or on its page")
EDITING = _("While a name is edited")

ON_KEYBOARDS = {"Control": "Ctrl", "Meta": "⌘", "Escape": "Esc"}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Keys as `KeyboardEvent.key` has them, with what is held down before a "+"; where they work, what they do.

    attribute: by which an element on the page says that it is meant.
    """

    keys: tuple[str, ...]
    where: StrPromise
    says: StrPromise
    attribute: str = "aria-keyshortcuts"

    def left(self, single_keys: bool) -> tuple[str, ...]:
        """Its keys for a person who has those of a single character turned on, or off (WCAG 2.1.4)."""
        return self.keys if single_keys else tuple(key for key in self.keys if len(key) > 1)


SHORTCUTS = {
    "palette": Shortcut(("Control+K", "Meta+K"), EVERYWHERE, _("Go to an order, a view or a page")),
    "undo": Shortcut(("z",), EVERYWHERE, _("Undo a rename, while that is offered")),
    "help": Shortcut(("?",), EVERYWHERE, _("Show these shortcuts")),
    "search": Shortcut(("/",), IN_THE_LIST, _("Search")),
    "leave": Shortcut(("Escape",), IN_THE_LIST, _("Clear the search; once more: leave it"), BY_ITSELF),
    "create": Shortcut(("c",), IN_THE_LIST, _("New order")),
    "next": Shortcut(("j",), IN_THE_LIST, _("Next order"), "data-next"),
    "previous": Shortcut(("k",), IN_THE_LIST, _("Previous order"), "data-previous"),
    "open": Shortcut(("Enter",), IN_THE_LIST, _("Open the order"), BY_ITSELF),
    "select": Shortcut(("x",), IN_THE_LIST, _("Select the order, or no longer")),
    "rename": Shortcut(("e", "F2"), AN_ORDER, _("Rename")),
    "share": Shortcut(("s",), AN_ORDER, _("Share")),
    "save": Shortcut(("Enter",), EDITING, _("Save"), BY_ITSELF),
    "cancel": Shortcut(("Escape",), EDITING, _("Keep the old name"), BY_ITSELF),
}


def shortcuts(request: HttpRequest) -> dict[str, Any]:
    """For every template, as `shortcuts`: the attribute by which an element says that a key presses it, by name."""
    user = getattr(request, "user", None)
    return {"shortcuts": attributes(user.single_keys) if isinstance(user, User) else {}}


@cache
def attributes(single_keys: bool) -> dict[str, SafeString]:
    """Each with a blank in front; empty where the person has turned all its keys off."""
    return {
        name: format_html(' {}="{}"', shortcut.attribute, " ".join(keys))
        if shortcut.attribute and (keys := shortcut.left(single_keys))
        else SafeString("")
        for name, shortcut in SHORTCUTS.items()
    }


def sheet(single_keys: bool) -> list[tuple[StrPromise, list[tuple[list[list[str]], StrPromise]]]]:
    """The table for people: by where they work, the keys (each as what is pressed together), and what they do."""
    told = [shortcut for shortcut in SHORTCUTS.values() if shortcut.left(single_keys)]
    return [
        (where, [([_pressed(key) for key in each.left(single_keys)], each.says) for each in those])
        for where, those in groupby(told, key=attrgetter("where"))
    ]


def _pressed(key: str) -> list[str]:
    return [ON_KEYBOARDS.get(part, part) for part in key.split("+")]
