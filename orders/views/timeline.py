"""Events as sentences."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Event, Order, Shown
from orders.views.present import Moment, moment

LONGEST = 50

ICONS = {
    Event.Kind.CREATED: "plus",
    Event.Kind.RENAMED: "pencil",
    Event.Kind.NAME_CHANGED: "pencil",
    Event.Kind.REFUSED: "warn",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline: an icon of the sprite, a sentence, what is said below it."""

    icon: str
    text: str
    meta: str
    at: Moment
    variant: str


def timeline(order: Order) -> list[Line]:
    """The newest events of an order."""
    events = Event.objects.filter(order_id=order.pk).order_by("-pk")[:LONGEST]
    return [line(event, order) for event in events]


def line(event: Event, order: Order) -> Line:
    """How an event reads."""
    at = moment(event.at, order.team)
    through = _("through %(key)s") % {"key": event.through} if event.through else ""
    new = Shown(event.data["new"]) if event.kind == Event.Kind.STATUS else None
    return Line(
        icon=new.name.lower() if new else ICONS.get(Event.Kind(event.kind), "info"),
        text=_sentence(event),
        meta=", ".join(part for part in (at.exact, through) if part),
        at=at,
        variant="done" if new == Shown.READY else "",
    )


def _sentence(event: Event) -> str:
    facts = {"who": event.actor or _("Somebody"), **event.data}
    match event.kind:
        case Event.Kind.CREATED:
            return _("%(who)s created the order") % facts
        case Event.Kind.RENAMED:
            return _("%(who)s renamed it from “%(old)s” to “%(new)s”") % facts
        case Event.Kind.NAME_CHANGED:
            return _("Renamed in Autoenhance from “%(old)s” to “%(new)s”") % facts
        case Event.Kind.REFUSED:
            return _("Not renamed to “%(new)s”: %(reason)s") % facts
        case Event.Kind.STATUS if facts["new"] == Shown.DELETED:
            return _("Deleted in Autoenhance")
        case Event.Kind.STATUS:
            return _("%(old)s → %(new)s") % {"old": Shown(facts["old"]).label, "new": Shown(facts["new"]).label}
    return str(Event.Kind(event.kind).label)
