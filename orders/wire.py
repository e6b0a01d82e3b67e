"""TCP beneath `remote`: every wait ends with the call's deadline, and every address is judged before it is called.

`requests` limits each wait alone, so one byte a second keeps a call alive for ever (security 0.10), in headers as well
as in bodies. Here each wait on the socket gets what is left of the call: no thread has to watch it.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.connection import create_connection

# Every way in which a network, a TLS library or a hostile answer shows that a call failed. Anything else is our bug.
TROUBLE = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class TooLong(Exception):
    """An answer with more decoded bytes than it may have."""


@dataclass(slots=True)
class Call:
    """One request and its answer. `home` is the configured host and port, which alone may be at a private address."""

    ends: float  # by time.monotonic()
    connect: float  # seconds for the look-up and the connection together
    read: float  # seconds without a byte
    home: tuple[str, int]
    sent: bool = False  # whether a byte of it may have left this machine

    def left(self, most: float) -> float:
        """Seconds that a wait may take; TimeoutError when the call is over."""
        return min(most, _until(self.ends))


_current: ContextVar[Call] = ContextVar("call")


@contextmanager
def during(call: Call) -> Iterator[None]:
    """Connections used inside belong to `call`."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


class Session(requests.Session):
    """A pool of guarded connections for all threads. It takes nothing from the environment and keeps nothing.

    No proxy, no .netrc (T13), no cookie (T14), no retry (security 0.14), no header that a call did not give.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(pool_connections=4, pool_maxsize=size, max_retries=0))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: else `requests` reads the whole body of a redirect, however large, also when it is not to follow it."""


def read(response: requests.Response, most: int) -> bytes:
    """The decoded body; TooLong beyond `most` bytes. (`iter_content` would wait for whole chunks, `read1` does not.)"""
    body = bytearray()
    while chunk := response.raw.read1(65536, decode_content=True):
        body += chunk
        if len(body) > most:
            raise TooLong
    return bytes(body)


def is_public(address: str) -> bool:
    """Whether the IP `address` is on the open internet, also when it only wraps another one (6to4, NAT64)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def look_up(host: str, port: int, patience: float) -> list[str]:
    """The addresses of `host`; OSError when there is none, TimeoutError after `patience` seconds.

    The system's resolver takes as long as it likes (F14), so a thread waits for it that may be left behind.
    """
    answer: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put([str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError):
            answer.put(None)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        addresses = answer.get(timeout=patience)
    except queue.Empty:
        raise TimeoutError("the name look-up took too long") from None
    if not addresses:
        raise OSError("the name look-up found nothing")
    return addresses


def _until(moment: float) -> float:
    seconds = moment - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("no time left")
    return seconds


class _Reader(io.RawIOBase):
    """The bytes that arrive, each wait for them limited by what is left of the call."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock, self._raw, self._call = sock, raw, _current.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.left(self._call.read))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """Connect to the very address that was judged: a second look-up could find another one."""
        call = _current.get()
        ends = time.monotonic() + call.left(call.connect)
        trouble: OSError | None = None
        for address in look_up(self._dns_host, self.port, _until(ends)):
            if (self.host, self.port) != call.home and not is_public(address):
                trouble = OSError("not a public address")
                continue
            try:
                sock = create_connection((address, self.port), _until(ends), socket_options=self.socket_options)
            except OSError as failure:
                trouble = failure
                continue
            sock.settimeout(call.left(call.connect))  # for the TLS handshake
            return sock
        raise trouble or OSError("no address")

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        call = _current.get()
        self.sock.settimeout(call.left(call.read))
        call.sent = True
        super().send(data)


class _SecureConnection(_Connection, urllib3.connection.HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
