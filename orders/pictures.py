"""Pictures for signed-in people, through our own addresses and never at anybody's expense (decisions 8 and 9)."""

from __future__ import annotations

import threading
from typing import Any

from orders.account import autoenhance, through
from orders.models import Order
from orders.remote import Picture, RemoteError

# Of a process's 8 threads, at most this many wait for pictures; beyond that there is a placeholder at once.
WAITING = threading.BoundedSemaphore(3)


def may_have_preview(image: dict[str, Any]) -> bool:
    """Whether Autoenhance could have a preview of a mirrored picture: not of one that waits, is worked on or failed."""
    return image["status"] not in ("waiting", "processing", "error")


def preview(order: Order, image_id: str) -> Picture | None:
    """The small enhanced picture: without a key if possible, else with the order's. None when there is none now."""
    if not WAITING.acquire(blocking=False):
        return None
    try:
        return fetch(order, image_id)
    except RemoteError:
        return None
    finally:
        WAITING.release()


def fetch(order: Order, image_id: str) -> Picture:
    """As `preview`, but waits for it however many others do, and a RemoteError says why there is none."""
    try:
        return autoenhance().preview(image_id)
    except RemoteError:
        key = order.key
        if key is None or not key.live:
            raise
        return through(key, lambda secret: autoenhance().enhanced(secret, image_id))
