"""The contact sheet of an order: its pictures as frames, in the order that a person asked for (features M1, M5, M6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import Order
from orders.pictures import may_have_preview
from orders.views.present import addresses

ASKED, FAILED = "pictures", "failed"
# Of Autoenhance's words for a picture; all others are on their way.
SLUGS = {"processed": SafeString("ready"), "error": SafeString("error")}
LATENT = SafeString("latent")
SAID = {
    None: gettext_lazy("unknown"),
    "processed": gettext_lazy("ready"),
    "error": gettext_lazy("failed"),
    "processing": gettext_lazy("processing"),
    "waiting": gettext_lazy("waiting"),
}
FIRST = {"error": 0, "processed": 2}
WORDS = {
    "": gettext_lazy("Number"),
    "name": gettext_lazy("Name"),
    "status": gettext_lazy("Status"),
    FAILED: gettext_lazy("Failed"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to arrange the sheet, where it leads, and whether the sheet is like that."""

    word: str
    url: str
    current: bool


def asked(request: HttpRequest) -> str:
    """How the person wants the pictures arranged: a name of WORDS, by number unless they say otherwise."""
    by = request.GET.get(ASKED, "")
    return by if by in WORDS else ""


def query(by: str) -> SafeString:
    """What an address says so that the pictures stay arranged like that: `by` is one of WORDS, so nothing to escape."""
    return SafeString(f"?{ASKED}={by}" if by else "")


def arranged(order: Order, by: str) -> list[dict[str, Any]]:
    """The pictures, or of these only the failed ones while there are any."""
    images = order.detail.images
    if by == FAILED:
        return [image for image in images if image["status"] == "error"] or images
    return sorted(images, key=_KEYS[by])


def choices(order: Order, by: str) -> list[Choice]:
    """The ways to arrange the sheet; none where there is nothing to arrange."""
    offered = [each for each in WORDS if each != FAILED or order.failed]
    here = order.get_absolute_url()
    made = [Choice(str(WORDS[each]), f"{here}{query(each)}#sheet", each == by) for each in offered]
    return made if order.pictures > 1 else []


def frames(order: Order, by: str) -> list[dict[str, Any]]:
    """The pictures as the contact sheet shows them. In words where possible, safe ones at best: templates are slow."""
    made, url, page, kept = [], addresses("orders:image", order.pk), addresses("orders:picture", order.pk), query(by)
    words = {status: str(word) for status, word in SAID.items()}
    for image in arranged(order, by):
        reason, has_preview = image["reason"] or "", may_have_preview(image)
        slug = SLUGS.get(image["status"] or "", LATENT)
        made.append(
            {
                "n": SafeString(image["n"]),
                "label": image["name"],
                "alt": alt(image, words),
                "status_slug": slug,
                "has_preview": has_preview,
                "is_plain": has_preview and slug != "error" and not reason,
                "reason": reason,
                "url": url(image["n"]),
                "page": page(image["n"]) + kept,
            }
        )
    return made


def title(image: dict[str, Any]) -> str:
    """What the picture is called."""
    return str(image["name"] or _("Picture %d") % image["n"])


def scene(image: dict[str, Any]) -> str:
    """What Autoenhance sees in the picture, in its words: "living room"."""
    return (image["scene"] or "").replace("_", " ")


def alt(image: dict[str, Any], words: Mapping[str | None, object] = SAID) -> str:
    """What the picture is, for who does not see it: name, scene and status (M1); in `words` of each status."""
    status = image["status"] or None
    return ", ".join(filter(None, (title(image), scene(image), str(words.get(status, status)))))


def _natural(image: dict[str, Any]) -> list[str | int]:
    """As people count: room 2 before room 10."""
    parts = re.split(r"([0-9]+)", (image["name"] or "").casefold())
    return [int(part) if at % 2 else part for at, part in enumerate(parts)]


_KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "": lambda image: image["n"],
    "name": _natural,
    "status": lambda image: (FIRST.get(image["status"] or "", 1), image["n"]),
}
