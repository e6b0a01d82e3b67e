"""Every component in every state, made of the parts that pages are made of. For developers: only under DEBUG."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.accounts.access import person
from dashboard.accounts.models import Team, User
from orders.models import Order, Shown
from orders.views.freshness import AsOf
from orders.views.present import Moment, moment

# Words of Autoenhance beside the word that we show for them, of 30 pictures how many are ready, and how many failed.
CONDITIONS = (
    (Shown.WAITING, "waiting", 0, 0),
    (Shown.MERGING, "processing", 0, 0),
    (Shown.PROCESSING, "processing", 12, 0),
    (Shown.READY, "processed", 30, 0),
    (Shown.READY, "processed", 28, 2),
    (Shown.ERROR, "error", 0, 30),
    (Shown.DELETED, "processed", 30, 0),
    (Shown.UNKNOWN, "archived", 0, 0),
)
# Of a picture: its drawing, its state, and why it failed.
PICTURES = (
    ("twilight", "ready", ""),
    ("front", "ready", ""),
    ("pool", "error", "Too dark to align the brackets"),
    ("living", "ready", ""),
    ("kitchen", "processing", ""),
    ("", "processing", ""),
)
EVENTS = (
    ("ready", "done", "12 of 30 pictures are ready"),
    ("error", "", "Picture 3 failed: too dark to align the brackets"),
    ("processing", "now", "Processing began, 30 pictures"),
)
COLOURS = (
    "desk paper raised wash veil line line-quiet line-control ink ink-2 ink-3 pencil pencil-ink pencil-wash"
    " film film-blank film-light film-print film-bad waiting merging processing ready error stale"
)
SPACES = "s1 s2 s3 s4 s5 s6 s7"
LEVELS = (constants.INFO, constants.SUCCESS, constants.WARNING, constants.ERROR)


class SampleForm(forms.Form):
    """A field of each kind, with what may be wrong with it."""

    name = forms.CharField(help_text="This is what teammates see.", initial="12 Rosewood Ave")
    email = forms.EmailField(label="E-mail address", required=True)
    role = forms.ChoiceField(
        choices=[("m", "Member: creates, renames and shares"), ("v", "Viewer: reads")], initial="m"
    )
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    expiry = forms.ChoiceField(
        choices=[("7", "Seven days"), ("0", "No end")], initial="7", widget=forms.RadioSelect, label="It opens for"
    )
    sure = forms.BooleanField(label="Yes, rename 60 orders at Autoenhance.", required=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a timeline, as its part wants it."""

    icon: str
    variant: str
    text: str
    at: Moment
    order: None = None


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """The guide, in the theme of whoever looks; 404 where DEBUG is off."""
    if not settings.DEBUG:
        raise Http404
    user = person(request)
    return render(request, "styleguide/page.html", {"team": user.last_team, **_samples(user)})


def _samples(user: User) -> dict[str, Any]:
    """What the parts show. Nothing of it is in the database, so that it looks the same everywhere."""
    at = moment(timezone.now() - timedelta(minutes=6), Team(time_zone="UTC"))
    orders = [_order(n, *condition) for n, condition in enumerate(CONDITIONS, start=1)]
    return {
        "colours": COLOURS.split(),
        "spaces": SPACES.split(),
        "orders": orders,
        "order": orders[4],
        "named": [_order(n, *CONDITIONS[3]) for n in (90, 91)],
        "rows": [_row(order, user) for order in orders],
        "choices": [{"url": "#s-film", "word": "Number", "current": True}, {"url": "#s-film", "word": "Room"}],
        "images": [_image(n, *picture) for n, picture in enumerate(PICTURES, start=1)],
        "fresh": AsOf(at, 14, 30),
        "old": AsOf(at, 360, 30, "Autoenhance does not answer."),
        "form": SampleForm(prefix="right"),
        "wrong": SampleForm({"wrong-name": "", "wrong-email": "ana@", "wrong-expiry": "9"}, prefix="wrong"),
        "notes": [Message(level, "One sentence about what was just done.") for level in LEVELS],
        "events": [Line(*event, at) for event in EVENTS],
        "tabs": [{"label": word, "url": "#list", "count": 12, "current": not n} for n, word in enumerate(Shown.labels)],
        "conflict": {"yours": "12 Rosewood Ave", "now": "12 Rosewood Avenue", "before": "Rosewood", "by": "Ben Okoro"},
        "can_rename": True,
        "picture": _picture(),
        "sections": [("Orders", [{"url": "#s-over", "icon": "sheet", "label": "12 Rosewood Ave", "note": "Ready"}])],
        "groups": [("In a list", [([["j"], ["Down"]], "The next order")])],
    }


def _order(pk: int, shown: Shown, status: str, ready: int, failed: int) -> Order:
    order = Order(pk=pk, shown=shown, status=status, pictures=30, ready=ready, failed=failed, version=1)
    order.rename_to(f"{pk} Rosewood Avenue, Upper Thornby" if pk > 1 else "")
    return order


def _row(order: Order, user: User) -> dict[str, Any]:
    """As orders/_row.html wants it."""
    here = "#list"
    return {
        "pk": f"{order.pk}",
        "order": order,
        "url": here,
        "name_url": here,
        "rename": f"Rename {order.label}",
        "pick": f"Select {order.label}",
        "strip_url": "",
        "chip": render_to_string("orders/_status.html", {"order": order}),
        "who": render_to_string("orders/_who.html", {"user": user}),
        "pictures": order.pictures,
        "unit": "pictures",
        "clock": "09:14",
        "marks": [("Rosewood", True), (" Avenue, Upper Thornby", False)] if order.pk == 2 else [],
    }


def _image(n: int, scene: str, status: str, reason: str) -> dict[str, Any]:
    """As orders/_sheet.html wants it."""
    return {
        "n": n,
        "url": static(f"art/{scene}.webp") if scene else "",
        "page": f"#picture-{n}",
        "alt": f"Picture {n}",
        "label": f"DSC_{n:04}.jpg",
        "has_preview": bool(scene),
        "is_plain": status == "ready",
        "status_slug": status,
        "reason": reason,
    }


def _picture() -> dict[str, Any]:
    """As orders/_viewer.html wants it."""
    picture = {"title": "DSC_0001.jpg", "alt": "Picture 1", "scene": "Front at dusk", "back": "#s-film"}
    state = {"shown_slug": "ready", "shown_word": Shown.READY.label, "reason": "The sky was left as it is."}
    files = {"src": static("art/twilight.webp"), "before": static("art/front.webp")}
    return {**picture, **state, **files, "place": {"number": 1, "total": 30, "next": "#s-film"}}
