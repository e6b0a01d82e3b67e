"""Pictures for signed-in people, through our own addresses and never at anybody's expense (decisions 8 and 9)."""

from __future__ import annotations

import threading

from orders.account import autoenhance, through
from orders.models import Order
from orders.remote import Picture, RemoteError

# Of a process's 8 threads, at most this many wait for pictures; beyond that there is a placeholder at once.
WAITING = threading.BoundedSemaphore(3)


def preview(order: Order, image_id: str) -> Picture | None:
    """The small enhanced picture: without a key if possible, else with the order's. None when there is none now."""
    if not WAITING.acquire(blocking=False):
        return None
    try:
        return _fetch(order, image_id)
    except RemoteError:
        return None
    finally:
        WAITING.release()


def _fetch(order: Order, image_id: str) -> Picture:
    try:
        return autoenhance().preview(image_id)
    except RemoteError:
        key = order.key
        if key is None or not key.live:
            raise
        return through(key, lambda secret: autoenhance().enhanced(secret, image_id))
