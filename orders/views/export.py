"""What a search finds, as a table for spreadsheets (features L6)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.accounts.access import person, team_or_404
from dashboard.accounts.roles import Action
from orders.models import Order
from orders.search import Found, search
from orders.search.places import place_of

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
# So many orders are in memory at a time.
AT_ONCE = 1000
# A spreadsheet takes a cell that begins so for a formula (OWASP, T64); some do with the wide forms as well.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
BOM = "\ufeff"


@require_safe
def orders_csv(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """All that `q` finds in the order of `sort`, in UTF-8, with a byte order mark for `bom=1` (for Excel)."""
    team = team_or_404(request, slug, Action.SEE)
    text, sort = request.GET.get("q", "").replace("\0", ""), request.GET.get("sort", "")
    found = search(team, person(request), text, sort=sort)
    answer = StreamingHttpResponse(
        _lines(found, with_bom=request.GET.get("bom") == "1"), content_type="text/csv; charset=utf-8"
    )
    # A slug has letters, digits, - and _ only.
    answer["Content-Disposition"] = f'attachment; filename="{team.slug}-orders-{timezone.now():%Y-%m-%d}.csv"'
    return answer


def _lines(found: Found, *, with_bom: bool) -> Iterator[str]:
    yield (BOM if with_bom else "") + _csv([COLUMNS])
    for page in _pages(found):
        yield _csv([_safe(cell) for cell in _cells(order)] for order in page)


def _csv(rows: Iterable[Sequence[str | int]]) -> str:
    """The rows as RFC 4180 has them."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


def _pages(found: Found) -> Iterator[list[Order]]:
    """Every order, some at a time: memory stays the same, and no cursor keeps a connection."""
    if found.jump:
        yield [found.jump]
        return
    place = None
    while ids := found.ids(found.sort, place, AT_ONCE):
        orders = Order.objects.filter(pk__in=ids).select_related("key__user").in_bulk()
        page = [orders[pk] for pk in ids if pk in orders]
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
        _utc(order.created_at),
        _utc(order.updated_at),
        order.order_id,
        order.key.user.label if order.key else "",
        order.key.label if order.key else "",
    ]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _safe(cell: str | int) -> str | int:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
