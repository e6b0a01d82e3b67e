"""What a search finds, as a table for spreadsheets (features L6); the timeline says who took it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.models import Team
from dashboard.accounts.roles import Action
from orders.models import Event, Order
from orders.search import LONGEST_TEXT, Found, search
from orders.search.places import place_of
from orders.spreadsheets import AT_ONCE, BOM, csv_lines, utc

COLUMNS = (
    "name",
    "status",
    "status_at_autoenhance",
    "pictures",
    "ready",
    "failed",
    "created",
    "updated",
    "order_id",
    "by",
    "key",
)
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
# What may be an id or a key that somebody pasted into the search: no word of an address has so many signs and a digit.
SECRETIVE = re.compile(r"(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{16,}")
LONGEST_NOTE = 200


@require_safe
def orders_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """All that `q` finds in the order of `sort`, in UTF-8, with a byte order mark for `bom=1` (for Excel)."""
    team = team_or_404(request, slug, Action.SEE)
    text, sort = request.GET.get("q", "").replace("\0", ""), request.GET.get("sort", "")
    found = search(team, person(request), text, sort=sort)
    return file_of(request, team, "orders", "csv", text, _lines(found, with_bom=request.GET.get("bom") == "1"))


def file_of(
    request: HttpRequest, team: Team, what: str, kind: str, q: str, lines: Iterable[str]
) -> StreamingHttpResponse:
    """`lines` as a file that is made while it is sent. That it was taken is noted when the first line goes out.

    A GET that leaves a trace in the timeline, and nowhere else: it stays a link that can be kept and called by other
    programs, and a HEAD or a request that is broken off before has taken nothing.
    """

    def sent() -> Iterator[str]:
        Event.objects.note_export(team, person(request), what=what, kind=kind, q=noted(q))
        yield from lines

    answer = StreamingHttpResponse(sent() if request.method == "GET" else (), content_type=TYPES[kind])
    # A slug has letters, digits, - and _ only.
    answer["Content-Disposition"] = f'attachment; filename="{team.slug}-{what}-{timezone.now():%Y-%m-%d}.{kind}"'
    return answer


def noted(q: str) -> str:
    """A search as the timeline may keep it: cut short, and without what may be a secret (V3)."""
    words = q[:LONGEST_TEXT].split()
    return " ".join("…" if SECRETIVE.search(word) else word for word in words)[:LONGEST_NOTE]


def _lines(found: Found, *, with_bom: bool) -> Iterator[str]:
    yield (BOM if with_bom else "") + csv_lines([COLUMNS])
    for page in _pages(found):
        yield csv_lines(_cells(order) for order in page)


def _pages(found: Found) -> Iterator[list[Order]]:
    """Every order, some at a time: memory stays the same, and no cursor keeps a connection."""
    if found.jump:
        yield [found.jump]
        return
    place = None
    while ids := found.ids(found.sort, place, AT_ONCE):
        page = Order.objects.select_related("key__user").of_page(ids, keys=())
        yield page
        if len(ids) < AT_ONCE or not page:
            return
        place = place_of(page[-1], found.sort)


def _cells(order: Order) -> list[str | int]:
    return [
        order.name,
        order.shown_word,
        order.status,
        order.pictures,
        order.ready,
        order.failed,
        utc(order.created_at),
        utc(order.updated_at),
        order.order_id,
        order.key.user.label if order.key else "",
        order.key.label if order.key else "",
    ]
