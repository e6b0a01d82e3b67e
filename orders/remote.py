"""Autoenhance over HTTP: one class, frozen answers, one tree of errors. Knows no model; of Django only gettext.

`answers` says what comes back, `errors` draws the tree, `transport` makes the calls; import all names from here.

The API key is an argument, becomes one header of one request, and is kept nowhere. No error carries it, and an error's
traceback ends at the public method, so that no frame in it has the key among its locals. The frames of callers are
theirs: put Django's bare `@sensitive_variables()` on whoever holds a key (security 0.12).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext_lazy as _

from orders.answers import Page, Picture, RemoteImage, RemoteOrder, read_order, read_page, read_picture
from orders.errors import Exists, KeyRejected, NotFound, NotSent, RateLimited, Refused, RemoteError, Unavailable
from orders.transport import UNCONFIRMED, Ask, Gate, Origin, Reply, Transport, open_gate

__all__ = [
    "Autoenhance",
    "Exists",
    "KeyRejected",
    "NotFound",
    "NotSent",
    "Page",
    "Picture",
    "RateLimited",
    "Refused",
    "RemoteError",
    "RemoteImage",
    "RemoteOrder",
    "Unavailable",
]

USER_AGENT = "proofsheet/0.1.0"
UNEXPECTED = _("Autoenhance gave an unexpected answer.")
MOST_HOPS = 3
REDIRECTS = (301, 302, 303, 307, 308)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # T16: anything else could lead to another address
_KEY = re.compile(r"[\x21-\x7e]{8,256}")  # T10: anything else could add a header, or be printed by a library
_P = ParamSpec("_P")
_Answer = TypeVar("_Answer")


def _sealed(method: Callable[_P, _Answer]) -> Callable[_P, _Answer]:
    """Let a RemoteError leave `method` without the frames inside: their locals hold the key."""

    @wraps(method)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _Answer:
        try:
            return method(*args, **kwargs)
        except RemoteError as error:
            failure = error.with_traceback(None)
        del args, kwargs
        raise failure

    return call


class Autoenhance:
    """The orders API at the address `base`, in the dated `version` ("" sends none, contract section 1).

    `gate` is asked before every request to it, and told how that went. `connect`, `read`, `deadline` and
    `picture_deadline` are seconds: for a connection, without a byte, for a whole call, for a whole picture with its
    redirects. `most_json` and `most_picture` are decoded bytes. Any thread may use it: nothing in it changes.

    Every method raises only RemoteErrors. A GET may be tried twice, a POST or PATCH never is.
    """

    def __init__(
        self,
        base: str,
        version: str,
        *,
        gate: Gate = open_gate,
        connect: float = 2.0,
        read: float = 5.0,
        deadline: float = 8.0,
        picture_deadline: float = 4.0,
        most_json: int = 2_000_000,
        most_picture: int = 10_000_000,
    ) -> None:
        self._base = base.rstrip("/")
        self._version = {"x-api-version": version} if version else {}
        self._transport = Transport(self._base, gate, connect, read)
        self._deadline, self._picture_deadline = deadline, picture_deadline
        self._most_json, self._most_picture = most_json, most_picture

    @_sealed
    def list(self, key: str, *, offset: str | None = None, per_page: int = 15) -> Page:
        """The newest `per_page` orders of the key's account, or those from `offset` on (contract section 7)."""
        query = {"per_page": str(per_page)} | ({"offset": offset} if offset else {})
        headers = self._headers("application/json", key)
        reply = self._json(Ask("GET", self._base + "/v3/orders/", self._most_json, headers, query), self._end())
        return read_page(reply.body)

    def retrieve(self, order_id: str, *, deadline: float | None = None) -> RemoteOrder:
        """The order; NotFound when there is none. Sends no key (decision 5). `deadline`: seconds for the whole call."""
        return self._retrieve(order_id, self._end(deadline))

    @_sealed
    def create(self, key: str, order_id: str, name: str) -> RemoteOrder:
        """Make an order with the id that we chose; Exists when it is taken (contract section 4)."""
        body = {"order_id": _checked(order_id), "name": name}
        return self._write("POST", "/v3/orders/", key, order_id, body)

    @_sealed
    def edit(self, key: str, order_id: str, name: str) -> RemoteOrder:
        """Rename an order. The body is the name and nothing else (security 0.6)."""
        return self._write("PATCH", f"/v3/orders/{_checked(order_id)}", key, order_id, {"name": name})

    def preview(self, image_id: str) -> Picture:
        """The enhanced picture, small, without a key (decision 8)."""
        return self._picture(f"{_checked(image_id)}/preview")

    def watermark(self, image_id: str) -> Picture:
        """The small picture with Autoenhance's watermark, without a key: for guests (decision 8)."""
        return self._picture(f"{_checked(image_id)}/watermark")

    @_sealed
    def enhanced(self, key: str, image_id: str) -> Picture:
        """The small picture through the key's account, free of charge: always the preview (contract section 11)."""
        return self._picture(f"{_checked(image_id)}/enhanced", key, {"preview": "true"})

    @_sealed
    def original(self, image_id: str, key: str | None = None) -> Picture:
        """The picture before it was enhanced, small, without a key if that works (contract section 11, conflict 7)."""
        return self._picture(f"{_checked(image_id)}/original", key, {"preview": "true"})

    def _end(self, deadline: float | None = None) -> float:
        return time.monotonic() + (self._deadline if deadline is None else deadline)

    def _retrieve(self, order_id: str, ends: float) -> RemoteOrder:
        url = f"{self._base}/v3/orders/{_checked(order_id)}"
        reply = self._json(Ask("GET", url, self._most_json, self._headers("application/json")), ends)
        return _same(read_order(reply.body), order_id)

    def _write(self, method: str, path: str, key: str, order_id: str, content: Mapping[str, str]) -> RemoteOrder:
        """A success without a body is confirmed by reading (F23). Where that fails, it may have been done all the same.

        Without its content type the body counts as empty there, and makes an order without a name (contract 1).
        """
        ends = self._end()
        headers = self._headers("application/json", key) | {"content-type": "application/json"}
        body = json.dumps(content).encode()
        reply = self._json(Ask(method, self._base + path, self._most_json, headers, body=body), ends)
        if reply.body.strip():
            return _same(read_order(reply.body), order_id)
        try:
            return self._retrieve(order_id, ends)
        except RemoteError as error:
            failure = Unavailable(UNCONFIRMED, status=error.status, request_id=error.request_id)
        raise failure

    def _json(self, ask: Ask, ends: float) -> Reply:
        """A redirect is not followed: the key must not travel, nor a POST become a GET (T12, F35)."""
        reply = self._transport.send(ask, ends)
        if not reply.ok:
            raise Unavailable(UNEXPECTED, status=reply.status, request_id=reply.request_id)
        return reply

    def _picture(self, path: str, key: str | None = None, query: Mapping[str, str] | None = None) -> Picture:
        """A picture, behind at most three redirects (decision 9)."""
        ends = time.monotonic() + self._picture_deadline
        url = f"{self._base}/v3/images/{path}"
        ask = Ask("GET", url, self._most_picture, self._headers("image/*", key), query or {})
        for _hop in range(1 + MOST_HOPS):
            reply = self._transport.send(ask, ends)
            if reply.ok:
                return read_picture(reply.body)
            ask = self._follow(ask, reply)
        raise Unavailable(UNEXPECTED, status=reply.status)

    def _follow(self, ask: Ask, reply: Reply) -> Ask:
        """Where a redirect leads: to https, or where we were configured to go; Unavailable for anything else.

        The key goes along only at home, and only to an address that itself says that it is the free preview.
        """
        try:
            url = urlsplit(urljoin(ask.url, reply.headers["location"]))
            at_home = Origin.of(url) == self._transport.origin
        except (KeyError, ValueError):
            url, at_home = urlsplit(""), False
        allowed = at_home or (url.scheme == "https" and bool(url.hostname))
        if reply.status not in REDIRECTS or not allowed or "@" in url.netloc:
            raise Unavailable(UNEXPECTED, status=reply.status)
        if not at_home:
            headers = {name: ask.headers[name] for name in ("accept", "accept-encoding", "user-agent")}
        else:
            free = "preview=true" in url.query.split("&")
            headers = self._headers("image/*", ask.key if free and ask.key else None)
        return Ask("GET", url.geturl(), ask.most, headers)

    def _headers(self, accept: str, key: str | None = None) -> dict[str, str]:
        """All headers of a request besides those of its body. An encoding other than gzip could only help a bomb."""
        headers = {"accept": accept, "accept-encoding": "gzip", "user-agent": USER_AGENT} | self._version
        if key is None:
            return headers
        if not _KEY.fullmatch(key):
            raise NotSent(_("This does not look like an API key of Autoenhance. Nothing was sent."))
        return headers | {"x-api-key": key}


def _checked(an_id: str) -> str:
    """The id, fit to be part of an address; NotSent when it is not."""
    if not _ID.fullmatch(an_id):
        raise NotSent(
            _("Autoenhance cannot be asked about this: its id does not fit into an address. Nothing was sent.")
        )
    return an_id


def _same(order: RemoteOrder, order_id: str) -> RemoteOrder:
    """The order, if it is the one that was asked for: an answer never overwrites another row (F27)."""
    if order.order_id != order_id:
        raise Unavailable(_("Autoenhance answered with another order than the one asked for."))
    return order
