"""The lines of a timeline, an order's or a team's: an icon, a sentence, when, and of which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from dashboard.accounts.models import Team
from orders.models import Event, Group, LinkDay, Order, Shown
from orders.views.present import Moment, moment
from orders.views.sentences import sentence

LONGEST = 50

Kind = Event.Kind

ICONS: Mapping[str, str] = {
    **dict.fromkeys(Group.KEYS.kinds, "key"),
    **dict.fromkeys(Group.PEOPLE.kinds, "people"),
    **dict.fromkeys(Group.SHARING.kinds, "link"),
    **dict.fromkeys(Group.FAILURES.kinds, "warn"),
    Kind.CREATED: "plus",
    Kind.RENAMED: "pencil",
    Kind.NAME_CHANGED: "pencil",
    Kind.TEAM_RENAMED: "pencil",
    Kind.INVITED: "mail",
    Kind.LINK_OPENED: "eye",
    Kind.VIEW_SHARED: "bookmark",
    Kind.VIEW_UNSHARED: "bookmark",
    Kind.VIEW_DELETED: "bookmark",
    Kind.FINISHED: "check",
    Kind.IMPORTED: "sheet",
    Kind.EXPORTED: "download",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline. `order` is the one it is about, where that is not plain from the page.

    `again`: the form in which the name that the order had until then stands already; "" where there is none (R6).
    """

    event: Event
    icon: str
    text: str
    at: Moment
    variant: str
    order: Order | None
    again: str = ""


def timeline(order: Order, *, may_rename: bool = False) -> list[Line]:
    """The newest events of an order."""
    told = lines(Event.objects.of_order(order)[:LONGEST], order.team)
    return [replace(line, again=_again(order, line.event)) for line in told] if may_rename else told


def lines(events: Iterable[Event], team: Team, orders: dict[int, Order] | None = None) -> list[Line]:
    """How these events of a team read; `orders` are those that their lines shall name."""
    told, now = list(events), timezone.now()
    opens = opens_of(told)
    return [
        Line(
            event=event,
            icon=_icon(event),
            text=sentence(event, opens.get(event.pk, 0)),
            at=moment(event.at, team, now),
            variant="done" if event.kind == Kind.STATUS and event.data.get("new") == Shown.READY else "",
            order=(orders or {}).get(event.order_id or 0),
        )
        for event in told
    ]


def orders_of(events: Iterable[Event], team: Team) -> dict[int, Order]:
    """The orders that these events are about, as they are called now."""
    ids = {event.order_id for event in events if event.order_id}
    return Order.objects.filter(team=team).only("name").in_bulk(ids) if ids else {}


def opens_of(events: Iterable[Event]) -> dict[int, int]:
    """How often each link was opened, for the events that say that it was, on the day that they name.

    The event is written at the first open of a day, and lines are never changed: the number is counted elsewhere.
    """
    opened = (event for event in events if event.kind == Kind.LINK_OPENED)
    told = {event.pk: (event.data.get("link"), event.data.get("day")) for event in opened}
    if not told:
        return {}
    links, days = zip(*told.values(), strict=True)
    found = LinkDay.objects.filter(link__in={*links} - {None}, day__in={*days} - {None})
    counted = {(each.link_id, each.day.isoformat()): each.opens for each in found}
    return {pk: counted[day] for pk, day in told.items() if day in counted}


def _again(order: Order, event: Event) -> str:
    """Where to call the order what it was called before this event."""
    name = event.data.get("old") if event.kind in (Kind.RENAMED, Kind.NAME_CHANGED) else ""
    if not name or name == order.name:
        return ""
    return f"{reverse('orders:name', args=[order.pk])}?{urlencode({'name': name})}"


def _icon(event: Event) -> str:
    if event.kind == Kind.STATUS and event.data.get("new") in Shown.values:
        return Shown(event.data["new"]).name.lower()
    return ICONS.get(event.kind, "info")
