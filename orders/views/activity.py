"""A team's timeline: everything that happened, filtered, on pages and as a file (features V1, V2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dashboard.accounts.access import team_or_404
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page
from orders.models import Event, Group, Order
from orders.models.events import EventQuerySet
from orders.spreadsheets import AT_ONCE, BOM, csv_lines, utc
from orders.views.export import file_of
from orders.views.listing import Tab
from orders.views.sentences import said
from orders.views.timeline import Line, lines, orders_of

PART, PAGE = "orders/_activity.html", "orders/activity.html"
ON_A_PAGE = 50
COLUMNS = ("at", "kind", "what", "by", "through", "order", "order_name")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown of a team's timeline: a group of kinds, what one person did, one order; 0 and "" are no filter."""

    group: str = ""
    by: int = 0
    order: int = 0

    @classmethod
    def of(cls, asked: QueryDict) -> Self:
        """The filter that an address names; what makes no sense in it filters nothing."""
        group = asked.get("group", "")
        return cls(group if group in Group.values else "", _number(asked.get("by")), _number(asked.get("order")))

    def events(self, team: Team) -> EventQuerySet:
        """The events of the team that pass, the newest first."""
        events = Event.objects.of(team)
        if self.group:
            events = events.filter(kind__in=Group(self.group).kinds)
        if self.by:
            events = events.filter(actor_id=self.by)
        return events.filter(order_id=self.order) if self.order else events

    def query(self, **more: object) -> str:
        """As part of an address."""
        state = {"group": self.group, "by": self.by, "order": self.order, **more}
        return urlencode({name: value for name, value in state.items() if value})


@require_safe
def activity(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of the timeline, from the event before the one that `before` names."""
    team = team_or_404(request, slug, Action.SEE)
    asked, before = Filter.of(request.GET), _number(request.GET.get("before"))
    events = asked.events(team)
    found = list((events.filter(pk__lt=before) if before else events)[: ON_A_PAGE + 1])
    page = found[:ON_A_PAGE]
    here = reverse("orders:activity", args=[slug])
    context = {
        "team": team,
        "events": lines(page, team, None if asked.order else orders_of(page, team)),
        "asked": asked,
        "order": Order.objects.filter(team=team, pk=asked.order).first() if asked.order else None,
        "people": Event.objects.of(team).people(),
        "tabs": _tabs(here, asked),
        "all_url": f"{here}?{replace(asked, by=0, order=0).query()}",
        "first_url": f"{here}?{asked.query()}" if before else "",
        "next_url": f"{here}?{asked.query(before=page[-1].pk)}" if len(found) > len(page) else "",
        "query": asked.query(),
    }
    return part_or_page(request, PART, PAGE, context)


@require_safe
def activity_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """All that the filter lets pass, as a table for spreadsheets; with a byte order mark for `bom=1` (for Excel)."""
    team = team_or_404(request, slug, Action.SEE)
    asked, with_bom = Filter.of(request.GET), request.GET.get("bom") == "1"
    return file_of(request, team, "activity", "csv", asked.query(), _table(asked, team, with_bom=with_bom))


@require_safe
def activity_json(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The same as one JSON list, for programs: as it is, nothing neutralised."""
    team = team_or_404(request, slug, Action.SEE)
    asked = Filter.of(request.GET)
    return file_of(request, team, "activity", "json", asked.query(), _list(asked, team))


def _tabs(here: str, asked: Filter) -> list[Tab]:
    """Everything, and each group of kinds."""
    labels = [("", _("All")), *((group.value, str(group.label)) for group in Group)]
    return [
        Tab(label, f"{here}?{replace(asked, group=group).query()}", "", current=asked.group == group)
        for group, label in labels
    ]


def _number(text: str | None) -> int:
    """A positive number of the database's size, else 0."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _pages(asked: Filter, team: Team) -> Iterator[list[Line]]:
    """Every line, some at a time: memory stays the same, and no cursor keeps a connection."""
    events = asked.events(team)
    page = list(events[:AT_ONCE])
    while page:
        yield lines(page, team, orders_of(page, team))
        page = list(events.filter(pk__lt=page[-1].pk)[:AT_ONCE])


def _table(asked: Filter, team: Team, *, with_bom: bool) -> Iterator[str]:
    yield (BOM if with_bom else "") + csv_lines([COLUMNS])
    for page in _pages(asked, team):
        yield csv_lines(tuple(_record(line).values()) for line in page)


def _list(asked: Filter, team: Team) -> Iterator[str]:
    opening = "["
    for page in _pages(asked, team):
        for line in page:
            yield opening + json.dumps(_record(line) | {"data": said(line.event)}, ensure_ascii=False)
            opening = ",\n"
    yield "[]\n" if opening == "[" else "]\n"


def _record(line: Line) -> dict[str, Any]:
    """A line for programs, in the order of COLUMNS. An order goes by our id: Autoenhance's is a secret (decision 4)."""
    event = line.event
    return {
        "at": utc(event.at),
        "kind": event.kind,
        "what": line.text,
        "by": event.actor,
        "through": event.through,
        "order": event.order_id or "",
        "order_name": line.order.name if line.order else "",
    }
