"""The one client of this process, and what every call through a key does besides."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from orders.models import ApiKey, Pace
from orders.remote import Autoenhance, KeyRejected, NotSent
from orders.vault import Unreadable

Answer = TypeVar("Answer")

# Somebody is waiting for the page: rather a sentence now than an answer much later.
PATIENCE = 3.0


def pace() -> None:
    """Wait for our place under the installation's rate; NotSent when that is too far away."""
    wait = Pace.reserve(settings.AUTOENHANCE_REQUESTS_PER_SECOND)
    if wait > PATIENCE:
        raise NotSent(
            str(_("Too much is waiting for Autoenhance at the moment. Nothing was sent; try again in a minute."))
        )
    time.sleep(wait)


@lru_cache(maxsize=4)
def _client(base: str, version: str) -> Autoenhance:
    return Autoenhance(base, version, pace=pace)


def autoenhance() -> Autoenhance:
    """The client for the configured host; one pool of connections per process."""
    return _client(settings.AUTOENHANCE_API_URL, settings.AUTOENHANCE_API_VERSION)


def through(key: ApiKey, call: Callable[[str], Answer]) -> Answer:
    """What `call` answers when given the secret of `key`.

    Raises RemoteError: NotSent when the key cannot be opened; KeyRejected marks the key, so that others take over.
    """
    try:
        secret = key.secret()
    except Unreadable:
        raise NotSent(
            str(_("The key %(key)s cannot be opened any more. Its owner has to enter it again.") % {"key": key.label})
        ) from None
    try:
        answer = call(secret)
    except KeyRejected:
        key.refuse()
        raise
    key.touch()
    return answer
