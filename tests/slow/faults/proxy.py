"""A TCP proxy that breaks on demand: between us and Autoenhance, us and Postgres, a browser and us.

with Proxy(("127.0.0.1", 5432)) as proxy:
    with proxy.broken(Fault(latency=0.2)):
        ...
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Self

Address = tuple[str, int] | str
LARGEST_CHUNK = 65_536
# What Postgres says when all its connections are taken (SQLSTATE 53300), and that it does not speak TLS.
TOO_MANY = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"
TOO_MANY = b"E" + struct.pack("!I", len(TOO_MANY) + 4) + TOO_MANY
NO_TLS = b"N"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong; what is not said works.

    latency: seconds before each chunk is passed on. bandwidth: bytes a second of the answer. drip: the answer byte by
    byte, so many seconds apart. cut: bytes of the answer that still come; `end` says what then happens.
    refuse: nobody listens. full: somebody listens, and never takes a connection. hole: bytes vanish, both ways.
    exhausted: every connection is answered as by a Postgres that has no more of them.
    after: words that have to be asked for, in this order and on one connection, before `cut` counts; the chunk with
    the last of them is passed on only where `passing`. times: on how many connections that happens.
    """

    latency: float = 0.0
    bandwidth: int = 0
    drip: float = 0.0
    cut: int | None = None
    end: Literal["reset", "half close"] = "reset"
    refuse: bool = False
    full: bool = False
    hole: bool = False
    exhausted: bool = False
    after: tuple[bytes, ...] = ()
    passing: bool = True
    times: int = 1_000_000


class Proxy:
    """Passes on to `target`, a host with its port or the path of a socket, from the start of `with` to its end."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._fault = Fault()
        self._times = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._fillers: list[socket.socket] = []
        self._over = threading.Event()
        self._listener = _bound(0)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._stop_listening()
        self.cut_all()

    @contextmanager
    def broken(self, fault: Fault, *, cut: bool = False) -> Iterator[None]:
        """The fault is there while the block runs. `cut`: connections that are open are reset first.

        Afterwards all that came in meanwhile is reset: nothing of the fault outlives it.
        """
        self._times, self._fault = fault.times, fault
        if fault.refuse or fault.full:
            self._stop_listening()
        if fault.full:
            self._fill()
        if cut:
            self.cut_all()
        try:
            yield
        finally:
            self._fault = Fault()
            for filler in self._fillers:
                filler.close()
            self._fillers.clear()
            if fault.refuse or fault.full:
                self._stop_listening()
                self._listen()
            self.cut_all()

    def cut_all(self) -> None:
        """Reset every connection."""
        with self._lock:
            victims, self._open = list(self._open), set()
        for one in victims:
            _reset(one)

    def _listen(self) -> None:
        self._listener.listen(256)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        """The port stays ours: bound, and with nobody who listens."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if not self._over.is_set():
            self._listener = _bound(self.port)

    def _fill(self) -> None:
        """Let the queue of connections be full, so that new ones are ignored."""
        self._listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._fault.exhausted:
            with contextlib.suppress(OSError), client:
                client.recv(LARGEST_CHUNK)
                client.sendall(NO_TLS)
                client.recv(LARGEST_CHUNK)
                client.sendall(TOO_MANY)
            return
        try:
            server = _connected(self._target)
        except OSError:
            _reset(client)
            return
        with self._lock:
            self._open |= {client, server}
        link = _Link(self, client, server)
        threading.Thread(target=link.up, daemon=True).start()
        link.down()

    def take_time(self) -> bool:
        """Whether one more connection may be hit."""
        with self._lock:
            self._times -= 1
            return self._times >= 0

    def forget(self, *ends: socket.socket) -> None:
        """They are closed."""
        with self._lock:
            self._open -= set(ends)

    @property
    def fault(self) -> Fault:
        return self._fault

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the proxy."""
        self._over.wait(seconds)


class _Link:
    """One connection and its way to the target."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self.awaited: tuple[bytes, ...] | None = None
        self.hit = False
        self.said = 0

    def up(self) -> None:
        """What is asked; whoever asked and is gone is gone for the target too."""
        try:
            while chunk := self.client.recv(LARGEST_CHUNK):
                fault = self.proxy.fault
                self.proxy.pause(fault.latency)
                if fault.hole:
                    continue
                if fault.after and self._is_hit(fault, chunk) and not fault.passing:
                    self._end(fault)
                    return
                self.server.sendall(chunk)
            self.server.shutdown(socket.SHUT_WR)
        except OSError:
            _reset(self.server)

    def down(self) -> None:
        """What is answered; ends both ends as the target ended its own."""
        try:
            while chunk := self.server.recv(LARGEST_CHUNK):
                fault = self.proxy.fault
                self.proxy.pause(fault.latency)
                if fault.hole:
                    continue
                if fault.cut is not None and (self.hit or not fault.after):
                    self._say(chunk[: fault.cut - self.said], fault)
                    if self.said >= fault.cut:
                        self._end(fault)
                        break
                else:
                    self._say(chunk, fault)
            end = _close
        except OSError:
            end = _reset
        self.proxy.forget(self.client, self.server)
        for one in (self.client, self.server):
            end(one)

    def _is_hit(self, fault: Fault, chunk: bytes) -> bool:
        """Whether the words have been asked for by now, for the first time on this connection."""
        if self.awaited is None:
            self.awaited = fault.after
        while self.awaited and self.awaited[0] in chunk:
            self.awaited = self.awaited[1:]
            if not self.awaited:
                self.hit = self.proxy.take_time()
                return self.hit
        return False

    def _say(self, chunk: bytes, fault: Fault) -> None:
        pieces = [chunk[n : n + 1] for n in range(len(chunk))] if fault.drip else [chunk]
        for piece in pieces:
            self.client.sendall(piece)
            self.said += len(piece)
            self.proxy.pause(fault.drip or (len(piece) / fault.bandwidth if fault.bandwidth else 0))

    def _end(self, fault: Fault) -> None:
        if fault.end == "half close":
            self.client.shutdown(socket.SHUT_WR)
            self.proxy.pause(0.2)
            return
        _reset(self.client)
        _reset(self.server)


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + 5
    while True:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return listener


def _connected(target: Address) -> socket.socket:
    if isinstance(target, tuple):
        return socket.create_connection(target)
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    return server


def _close(end: socket.socket) -> None:
    """Close it in order. Without the shutdown, a thread that reads from it would keep it open."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _reset(end: socket.socket) -> None:
    """Close with a TCP reset instead of an orderly end; whoever reads from it wakes up."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RD)
    end.close()
