"""Autoenhance as a process of its own: the sandbox behind a socket, scripts for it, and a journal of all that came.

`started()` yields a remote control: its methods run over there, so all that goes to and fro can be pickled.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from random import Random
from typing import Any

from orders.sandbox.app import create_app
from orders.sandbox.store import Store
from tests.upstream import UNSAID, Answer, Seen, Step, Upstream


@dataclass(frozen=True)
class Sent:
    """A request as it arrived, as far as the checker wants it; `order_id` and `name` are "" where it says none."""

    at: float
    method: str
    path: str
    key: str
    order_id: str
    name: str


@dataclass(frozen=True)
class There:
    """An order at Autoenhance, and the key of its account."""

    name: str
    key: str
    deleted: bool


@dataclass(frozen=True)
class Chance:
    """In a storm, each request of this method, and with this key if one is named, takes the step so often."""

    method: str
    share: float
    step: Step
    key: str = ""

    def fits(self, seen: Seen) -> bool:
        return self.method in ("*", seen.method) and self.key in ("", seen.headers.get("x-api-key"))


class Stormy(Upstream):
    """Where no script fits, a request may meet bad weather: drawn by lot, from a seed.

    `twists`: by method, members that are added to the JSON object of a good answer, as they are written there.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.weather: Sequence[Chance] = ()
        self.random = Random(0)
        self.twists: dict[str, str] = {}

    def take(self, seen: Seen) -> Step | None:
        step = super().take(seen)
        if step is not None:
            return step
        fits = (chance for chance in self.weather if chance.fits(seen))
        return next((chance.step for chance in fits if self.random.random() < chance.share), None)

    def ask(self, seen: Seen) -> Answer:
        answer = super().ask(seen)
        twist = self.twists.get(seen.method)
        if twist is None or not answer.body.rstrip().endswith(b"}") or answer.status >= 400:
            return answer
        return replace(answer, body=answer.body.rstrip()[:-1] + b", " + twist.encode() + b"}")


class Service:
    """What the other process does."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._store = Store()
        self._accounts = {self._store.open_account(key): key for key in keys}
        self._upstream = Stormy(create_app(self._store)).__enter__()
        self._kept: list[Seen] = []
        self._gates: dict[str, threading.Event] = {}

    def url(self) -> str:
        return self._upstream.url

    def port(self) -> int:
        return self._upstream.port

    def script(self, method: str, path: str, *steps: Step) -> None:
        """As Upstream.script; what a step is to wait for is given by a number of seconds."""
        self._upstream.script(method, path, *map(_arrived, steps))

    def gate(self, name: str, method: str, path: str, step: Step, *, processed: bool) -> None:
        """The next such request is held until `open_gate`: before it is processed, or after that.

        A step with a status of its own is not processed at all.
        """
        event = self._gates.setdefault(name, threading.Event())
        held = replace(
            _arrived(step), process=step.status is None, **({"delay": event} if processed else {"hold": event})
        )
        self._upstream.script(method, path, held)

    def open_gate(self, name: str) -> None:
        self._gates.pop(name).set()

    def storm(self, seed: int, weather: Sequence[Chance]) -> None:
        """Bad weather, until `calm`."""
        weather = [replace(chance, step=_arrived(chance.step)) for chance in weather]
        self._upstream.random, self._upstream.weather = Random(seed), weather

    def twist(self, method: str, members: str) -> None:
        """Add these members to good answers, as they are written here."""
        self._upstream.twists[method] = members

    def calm(self) -> None:
        """Work as well as ever; the journal goes on."""
        self._upstream.weather = ()
        self._upstream.twists.clear()
        for gate in self._gates.values():
            gate.set()
        self._gates.clear()
        self._kept += self._upstream.journal
        self._upstream.clear()

    def count(self, method: str = "*", path: str = "*") -> int:
        """Requests since the last `calm`."""
        return len(self._upstream.calls(method, path))

    def wait(self, count: int, method: str = "*", path: str = "*", timeout: float = 20.0) -> None:
        """Until so many have come since the last `calm`."""
        self._upstream.wait(count, method, path, timeout)

    def journal(self) -> list[Sent]:
        """All requests so far."""
        return [_sent(seen) for seen in [*self._kept, *self._upstream.calls()]]

    def orders(self) -> dict[str, There]:
        """All orders, by id, deleted ones too: no list of the sandbox shows those."""
        rows = self._store._rows("select order_id, name, account, deleted from orders")
        return {
            row["order_id"]: There(row["name"] or "", self._accounts[row["account"]], bool(row["deleted"]))
            for row in rows
        }

    def place(self, key: str, name: str) -> str:
        """Make an order at Autoenhance itself; its id."""
        return self._store.create_order(self._store.open_account(key), name=name).order_id

    def rename(self, order_id: str, name: str) -> None:
        """Rename it at Autoenhance itself."""
        order = self._store.order(order_id)
        assert order
        self._store.edit_order(order, name, order.sort_order)

    def delete(self, order_id: str) -> None:
        """Delete it at Autoenhance itself."""
        order = self._store.order(order_id)
        assert order
        self._store.delete_order(order)


class _Manager(BaseManager):
    """Serves a Service."""


_Manager.register("Service", Service)


@contextmanager
def started(keys: Sequence[str]) -> Iterator[Service]:
    """A Service with these accounts, in a process of its own that ends with the block."""
    manager = _Manager(ctx=get_context("spawn"))
    manager.start()
    try:
        yield manager.Service(keys)  # type: ignore[attr-defined]
    finally:
        manager.shutdown()


def _arrived(step: Step) -> Step:
    """What is not said is told by identity, which is lost on the way between processes."""
    return replace(step, json=UNSAID) if type(step.json) is object else step


def _sent(seen: Seen) -> Sent:
    try:
        said = json.loads(seen.body) if seen.body else {}
    except ValueError:
        said = {}
    order_id = said.get("order_id") or seen.path.removeprefix("/v3/orders").strip("/")
    return Sent(seen.at, seen.method, seen.path, seen.headers.get("x-api-key", ""), order_id, said.get("name") or "")
