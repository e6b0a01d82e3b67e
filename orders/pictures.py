"""Pictures through our own addresses, and never at anybody's expense (decisions 8 and 9)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from orders.account import autoenhance, through
from orders.gate import Urgency, urgency
from orders.models import Order
from orders.remote import Picture, RemoteError

# Of a process's 8 threads, at most this many wait for pictures; beyond that there is a placeholder at once.
WAITING = threading.BoundedSemaphore(3)


def may_have_preview(image: dict[str, Any]) -> bool:
    """Whether Autoenhance could have a preview of a mirrored picture: not of one that waits, is worked on or failed."""
    return image["status"] not in ("waiting", "processing", "error")


def preview(order: Order, image_id: str) -> Picture | None:
    """The small enhanced picture: without a key if possible, else with the order's. None when there is none now."""
    return _now(lambda: fetch(order, image_id))


def original(order: Order, image_id: str) -> Picture | None:
    """The picture before it was enhanced, small, got as a preview is. None when there is none now.

    For the team's people alone: it has no watermark, and a client need not know what was improved.
    """
    client = autoenhance()
    return _now(
        lambda: _free(order, lambda: client.original(image_id), lambda secret: client.original(image_id, secret))
    )


def watermark(image_id: str) -> Picture | None:
    """The small picture for guests, never with a key. None when there is none now."""
    return _now(lambda: autoenhance().watermark(image_id))


def fetch(order: Order, image_id: str) -> Picture:
    """As `preview`, but waits for it however many others do, and a RemoteError says why there is none."""
    client = autoenhance()
    return _free(order, lambda: client.preview(image_id), lambda secret: client.enhanced(secret, image_id))


def _free(order: Order, without: Callable[[], Picture], with_key: Callable[[str], Picture]) -> Picture:
    """What is given without a key if possible, else with the order's; a RemoteError says why it is not."""
    try:
        return without()
    except RemoteError:
        key = order.key
        if key is None or not key.live:
            raise
        return through(key, with_key)


def _now(ask: Callable[[], Picture]) -> Picture | None:
    """What `ask` answers; None when it fails, or when too many threads wait for pictures already."""
    if not WAITING.acquire(blocking=False):
        return None
    try:
        with urgency(Urgency.SOON):  # a placeholder stands there meanwhile
            return ask()
    except RemoteError:
        return None
    finally:
        WAITING.release()
