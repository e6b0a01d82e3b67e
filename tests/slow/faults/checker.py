"""The invariants I1 to I8 of security-reliability 3.2, over what clients were told and what is true in the end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import inf

from tests.canary import shows
from tests.slow.faults.history import Op
from tests.slow.faults.service import Sent, There


@dataclass(frozen=True)
class Here:
    """A row of the mirror."""

    order_id: str
    team: str
    name: str
    deleted: bool


@dataclass(frozen=True)
class Violation:
    """What must never be."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


@dataclass
class World:
    """All that is checked. `first` are the names that orders had before the ops; `states` those of create Writes by id.

    teams: the team of each key. permitted: through which key a change of an order may go, by id. sinks: whatever was
    logged, stored or shown, by where that was. strays: requests that went to a host that is none of ours to ask.
    unanswered: how many requests for /healthz got no answer.
    """

    ops: Sequence[Op]
    there: Mapping[str, There]
    here: Sequence[Here]
    journal: Sequence[Sent]
    teams: Mapping[str, str]
    permitted: Mapping[str, str] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    sinks: Mapping[str, str] = field(default_factory=dict)
    strays: int = 0
    unanswered: int = 0


def check(world: World) -> list[Violation]:
    """Everything that is wrong in the world."""
    rules = [i1_to_i3, i4, i5, i6, i7, i8]
    return [violation for rule in rules for violation in rule(world)]


def i1_to_i3(world: World) -> Iterator[Violation]:
    """An ok create made one order and one row, a failed one none, an unclear one at most one; and that is settled."""
    rows = Counter(row.order_id for row in world.here)
    told = defaultdict(set)
    for op in world.ops:
        if op.kind == "create":
            told[op.order_id].add(op.told)
    for order_id, tolds in told.items():
        exists = order_id in world.there
        state = world.states.get(order_id, "")
        if "ok" in tolds and (not exists or rows[order_id] != 1):
            yield Violation("I1", f"{order_id} was created, and there are {exists:d} there and {rows[order_id]} here")
        if tolds == {"fail"} and exists:
            yield Violation("I2", f"{order_id} was refused, and is there")
        if "ok" not in tolds and "unclear" in tolds and (rows[order_id] != exists or state in ("open", "unclear")):
            yield Violation("I3", f"{order_id} is {exists:d} times there, {rows[order_id]} times here, and {state}")
    births = defaultdict(set)
    for sent in world.journal:
        if sent.method == "POST" and sent.name and sent.order_id in world.there:
            births[sent.name].add(sent.order_id)
    for name, ids in births.items():
        if len(ids) > 1:
            yield Violation("I3", f"{name!r} was made {len(ids)} times")


def i4(world: World) -> Iterator[Violation]:
    """Each order's name is a linearizable register over the renames that were ok or unclear."""
    writes = defaultdict(list)
    for op in world.ops:
        if op.kind in ("rename", "site") and op.told != "fail":
            writes[op.order_id].append(op)
    names = dict(world.first) | {op.order_id: op.value for op in world.ops if op.kind == "create"}
    tried = {op.order_id for op in world.ops if op.kind in ("rename", "site")}
    for order_id in sorted(tried & set(world.there) & set(names)):
        final = world.there[order_id].name
        if not linearizable(names[order_id], writes[order_id], final):
            told = [(op.value, op.told) for op in writes[order_id]]
            yield Violation("I4", f"{order_id} ended as {final!r}, from {names[order_id]!r} and {told}")


def linearizable(first: str, writes: Sequence[Op], final: str) -> bool:
    """Whether some order of the writes ends in `final` and breaks no "this one was over before that one began".

    An unclear write may take effect at any time after it began, or never.
    """
    ends = [op.ended if op.told == "ok" else inf for op in writes]

    @cache
    def possible(done: frozenset[int], value: str) -> bool:
        left = [n for n in range(len(writes)) if n not in done]
        if value == final and all(writes[n].told != "ok" for n in left):
            return True
        horizon = min((ends[n] for n in left), default=inf)
        return any(possible(done | {n}, writes[n].value) for n in left if writes[n].began <= horizon)

    return possible(frozenset(), first)


def i5(world: World) -> Iterator[Violation]:
    """The mirror is as Autoenhance: every order of a team's accounts, once, with its name."""
    here = {(row.team, row.order_id): row for row in world.here}
    for (team, order_id), row in here.items():
        order = world.there.get(order_id)
        if order is None:
            yield Violation("I5", f"{order_id} is here, and not there")
        elif (order.name, order.deleted) != (row.name, row.deleted):
            yield Violation("I5", f"{order_id} is {row.name!r} here and {order.name!r} there")
        elif world.teams[order.key] != team:
            yield Violation("I5", f"{order_id} is in another team's mirror")
    for order_id, order in world.there.items():
        if (world.teams[order.key], order_id) not in here and not order.deleted:
            yield Violation("I5", f"{order_id} is there, and not here")


def i6(world: World) -> Iterator[Violation]:
    """Every change went through the order's own account, every other look without a key, and none elsewhere."""
    for sent in world.journal:
        permitted = world.permitted.get(sent.order_id, sent.key)
        is_list = sent.method == "GET" and not sent.order_id
        if sent.method == "GET" and not is_list and sent.key:
            yield Violation("I6", f"a key was sent to look at {sent.path}")
        if sent.method in ("POST", "PATCH") and sent.key != permitted:
            yield Violation("I6", f"{sent.method} {sent.path} went through another account's key")
        if (is_list or sent.method != "GET") and sent.key not in world.teams:
            yield Violation("I6", f"{sent.method} {sent.path} carried a key that nobody has")
    if world.strays:
        yield Violation("I6", f"{world.strays} requests went to another host")


def i7(world: World) -> Iterator[Violation]:
    """No key is anywhere."""
    for where, text in world.sinks.items():
        if shows(text):
            yield Violation("I7", f"a key is in {where}")


def i8(world: World) -> Iterator[Violation]:
    """No answer of 500, each with its reference, and every process answers."""
    for op in world.ops:
        if op.status == 500:
            yield Violation("I8", f"{op.kind} by {op.actor} was answered with 500 ({op.request_id})")
        if op.status and not op.request_id:
            yield Violation("I8", f"{op.kind} by {op.actor} was answered without a reference")
    if world.unanswered:
        yield Violation("I8", f"{world.unanswered} requests for /healthz were not answered")
