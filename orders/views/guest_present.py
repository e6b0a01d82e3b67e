"""What a guest is shown, and nothing else: the whole context of the guest page (style item 26, D11, T38)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from orders.models import Order, ShareLink, Shown
from orders.pictures import may_have_preview
from orders.views.present import Moment, moment_there
from orders.views.viewer import Picture, place

STATES = {"ready": Shown.READY, "failed": Shown.ERROR, "latent": Shown.PROCESSING}
# Seconds until an open page asks again; about what is finished it does not ask.
INTERVALS = {Shown.MERGING: 15, Shown.PROCESSING: 15, Shown.WAITING: 60, Shown.UNKNOWN: 60}


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture. A number instead of its file name, which may hold an id or somebody's address."""

    number: int
    state: str
    url: str
    page: str
    alt: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Everything that the page of a link may know. Moments are in the team's zone, which they name.

    `status` is Autoenhance's own word, `team` "" unless the link names it, `ends` None for a link without an end.
    `here` is where the page is, "" where it may not ask again; `version` is another for whatever else it would show.
    """

    name: str
    shown_slug: str
    shown_word: str
    status: str
    pictures: int
    ready: int
    failed: int
    frames: tuple[Frame, ...]
    team: str
    ends: Moment | None
    seen: Moment
    interval: int
    here: str = ""
    version: str = ""


def guest(link: ShareLink, below: str, here: str = "") -> Guest:
    """What this link shows of its order; its pictures and their pages lie below the address `below`."""
    order, team = link.order, link.team
    page = Guest(
        name=order.label,
        shown_slug=order.shown_slug,
        shown_word=order.shown_word,
        status=order.status,
        pictures=order.pictures,
        ready=order.ready,
        failed=order.failed,
        frames=_frames(order, below) if link.reveals == ShareLink.Reveals.PREVIEWS and not order.deleted else (),
        team=team.name if link.names_team else "",
        ends=moment_there(link.expires_at, team) if link.expires_at else None,
        seen=moment_there(order.seen_at, team),
        interval=INTERVALS.get(Shown(order.shown), 0) if here else 0,
        here=here,
    )
    return replace(page, version=_version(page))


def picture_of(page: Guest, address: str, back: str) -> Picture | None:
    """The picture whose page is at `address`, with the way `back` to all; None when the link shows no such picture."""
    pages = [frame.page for frame in page.frames]
    if address not in pages:
        return None
    frame = page.frames[pages.index(address)]
    shown = STATES[frame.state]
    return Picture(
        title=_("Picture %d") % frame.number,
        alt=frame.alt,
        shown_slug=shown.name.lower(),
        shown_word=str(shown.label),
        place=place(pages, frame.number - 1),
        back=f"{back}#picture-{frame.number}",
        src=frame.url if frame.state == "ready" else "",
    )


def _version(page: Guest) -> str:
    """A sum of all that is shown but for the times, of which one is of our last look and both say how long ago."""
    shown = asdict(page) | {"seen": "", "ends": page.ends and page.ends.iso}
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def _frames(order: Order, below: str) -> tuple[Frame, ...]:
    return tuple(_frame(number, image, below) for number, image in enumerate(order.detail.images, 1))


def _frame(number: int, image: dict[str, Any], below: str) -> Frame:
    state = "ready" if may_have_preview(image) else "failed" if image["status"] == "error" else "latent"
    words = {
        "ready": _("Picture %d"),
        "failed": _("Picture %d, which could not be improved"),
        "latent": _("Picture %d, which is not ready yet"),
    }
    n = image["n"]
    return Frame(number, state, f"{below}images/{n}/", f"{below}pictures/{n}/", words[state] % number)
