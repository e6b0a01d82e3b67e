"""The one client of this process, and what every call through a key does besides."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from orders.gate import Due, enter
from orders.models import ApiKey, Pace
from orders.remote import Autoenhance, KeyRejected, NotSent, RemoteError
from orders.transport import Told
from orders.vault import Unreadable

Answer = TypeVar("Answer")

# Nobody's order: any answer about it shows that Autoenhance is there.
NOBODYS = "00000000-0000-0000-0000-000000000000"
LOOK_DEADLINE = 2.0


@lru_cache(maxsize=4)
def _client(base: str, version: str) -> Autoenhance:
    return Autoenhance(base, version, gate=_gate)


def autoenhance() -> Autoenhance:
    """The client for the configured host; one pool of connections per process."""
    return _client(settings.AUTOENHANCE_API_URL, settings.AUTOENHANCE_API_VERSION)


def look_whether_back() -> None:
    """Where Autoenhance did not answer and it is time to look, do, without a key: for who wants nothing else of it."""
    if Pace.standing().due:
        with suppress(RemoteError):
            autoenhance().retrieve(NOBODYS, deadline=LOOK_DEADLINE)


def _gate(method: str, *, again: bool) -> Told:
    """No write is the one to show whether Autoenhance is back: somebody's text is too good for that."""
    try:
        return enter(method, again=again)
    except Due:
        look_whether_back()
    return enter(method, again=again)


def through(key: ApiKey, call: Callable[[str], Answer]) -> Answer:
    """What `call` answers when given the secret of `key`.

    Raises RemoteError: NotSent when the key cannot be opened; KeyRejected marks the key, so that others take over.
    """
    try:
        secret = key.secret()
    except Unreadable:
        raise NotSent(
            _("The key %(key)s cannot be opened any more. Its owner has to enter it again.") % {"key": key.label}
        ) from None
    try:
        answer = call(secret)
    except KeyRejected:
        key.refuse()
        raise
    key.touch()
    return answer
