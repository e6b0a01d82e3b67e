"""Everything between a browser and Autoenhance, as the Procfile starts it, with a proxy in each wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import requests
from django.db import Error, connection, connections

from orders import sync
from orders.models import Allowance, Batch, Order, OrderWatch, Pace, Sync, Write
from orders.queue import later
from tests.canary import CORE, in_database
from tests.slow.faults.checker import Here, Violation, World, check
from tests.slow.faults.history import History, Op
from tests.slow.faults.people import Person
from tests.slow.faults.processes import Processes
from tests.slow.faults.proxy import Proxy
from tests.slow.faults.service import Service, There
from tests.waiting import wait_until

AT_ONCE = 16
# R6: what is unclear is settled so soon after the fault is over. The wait that comes before any settling is cut short.
SETTLE_SECONDS = 60
PLACED_AT_ONCE = 30
HURRY = """
    update orders_write set deadline = clock_timestamp() - interval '6 seconds'
    where state in ('open', 'unclear') and not exists (
        select from procrastinate_jobs
        where status = 'doing' and task_name = 'orders.settle' and args ->> 'write_id' = orders_write.id::text
    );
    update procrastinate_jobs set scheduled_at = null where status = 'todo' and task_name = 'orders.settle';
    select pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": 0}')
"""


@dataclass
class Row:
    """A line of the table at the end."""

    ops: int = 0
    ok: int = 0
    refused: int = 0
    unclear: int = 0
    violations: int = 0


@dataclass
class Stage:
    """The whole installation. `seed` decides all that is drawn by lot."""

    service: Service
    upstream: Proxy
    database: Proxy
    front: Proxy
    web: Processes
    history: History
    seed: int
    logs: Path
    people: list[Person] = field(default_factory=list)
    table: dict[str, Row] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    strays: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._numbers = count(1)
        self._fresh: dict[str, list[Order]] = {}
        self._permitted: dict[str, str] = {}
        self.over = threading.Event()
        self._begun: list[threading.Thread] = []

    # People and their orders

    @property
    def alice(self) -> Person:
        return self.people[0]

    @property
    def bob(self) -> Person:
        return self.people[1]

    @property
    def charlie(self) -> Person:
        return self.people[-1]

    def nobody(self, path: str) -> int:
        """What a load balancer is answered, which has no cookies."""
        return requests.get(self.web.address + path, timeout=30).status_code

    def anybody(self) -> Person:
        return self.random.choice(self.people)

    def name(self, word: str = "Elm Row") -> str:
        """A name that no other order has or had."""
        return f"{next(self._numbers)} {word}"

    def order(self, whose: Person | None = None) -> Order:
        """An order of somebody's account that nobody has touched yet."""
        owner = whose or self.alice
        fresh = self._fresh.setdefault(owner.name, [])
        if not fresh:
            self._place(owner, PLACED_AT_ONCE)
        return fresh.pop()

    def stock(self, number: int = PLACED_AT_ONCE) -> None:
        """Have so many fresh orders of everybody at hand, so that none has to be made while things are broken."""
        self.service.calm()
        for one in self.people:
            missing = (number if one is not self.alice else 2 * number) - len(self._fresh.get(one.name, []))
            if missing > 0:
                self._fresh.setdefault(one.name, [])
                self._place(one, missing)
        self.quiet()

    def _place(self, owner: Person, number: int) -> None:
        secret = owner.key.secret()
        names = {self.service.place(secret, name): name for name in (self.name("Mill Lane") for _ in range(number))}
        self.first |= names
        self._permitted |= dict.fromkeys(names, secret)
        self.quiet()
        sync.read(Sync.take_up(owner.key, Sync.Kind.CATCH_UP))
        placed = Order.objects.filter(team=owner.team, order_id__in=names)
        # They would be looked at again and again meanwhile, which is not what is tried here.
        OrderWatch.objects.filter(order__in=placed).update(next_at=None)
        self._fresh[owner.name] += placed

    # Operations

    def many(self, ops: Iterable[Callable[[], Any]], at_once: int = AT_ONCE) -> list[Any]:
        """Do all of this, many at once."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(closing, ops))

    def begin(self, what: Callable[[], Any]) -> threading.Thread:
        """Begin it, and do not wait."""
        thread = threading.Thread(target=closing, args=(what,), daemon=True)
        thread.start()
        self._begun.append(thread)
        return thread

    def join(self) -> None:
        """Wait for all that was begun."""
        while self._begun:
            self._begun.pop().join(60)

    def some(self, case: str, kinds: Sequence[str], number: int) -> list[Callable[[], Op]]:
        """So many operations of these kinds in turn, by anybody."""
        made = []
        for n in range(number):
            who = self.anybody()
            made.append(self.op(case, kinds[n % len(kinds)], who))
        return made

    def op(self, case: str, kind: str, who: Person) -> Callable[[], Op]:
        if kind == "create":
            name = self.name()
            return lambda: who.create(case, name)
        if kind == "search":
            return lambda: who.search(case, "mill")
        order, name = self.order(who), self.name("Renamed Road")
        if kind == "rename":
            return lambda: who.rename(case, order, name)
        if kind == "import":
            order_id = self.unknown(who)
            return lambda: who.find(case, order_id)
        return {
            "refresh": lambda: who.refresh(case, order),
            "open": lambda: who.open(case, order),
            "share": lambda: who.share(case, order),
        }[kind]

    def unknown(self, who: Person) -> str:
        """The id of an order of their account that we have not seen."""
        secret, name = who.key.secret(), self.name("New Street")
        order_id = self.service.place(secret, name)
        self.first[order_id] = name
        self._permitted[order_id] = secret
        return order_id

    def site_rename(self, case: str, order: Order, name: str) -> None:
        """Rename it at Autoenhance's own site."""
        with self.history.op(case, "the site", "site", order.order_id, name) as op:
            self.service.rename(order.order_id, name)
            op.told = "ok"

    # Time

    def quiet(self) -> None:
        """As after a long quiet time: neither pause nor outage is remembered, and nobody has asked for much."""
        Pace.objects.all().delete()
        Allowance.objects.all().delete()

    def hurry(self) -> None:
        """Let pending changes be settled now. To be called only when no call for one is under way any more."""
        self.quiet()
        with connection.cursor() as cursor:
            cursor.execute(HURRY)

    def settle(self, case: str) -> list[Op]:
        """The fault is over: let everything be settled. The renames that are still pending then, by R6 none."""
        self.service.calm()
        wait_until(self.settled, SETTLE_SECONDS)
        return self.history.of(case)

    def settled(self) -> bool:
        """Whether nothing is pending; if something is, that it is looked at now."""
        self.supervise()
        pending = Write.objects.filter(state__in=Write.PENDING)
        if not pending.exists():
            return True
        # A job is lost with the worker that had it; the sweep would find the Write after half an hour.
        for pk in pending.values_list("pk", flat=True):
            later("orders.settle", once=f"settle:{pk}", write_id=pk)
        self.hurry()
        time.sleep(0.3)
        return False

    def heal_pauses(self, case: str) -> None:
        """Until `over`: now and then as after a quiet time. Else an open circuit would end a mix before it began."""
        while not self.over.wait(0.7):
            with suppress(Error):
                self.quiet()

    def batch_is_over(self, batch: Batch) -> bool:
        """Whether every line of it has been tried; if not, that it is gone on with, as the sweep would have it."""
        self.supervise()
        self.quiet()
        if Batch.objects.get(pk=batch.pk).state == Batch.State.DONE:
            return True
        later("orders.batch", once=f"batch:{batch.pk}", batch_id=batch.pk)
        time.sleep(0.5)
        return False

    def supervise(self) -> None:
        """As whatever runs a Procfile does: start the worker again when it was killed.

        A database that is away it outlives. Jobs that a killed one had would be rescued after a minute, for which
        nobody waits here; for Writes others are queued.
        """
        if self.web.lives("worker"):
            return
        with connection.cursor() as cursor:
            cursor.execute("delete from procrastinate_jobs where status = 'doing'")
        self.web.start("worker")

    # What is true

    def verdict(self, case: str) -> list[Violation]:
        """Settle, look once more at what the case touched, and check all invariants for it; fills its line."""
        ops = self.settle(case)
        touched = {op.order_id for op in ops if op.order_id}
        there = {order_id: order for order_id, order in self.service.orders().items() if order_id in touched}
        self._read_lists(there.keys() - {op.order_id for op in ops if op.kind == "create"})
        self._look_again(there)
        world = self._world(ops, there, touched)
        violations = check(world)
        self.table[case] = _row(ops, violations)
        return violations

    def whole(self) -> list[Violation]:
        """The same for all that was done since the beginning, with complete passes over all lists and all sinks."""
        self.settle("")
        for one in self.people:
            self._read_list(one)
        there = self.service.orders()
        self._look_again(there)
        world = self._world(self.history.ops, there, {*there, *(op.order_id for op in self.history.ops)})
        world.sinks = {**self.shown, "the log of web": self.web.log("web"), "the log of worker": self.web.log("worker")}
        world.sinks["the database"] = "\n".join(in_database())
        world.unanswered = self.unanswered()
        return check(world)

    def unanswered(self) -> int:
        """How many of many requests for /healthz nobody answers: more than one process has threads."""

        def answers() -> bool:
            return requests.get(f"{self.web.address}/healthz", timeout=10).ok

        return self.many([answers] * 48, 48).count(False)

    def _read_lists(self, listed: Collection[str]) -> None:
        """As the rounds do it: orders that were made there, and that no look has brought here, are in their lists."""
        here = set(Order.objects.filter(order_id__in=listed).values_list("order_id", flat=True))
        keys = {self._permitted[order_id] for order_id in listed if order_id not in here}
        for one in self.people:
            if one.key.secret() in keys:
                self._read_list(one)

    def _read_list(self, one: Person) -> None:
        self.quiet()
        sync.read(Sync.take_up(one.key, Sync.Kind.DAILY))

    def _look_again(self, there: dict[str, There]) -> None:
        """As the daily pass and the ticks do it: what is not the same here and there is read again."""
        for row in Order.objects.filter(order_id__in=there):
            order = there[row.order_id]
            if (row.name, row.deleted) != (order.name, order.deleted):
                self.quiet()
                self.alice.history.add(self._reread(row))

    def _reread(self, row: Order) -> Op:
        who = next(one for one in self.people if one.team.pk == row.team_id)
        op = Op("reconcile", who.name, "refresh", row.order_id)
        answer = who.ask("POST", f"/orders/{row.pk}/refresh/")
        op.ended, op.status, op.told = time.monotonic(), answer.status, "ok"
        op.request_id = answer.headers.get("X-Request-Id", "")
        return op

    def _world(self, ops: Sequence[Op], there: dict[str, There], touched: set[str]) -> World:
        rows = Order.objects.filter(order_id__in=touched).values_list("order_id", "team__slug", "name", "deleted")
        creates = Write.objects.filter(kind=Write.Kind.CREATE, order_id__in=touched)
        keys = {one.name: one.key.secret() for one in self.people}
        permitted = self._permitted | {op.order_id: keys[op.actor] for op in ops if op.kind == "create"}
        known = {key for key in permitted if key in touched}
        journal = [sent for sent in self.service.journal() if not sent.order_id or sent.order_id in touched]
        return World(
            ops=ops,
            there=there,
            here=[Here(*row) for row in rows],
            journal=journal,
            teams={one.key.secret(): one.team.slug for one in self.people},
            permitted={key: permitted[key] for key in known},
            first={key: name for key, name in self.first.items() if key in touched},
            states=dict(creates.values_list("order_id", "state")),
            strays=self.strays,
        )

    def see(self, where: str, text: str) -> None:
        """Somebody was shown this."""
        if CORE.lower() in text.lower():
            self.shown[where] = text


def _row(ops: Sequence[Op], violations: Sequence[Violation]) -> Row:
    told = [op.told for op in ops]
    return Row(len(ops), told.count("ok"), told.count("fail"), told.count("unclear"), len(violations))


def closing(op: Callable[[], Any]) -> Any:
    """Threads of a pool that asked the database must not keep their connections."""
    try:
        return op()
    finally:
        connections.close_all()
