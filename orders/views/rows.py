"""The rows of the list. What a template works out for each of them, it works out slowly; so they come in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import attrgetter
from urllib.parse import quote_plus

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import zones
from dashboard.accounts.models import User
from dashboard.signs import straightened
from orders import due
from orders.models import ApiKey, Order, OrderKey, Shown, Write
from orders.search import Found
from orders.views.listing import Address
from orders.views.present import addresses, day_name, zone_name


@dataclass(frozen=True, slots=True)
class Row:
    """One order in the list; `day` is the heading above it when a new day begins, `clock` its time as the list says it.

    `chip` and `who` are its status and the owner of its key as HTML, `pick` and `rename` what ticking and renaming it
    is called, `unit` that of its pictures. `live`: news of it are to be expected, so an open page asks. `marks` are the
    pieces of the name, True where the search matched; empty where nothing was searched. `name_url` is "" where this
    person has no key to rename it through.
    """

    order: Order
    pk: str
    day: str
    iso: str
    exact: str
    clock: str
    url: str
    name_url: str
    strip_url: str
    chip: str
    who: str
    pick: str
    rename: str
    pictures: str
    unit: str
    marks: list[tuple[str, bool]]
    write: Write | None
    live: bool


def rows(orders: list[Order], writes: Iterable[Write], found: Found, address: Address, here: str) -> list[Row]:
    """The orders of one page of the list, which is at `here`. Sorted by a time, they stand under its days.

    writes: among them the changes of these orders that are not confirmed yet.
    """
    page = _Page(orders, writes, found, address, here)
    return [page.row(order) for order in orders]


class _Page:
    """What the rows of a page have in common, worked out once; they are made in their order."""

    def __init__(self, orders: list[Order], writes: Iterable[Write], found: Found, address: Address, here: str) -> None:
        self.found, self.now, self.zone = found, timezone.now(), zones.of_viewer(found.team.time_zone)
        self.time = attrgetter("updated_at" if address.sort.endswith("updated") else "created_at")
        self.by_day = address.sort.endswith(("created", "updated"))
        self.last: date | None = None
        self.writes = {write.target_id: write for write in writes if write.state == Write.State.UNCLEAR}
        self.able = _through_a_key(orders, found.user)
        self.date = cache(lambda day: date_format(day, "j M Y"))
        self.chip, self.who = _chips(found, address), cache(_who)
        self.url, self.name_url, self.strip_url = map(addresses, ("orders:detail", "orders:name", "orders:strip"))
        self.back = quote_plus(f"{here}#order-")
        self.pick, self.rename = _("Select %(name)s"), _("Rename %(name)s")

    def row(self, order: Order) -> Row:
        pk, called, local = str(order.pk), {"name": order.label}, self.time(order).astimezone(self.zone)
        day, date, clock = local.date(), self.date(local.date()), f"{local:%H:%M}"
        return Row(
            order=order,
            pk=pk,
            day=self._heading(day),
            iso=local.isoformat(timespec="seconds"),
            exact=f"{date}, {clock} {zone_name(local)}",
            clock=clock if self.by_day else date,
            url=self.url(order.pk),
            name_url=f"{self.name_url(order.pk)}?next={self.back}{pk}" if order.pk in self.able else "",
            strip_url=f"{self.strip_url(order.pk)}?v={order.strip}" if order.strip else "",
            chip=self.chip(order),
            who=self.who(order.key) if order.key else "",
            pick=self.pick % called,
            rename=self.rename % called,
            pictures=str(order.pictures),
            unit=ngettext("picture", "pictures", order.pictures),
            marks=self.found.marks(straightened(order.name)) if self.found.query.terms else [],
            write=self.writes.get(order.pk),
            live=due.is_open(order, self.now) or order.pk in self.writes,
        )

    def _heading(self, day: date) -> str:
        """What stands above a row of this day; "" when it has the same day as the row before."""
        new, self.last = self.by_day and day != self.last, day
        return day_name(day, self.now.astimezone(self.zone).date()) if new else ""


def _chips(found: Found, address: Address) -> Callable[[Order], str]:
    """What makes the chip of an order, a link to its status. Most orders of a page have the same."""
    made: dict[tuple[object, ...], str] = {}

    def chip(order: Order) -> str:
        progress = (order.ready, order.pictures) if order.shown == Shown.PROCESSING else ()
        says = (order.shown, order.status, order.failed, *progress)
        if says not in made:
            url = address.to(text=found.with_filter("status", order.shown_slug))
            made[says] = render_to_string("orders/_status.html", {"order": order, "status_url": url})
        return made[says]

    return chip


def _who(key: ApiKey) -> str:
    return render_to_string("orders/_who.html", {"user": key.user})


def _through_a_key(orders: list[Order], user: User) -> set[int]:
    """Which of the orders this person has a key for; `Order.key_for` decides once more when it comes to it."""
    keyed = [(order, order.key) for order in orders if order.key and order.key.refused_at is None]
    able = {order.pk for order, key in keyed if key.shared or key.user_id == user.pk}
    others = {order.pk for order in orders} - able
    if not others:
        return able
    mine = OrderKey.objects.filter(order__in=others, key__user=user, key__refused_at=None)
    return able | set(mine.values_list("order_id", flat=True))
