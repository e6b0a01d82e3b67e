"""One picture of an order: a page of its own, which scripts show over the contact sheet (features M2, M5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dashboard.accounts.roles import Action
from dashboard.parts import part_or_page
from orders.absorb import WORDS
from orders.models import Order, Shown
from orders.pictures import may_have_preview
from orders.views import sheet
from orders.views.access import order_or_404
from orders.views.present import addresses

PART = "orders/_viewer.html"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is among others: as which of how many, and their addresses, "" where there is none."""

    number: int
    total: int
    first: str
    previous: str
    next: str
    last: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as its page shows it; "" for what there is not.

    `src` and `before` are where its preview and its original are, `status` is Autoenhance's own word, `back` leads to
    all pictures.
    """

    title: str
    alt: str
    shown_slug: str
    shown_word: str
    place: Place
    back: str
    src: str = ""
    before: str = ""
    scene: str = ""
    status: str = ""
    reason: str = ""


@require_safe
def order_picture(request: HttpRequest, pk: int, n: int) -> HttpResponse:
    """The page of the picture with our number `n`, among those that the sheet shows. Never waits for Autoenhance."""
    order = order_or_404(request, pk, Action.SEE)
    picture = _picture(order, n, sheet.asked(request))
    if picture is None:
        raise Http404
    context = {"order": order, "team": order.team, "picture": picture}
    return part_or_page(request, PART, "orders/picture.html", context)


def place(pages: Sequence[str], at: int) -> Place:
    """The place of the picture with index `at` among those with these addresses."""
    before, after = pages[:at], pages[at + 1 :]
    return Place(
        number=at + 1,
        total=len(pages),
        first=before[0] if before else "",
        previous=before[-1] if before else "",
        next=after[0] if after else "",
        last=after[-1] if after else "",
    )


def _picture(order: Order, n: int, by: str) -> Picture | None:
    """None when the order has no such picture. One that the sheet does not show any more is among all of them."""
    image = order.detail.image(n)
    if image is None:
        return None
    by = by if image in sheet.arranged(order, by) else ""
    images, page, kept = sheet.arranged(order, by), addresses("orders:picture", order.pk), sheet.query(by)
    shown, has_preview = _shown(image), may_have_preview(image)
    return Picture(
        title=sheet.title(image),
        alt=sheet.alt(image),
        shown_slug=shown.name.lower(),
        shown_word=str(shown.label),
        place=place([page(each["n"]) + kept for each in images], images.index(image)),
        back=f"{order.get_absolute_url()}{kept}#picture-{n}",
        src=reverse("orders:image", args=[order.pk, n]) if has_preview else "",
        before=reverse("orders:before", args=[order.pk, n]) if has_preview else "",
        scene=sheet.scene(image),
        status=image["status"] or "",
        reason=image["reason"] or (_("Autoenhance gave no reason.") if shown is Shown.ERROR else ""),
    )


def _shown(image: dict[str, Any]) -> Shown:
    """Our word for the status of a picture."""
    return WORDS.get(image["status"] or "", Shown.UNKNOWN)
