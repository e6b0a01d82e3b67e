"""Events as sentences, for the timelines and for the files that are made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from dashboard.accounts.roles import Role
from dashboard.signs import straightened
from orders.models import Event, Shown

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Kind = Event.Kind

SENTENCES: Mapping[str, StrPromise] = {
    Kind.CREATED: gettext_lazy("%(who)s created the order"),
    Kind.NOT_CREATED: gettext_lazy("%(who)s could not create “%(new)s”: %(reason)s"),
    Kind.RENAMED: gettext_lazy("%(who)s renamed it from “%(old)s” to “%(new)s”"),
    Kind.REFUSED: gettext_lazy("%(who)s could not rename it to “%(new)s”: %(reason)s"),
    Kind.NAME_CHANGED: gettext_lazy("Renamed in Autoenhance from “%(old)s” to “%(new)s”"),
    Kind.STATUS: gettext_lazy("%(old)s → %(new)s"),
    Kind.FINISHED: gettext_lazy("Finished: %(ready)s ready, %(failed)s failed"),
    Kind.IMPORTED: gettext_lazy("All orders of %(key)s are read: %(orders)s"),
    Kind.KEY_ADDED: gettext_lazy("%(who)s added %(key)s"),
    Kind.KEY_REPLACED: gettext_lazy("%(who)s replaced %(key)s"),
    Kind.KEY_REFUSED: gettext_lazy("Autoenhance refused %(key)s"),
    Kind.KEY_WORKS: gettext_lazy("Autoenhance takes %(key)s again"),
    Kind.KEY_TOOK_OVER: gettext_lazy("Orders without a working key go through %(key)s now: %(orders)s"),
    Kind.KEY_DELETED: gettext_lazy("%(who)s deleted %(key)s"),
    Kind.KEY_SHARED: gettext_lazy("%(who)s opened %(key)s to teammates"),
    Kind.KEY_UNSHARED: gettext_lazy("%(who)s closed %(key)s to teammates"),
    Kind.HOOK_MADE: gettext_lazy("%(who)s made a webhook for %(key)s"),
    Kind.HOOK_REPLACED: gettext_lazy("%(who)s replaced the webhook of %(key)s"),
    Kind.HOOK_REMOVED: gettext_lazy("%(who)s removed the webhook of %(key)s"),
    Kind.TEAM_CREATED: gettext_lazy("%(who)s created the team"),
    Kind.TEAM_RENAMED: gettext_lazy("%(who)s renamed the team from “%(old)s” to “%(new)s”"),
    Kind.INVITED: gettext_lazy("%(who)s invited %(email)s as %(role)s"),
    Kind.INVITATION_ENDED: gettext_lazy("%(who)s cancelled the invitation of %(email)s as %(role)s"),
    Kind.JOINED: gettext_lazy("%(who)s joined as %(role)s"),
    Kind.ROLE_CHANGED: gettext_lazy("%(who)s changed the role of %(person)s from %(old)s to %(new)s"),
    Kind.LEFT: gettext_lazy("%(person)s left the team"),
    Kind.REMOVED: gettext_lazy("%(who)s removed %(person)s from the team"),
    Kind.LINKS_ON: gettext_lazy("%(who)s allowed share links: those of this team open again"),
    Kind.LINKS_OFF: gettext_lazy("%(who)s switched share links off: none of this team opens now"),
    Kind.LINK_MADE: gettext_lazy("%(who)s made the share link “%(label)s”"),
    Kind.LINK_CHANGED: gettext_lazy("%(who)s changed the share link “%(label)s”: %(changes)s"),
    Kind.LINK_REVOKED: gettext_lazy("%(who)s revoked the share link “%(label)s”"),
    Kind.LINK_OPENED: gettext_lazy("Share link “%(label)s” opened on %(day)s"),
    Kind.LINK_REFUSED: gettext_lazy("Somebody gave a wrong password for the share link “%(label)s”"),
    Kind.VIEW_SHARED: gettext_lazy("%(who)s gave the view “%(label)s” to the team"),
    Kind.VIEW_UNSHARED: gettext_lazy("%(who)s took the view “%(label)s” back from the team"),
    Kind.VIEW_DELETED: gettext_lazy("%(who)s deleted the team’s view “%(label)s”"),
    Kind.EXPORTED: gettext_lazy("%(who)s exported the %(what)s as %(format)s"),
}
WHATS = {"orders": gettext_lazy("orders"), "activity": gettext_lazy("activity")}
CHANGES = {
    "label": pgettext_lazy("share link", "label"),
    "expiry": pgettext_lazy("share link", "expiry"),
    "password": pgettext_lazy("share link", "password"),
    "shows": pgettext_lazy("share link", "what it shows"),
    "address": pgettext_lazy("share link", "a new address"),
}
NAMES = ("old", "new")


def sentence(event: Event, opens: int = 0) -> str:
    """The event in words. `opens`: how often the link that it names was opened on its day.

    An event outlives the program that wrote it, so one that lacks something, or that is not known, still reads.
    """
    if event.kind == Kind.STATUS and event.data.get("new") == Shown.DELETED:
        return _("Deleted in Autoenhance")
    if event.kind == Kind.LINK_OPENED and opens:
        text = ngettext(
            "Share link “%(label)s” opened %(opens)d time on %(day)s",
            "Share link “%(label)s” opened %(opens)d times on %(day)s",
            opens,
        )
        return straightened(text % _facts(event, opens=opens))
    text = str(SENTENCES.get(event.kind, event.get_kind_display()))
    return straightened(f"{text % _facts(event)}{_tail(event)}")


def who(event: Event) -> str:
    """Who did it, and through whose key if it was not their own (features H5)."""
    name = event.actor or _("Somebody")
    owner, known, label = event.through.partition(": ")
    if not known or not event.actor:
        return name
    return _("%(who)s, through %(owner)s’s key %(label)s,") % {"who": name, "owner": owner, "label": label}


def said(event: Event) -> dict[str, Any]:
    """What the event holds besides, for programs: our words instead of our numbers."""
    data: dict[str, Any] = event.data
    if event.kind != Kind.STATUS:
        return data
    return data | {name: Shown(data[name]).name.lower() for name in NAMES if data.get(name) in Shown.values}


def _facts(event: Event, **more: object) -> Mapping[str, object]:
    """What the sentences name; what is missing reads as "?"."""
    facts: dict[str, object] = defaultdict(lambda: "?", event.data)
    facts |= {"who": who(event), "key": _key(event), "changes": _changes(event), "day": _day(event), **more}
    facts["role"] = _role(event.data.get("role"))
    facts["what"] = WHATS.get(event.data.get("what", ""), "?")
    facts["format"] = str(event.data.get("format", "?")).upper()
    word = {"status": _shown, "role_changed": _role}.get(event.kind, _name)
    return facts | {name: word(event.data[name]) for name in NAMES if name in event.data}


def _name(value: object) -> object:
    return value or _("(no name)")


def _shown(value: object) -> object:
    return Shown(value).label if value in Shown.values else value


def _role(value: object) -> object:
    return Role(value).label.lower() if value in Role.values else "?"


def _key(event: Event) -> str:
    """The key that the event is about: its owner is left out where the sentence names them already."""
    owner, _colon, label = str(event.data.get("label", "")).partition(": ")
    if owner == event.actor:
        return _("the key %(label)s") % {"label": label}
    return _("%(owner)s’s key %(label)s") % {"owner": owner, "label": label}


def _changes(event: Event) -> str:
    return ", ".join(str(CHANGES.get(word, word)) for word in event.data.get("changes", ()))


def _day(event: Event) -> str:
    day = event.data.get("day")
    return date_format(date.fromisoformat(day), "j M Y") if day else "?"


def _tail(event: Event) -> str:
    """What came of it, or more about it, behind the sentence."""
    data: dict[str, Any] = event.data
    if moved := data.get("moved"):
        text = ngettext(". %d order goes through another key now", ". %d orders go through other keys now", moved)
        return str(text % moved)
    if event.kind in (Kind.LEFT, Kind.REMOVED):
        left = [text for name in ("keys", "links", "views") if (text := _left(name, data.get(name, 0)))]
        return _(". Left behind: %s") % ", ".join(left) if left else ""
    if event.kind == Kind.EXPORTED and data.get("q"):
        return f": {data['q']}"
    return ""


def _left(what: str, number: int) -> str:
    if not number:
        return ""
    texts = {
        "keys": ngettext("%d key", "%d keys", number),
        "links": ngettext("%d share link", "%d share links", number),
        "views": ngettext("%d view", "%d views", number),
    }
    return texts[what] % number
