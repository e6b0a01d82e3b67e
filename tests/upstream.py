"""A stand-in for Autoenhance that breaks on demand: a real HTTP server on a socket, and a journal of what reached it.

    with Upstream(app) as upstream:
        upstream.script("POST", "/v3/orders/", Step(process=True, reset="before"))
        ...
        assert len(upstream.calls("POST", "/v3/orders/")) == 1

Each request takes the next step of the first script that fits its method and path; without one it goes to the WSGI app
given at construction, or gets a 404 in the vendor's shape. The journal is the oracle for what really happened upstream.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from fnmatch import fnmatchcase
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qsl
from wsgiref.types import WSGIApplication

from werkzeug.test import Client

Pause = float | threading.Event
UNSAID: Any = object()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One answer, and what goes wrong on its way. What is not said comes from the app (`process`) or is a plain 200.

    hold: before the app sees the request; delay: before the answer. Seconds, or an Event to wait for.
    drip, drip_headers: seconds after each byte of the body, of the status line and headers.
    truncate: bytes that Content-Length promises and that never come, before the connection is closed.
    reset: "before" any byte of the answer or "during" its body, in the middle.
    hang: never answer. stream: makes the pieces of a body of unsaid length. forever: stay for the next request too.
    """

    status: int | None = None
    json: Any = UNSAID
    raw: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    process: bool = False
    hold: Pause = 0.0
    delay: Pause = 0.0
    drip: float = 0.0
    drip_headers: float = 0.0
    truncate: int = 0
    reset: Literal["", "before", "during"] = ""
    hang: bool = False
    stream: Callable[[], Iterable[bytes]] | None = None
    forever: bool = False


@dataclass(frozen=True)
class Seen:
    """A request as it arrived. `at` is of time.monotonic(), header names are in any case."""

    at: float
    peer: tuple[str, int]
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """Status, headers and body; what the app said, or a default."""

    status: int
    headers: dict[str, str]
    body: bytes

    def changed_by(self, step: Step) -> Answer:
        status = step.status or self.status
        if step.raw is not None or step.stream is not None:
            body = step.raw or b""
        elif step.json is not UNSAID:
            body = json.dumps(step.json).encode()
        else:
            body = self.body if status == self.status else plain(status).body
        return Answer(status, {**self.headers, **step.headers}, body)


def plain(status: int) -> Answer:
    """An answer without a script: the vendor's shape of an error (contract section 13), or nothing."""
    error = json.dumps({"message": responses.get(status, "Error"), "detail": {}}).encode() if status >= 400 else b""
    return Answer(status, {"Content-Type": "application/json"}, error)


class Upstream:
    """Serves from the start of `with` to its end; `tls` makes it https."""

    def __init__(self, app: WSGIApplication | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.app = app
        self.journal: list[Seen] = []
        self.closing = threading.Event()
        self._scripts: list[tuple[str, str, deque[Step]]] = []
        self._changed = threading.Condition()
        self._server = _Server(self, tls)
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()

    def script(self, method: str, path: str, *steps: Step) -> None:
        """The next requests to `path` take these steps. "*" in a method or path stands for anything."""
        with self._changed:
            self._scripts.append((method, path, deque(steps)))

    def clear(self) -> None:
        """Forget the journal and the scripts."""
        with self._changed:
            self.journal.clear()
            self._scripts.clear()

    def calls(self, method: str = "*", path: str = "*") -> list[Seen]:
        """The requests so far that fit."""
        with self._changed:
            return [seen for seen in self.journal if _fits(seen, method, path)]

    def wait(self, count: int, method: str = "*", path: str = "*", timeout: float = 10.0) -> list[Seen]:
        """The first `count` requests that fit, as soon as they are there; AssertionError after `timeout` seconds."""

        def enough() -> list[Seen] | None:
            found = [seen for seen in self.journal if _fits(seen, method, path)]
            return found[:count] if len(found) >= count else None

        with self._changed:
            found = self._changed.wait_for(enough, timeout)
        assert found is not None, f"{count} x {method} {path} did not come; there were {self.calls()}"
        return found

    def take(self, seen: Seen) -> Step | None:
        """Enter a request into the journal, and find its step."""
        with self._changed:
            self.journal.append(seen)
            self._changed.notify_all()
            for method, path, steps in self._scripts:
                if steps and _fits(seen, method, path):
                    return steps[0] if steps[0].forever else steps.popleft()
        return None

    def ask(self, seen: Seen) -> Answer:
        """What the app answers."""
        if self.app is None:
            return plain(404)
        headers = [(name, value) for name, value in seen.headers.items() if name.lower() != "host"]
        response = Client(self.app, use_cookies=False).open(
            seen.path, method=seen.method, query_string=seen.query, headers=headers, data=seen.body, base_url=self.url
        )
        with contextlib.closing(response):
            body = response.get_data()
        kept = {name: value for name, value in response.headers if name.lower() != "content-length"}
        return Answer(response.status_code, kept, body)

    def pause(self, how_long: Pause) -> None:
        """Wait, but not beyond the end of the server."""
        if isinstance(how_long, float | int):
            self.closing.wait(how_long)
            return
        while not how_long.wait(0.02) and not self.closing.is_set():
            pass


def gzip_bomb(size: int) -> Iterator[bytes]:
    """About `size` bytes of spaces as gzip, a thousandth of it on the wire."""
    packer = zlib.compressobj(wbits=31)
    for _ in range(size // 1_000_000):
        yield packer.compress(b" " * 1_000_000)
    yield packer.flush()


def flood(size: int) -> Iterator[bytes]:
    """`size` bytes of spaces."""
    for _ in range(size // 65_536):
        yield b" " * 65_536


def _fits(seen: Seen, method: str, path: str) -> bool:
    return fnmatchcase(seen.method, method) and fnmatchcase(seen.path, path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, upstream: Upstream, tls: ssl.SSLContext | None) -> None:
        self.upstream, self._tls = upstream, tls
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake is left to the connection's own thread: a client that refuses us must not stop the others."""
        connection, peer = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client left, or does not like our certificate
            super().handle()

    def log_message(self, *_: object) -> None:
        """The journal is kept instead."""

    def _serve(self) -> None:
        upstream = self.server.upstream
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        seen = Seen(time.monotonic(), self.client_address, self.command, path, pairs, self.headers, body)
        step = upstream.take(seen)
        if step is None:
            self._answer(upstream.ask(seen), Step())
            return
        upstream.pause(step.hold)
        answer = (upstream.ask(seen) if step.process else plain(step.status or 200)).changed_by(step)
        upstream.pause(step.delay)
        if step.hang:
            upstream.closing.wait()
        elif step.reset == "before":
            self._reset()
        else:
            self._answer(answer, step)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _answer(self, answer: Answer, step: Step) -> None:
        self._say(self._head(answer, step), step.drip_headers)
        if step.stream is not None:
            for piece in step.stream():
                self.wfile.write(piece)
        elif step.reset == "during":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self._reset()
        else:
            self._say(answer.body, step.drip)
        self.close_connection = self.close_connection or bool(step.truncate) or step.stream is not None

    def _head(self, answer: Answer, step: Step) -> bytes:
        length = {} if step.stream is not None else {"Content-Length": str(len(answer.body) + step.truncate)}
        closing = {"Connection": "close"} if step.stream is not None or step.truncate else {}
        headers = {**length, **closing, **answer.headers}
        lines = [f"HTTP/1.1 {answer.status} It is", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _say(self, content: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(content)
            return
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.server.upstream.pause(drip)

    def _reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
