"""One request to Autoenhance and its answer, with the same guards for every call: the only place that calls out.

The status table, the second try of a GET and the meaning of each failure are here; `wire` has the sockets underneath,
`remote` says what is asked.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

import requests
from django.utils.translation import gettext_lazy as _

from orders import wire
from orders.answers import read_fields
from orders.errors import Exists, KeyRejected, NotFound, NotSent, RateLimited, Refused, RemoteError, Unavailable

UNCONFIRMED = _("Autoenhance did not confirm this. It may have been done all the same.")
TOO_LARGE = _("Autoenhance gave a larger answer than we take.")
LONGEST_WAIT = 300.0  # seconds of Retry-After that we believe
MOST_OF_A_REFUSAL = 65_536  # bytes of its body
AT_ONCE = 16  # connections kept; more threads than that open more and close them
REFUSALS: dict[int, type[Refused]] = {
    401: KeyRejected,
    403: KeyRejected,
    404: NotFound,
    409: Exists,
    429: RateLimited,
}

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:=-]{1,100}")
_JITTER = SystemRandom()


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `most` limits the decoded bytes of its answer."""

    method: str
    url: str
    most: int
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def key(self) -> str:
        return self.headers.get("x-api-key", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the body only of a 2xx, decoded; header names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status in range(200, 300)

    @property
    def request_id(self) -> str | None:
        value = self.headers.get("x-request-id", "")
        return value if _REQUEST_ID.fullmatch(value) else None


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an address."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: SplitResult) -> Origin:
        """ValueError when the port is none."""
        return cls(url.scheme, url.hostname or "", url.port or (443 if url.scheme == "https" else 80))


Told = Callable[[RemoteError | None], None]


class Gate(Protocol):
    """Asked before every request to our own host; what it answers is told how that went.

    It may wait, and may raise a RemoteError instead. `again`: the request is a second try.
    """

    def __call__(self, method: str, *, again: bool) -> Told: ...


def open_gate(method: str, *, again: bool) -> Told:
    """Lets everything pass, and minds nothing."""
    return lambda failure: None


class Transport:
    """Requests through one pool of connections; arguments as `remote.Autoenhance` explains them.

    Only the host and port of `home` may be at a private address, and only they are behind the gate.
    """

    def __init__(self, home: str, gate: Gate, connect: float, read: float) -> None:
        self.origin = Origin.of(urlsplit(home))
        self._gate, self._connect, self._read = gate, connect, read
        self._session = wire.Session(AT_ONCE)

    def send(self, ask: Ask, ends: float) -> Reply:
        """A 2xx or 3xx answer before `ends` (of time.monotonic()), or a RemoteError.

        A GET is sent once more after a quick failure of the connection or a 502, 503 or 504. A slow one is not: that
        would feed a brownout (F40). POST and PATCH never are (security 0.14).
        """
        gate = self._gate if Origin.of(urlsplit(ask.url)) == self.origin else open_gate
        told = gate(ask.method, again=False)
        pause = _JITTER.uniform(0, 0.3)
        patience = min(time.monotonic() + 1, ends - pause)
        try:
            return self._once(ask, ends, told)
        except Unavailable as error:
            passing = error.status in (None, 502, 503, 504) and not error.retry_after
            if ask.method != "GET" or not passing or time.monotonic() > patience:
                raise
            failure = error
        try:
            told = gate(ask.method, again=True)
            time.sleep(pause)
            return self._once(ask, ends, told)
        except NotSent:
            pass
        raise failure  # it says more than that nothing was sent a second time

    def _once(self, ask: Ask, ends: float, told: Told) -> Reply:
        """Errors are raised after the `except`: not even as context do they lead to the request and its headers."""
        if time.monotonic() >= ends:  # spent at the gate, which is nobody's failure
            raise NotSent
        outcome = self._outcome(ask, ends)
        if isinstance(outcome, RemoteError):
            told(outcome)
            raise outcome
        told(None)
        return outcome

    def _outcome(self, ask: Ask, ends: float) -> Reply | RemoteError:
        call = wire.Call(ends, self._connect, self._read, home=(self.origin.host, self.origin.port))
        try:
            with wire.during(call), self._response(ask) as response:
                reply = Reply(response.status_code, response.headers, _body(response, ask.most))
        except wire.TooLong:
            return Unavailable(TOO_LARGE, status=200)
        except wire.TROUBLE:
            return _unclear(ask) if call.sent else NotSent()
        return reply if reply.status in range(200, 400) else _error(ask, reply)

    def _response(self, ask: Ask) -> requests.Response:
        return self._session.request(
            ask.method,
            ask.url,
            params=ask.query,
            data=ask.body,
            headers=ask.headers,
            timeout=(self._connect, self._read),
            stream=True,
            allow_redirects=False,
            verify=True,
        )


def _body(response: requests.Response, most: int) -> bytes:
    """All of a success; of a refusal the beginning, if it comes; nothing of the rest (F12)."""
    if response.status_code in range(200, 300):
        return wire.read(response, most)
    if response.status_code in range(400, 500):
        try:
            return wire.read(response, MOST_OF_A_REFUSAL)
        except (wire.TooLong, *wire.TROUBLE):
            pass
    return b""


def _error(ask: Ask, reply: Reply) -> RemoteError:
    wait = _retry_after(reply.headers.get("retry-after", ""))
    if reply.status not in range(400, 500):
        return _unclear(ask, reply, wait)
    kind = REFUSALS.get(reply.status, Refused)
    if kind is KeyRejected and not ask.key:
        kind = Refused  # no key was sent, so none is at fault
    fields = read_fields(reply.body, hide=ask.key)
    return kind(status=reply.status, request_id=reply.request_id, retry_after=wait, fields=fields)


def _unclear(ask: Ask, reply: Reply | None = None, wait: float | None = None) -> Unavailable:
    sentence = "" if ask.method == "GET" else UNCONFIRMED
    if reply is None:
        return Unavailable(sentence)
    return Unavailable(sentence, status=reply.status, request_id=reply.request_id, retry_after=wait)


def _retry_after(value: str) -> float | None:
    """Seconds from a Retry-After header, which has either seconds or a date (RFC 9110, 10.2.3); None for nonsense."""
    if re.fullmatch("[0-9]{1,9}", value):
        return min(float(value), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(value) - datetime.now(UTC)
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_WAIT)
