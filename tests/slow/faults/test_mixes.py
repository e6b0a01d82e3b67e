"""Two or three faults at once, drawn by lot from the seed, while everybody does everything (R2)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from functools import partial
from random import Random
from typing import Any

from tests.slow.faults.people import Person
from tests.slow.faults.process_deeds import answering
from tests.slow.faults.proxy import Fault
from tests.slow.faults.rows import ANY
from tests.slow.faults.service import Chance
from tests.slow.faults.stage import Stage
from tests.upstream import Step
from tests.waiting import wait_until

SHORT = (4, 90)  # mixes, and operations in each
OPERATIONS_IN_EACH = 250
KINDS = ("create", "rename", "refresh", "search", "open", "import", "share")
WEATHER = [
    Chance("POST", 0.2, Step(status=500)),
    Chance("POST", 0.2, Step(status=502, process=True)),
    Chance("PATCH", 0.2, Step(status=500)),
    Chance("PATCH", 0.2, Step(status=504, process=True)),
    Chance("*", 0.1, Step(process=True, reset="before")),
    Chance("*", 0.1, Step(reset="before")),
    Chance("*", 0.1, Step(process=True, reset="during")),
    Chance("*", 0.1, Step(process=True, truncate=7)),
    Chance("*", 0.1, Step(process=True, raw=b"")),
    Chance("*", 0.1, Step(raw=b"{")),
    Chance("*", 0.02, Step(status=429, headers={"Retry-After": "1"})),
    Chance("GET", 0.2, Step(status=404)),
    Chance("*", 0.2, Step(process=True, delay=0.8)),
    Chance("PATCH", 0.03, Step(process=True, delay=6)),
    Chance("POST", 0.03, Step(hang=True)),
    Chance("POST", 0.1, Step(process=True, status=409)),
]
LINKS = [Fault(latency=0.05), Fault(bandwidth=3000), Fault(cut=90), Fault(cut=700, end="half close")]
DATABASES = [
    Fault(latency=0.004),
    Fault(after=(b'INSERT INTO "orders_write"', b"COMMIT"), cut=0, times=2),
    Fault(after=(b'INSERT INTO "orders_write"', b"COMMIT"), passing=False, times=2),
    Fault(after=(b'UPDATE "orders_write"', b"COMMIT"), cut=0, times=2),
    Fault(after=(b"orders_order", b"COMMIT"), passing=False, times=2),
]

Trouble = Callable[[Stage], Any]


def killing(stage: Stage) -> None:
    time.sleep(0.5)
    stage.web.kill_answering()


def standing_still(stage: Stage) -> None:
    """One process of two, for a second and a half."""
    child = stage.web.children()[0]
    os.kill(child, signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(child, signal.SIGCONT)


def worker_killed(stage: Stage) -> None:
    time.sleep(0.3)
    stage.web.make_away_with("worker")


def test_no_mix_of_faults_breaks_anything(stage: Stage, operations: int) -> None:
    mixes, each = (operations * 3 // 5 // OPERATIONS_IN_EACH, OPERATIONS_IN_EACH) if operations else SHORT
    for number in range(mixes):
        case, random = f"mix-{number:02}", Random(f"{stage.seed}.{number}")
        stage.stock(2 * each // len(stage.people))
        ops = [*stage.some(case, KINDS, each), *races(stage, case, each // 20)]
        batch = stage.bob.bulk(case, [stage.order(stage.bob) for _ in range(6)], " (bulk)")
        random.shuffle(ops)
        stage.begin(partial(stage.heal_pauses, case))
        with broken(stage, case, random):
            told = {op.status for op in stage.many(ops)}
        assert told <= {*ANY, 0, 404}, told
        wait_until(partial(answering, stage), 60)
        stage.over.set()
        stage.join()
        stage.over.clear()
        stage.settle(case)
        if batch[1]:
            wait_until(partial(stage.batch_is_over, batch[1]), 90)
            stage.settle(case)
            stage.bob.tell_bulk(*batch)  # type: ignore[arg-type]
        assert stage.verdict(case) == [], stage.notes[-1]


def races(stage: Stage, case: str, number: int) -> Iterator[Callable[[], Any]]:
    """Renames of one order by three people."""
    for _ in range(number):
        order = stage.order()
        who: Person
        for who in stage.people[:3]:
            yield partial(who.rename, case, order, stage.name())


def brief(fault: Any) -> str:
    """What is said of a fault or a chance, without all that is as ever."""
    said = {one.name: getattr(fault, one.name) for one in fields(fault) if getattr(fault, one.name) != one.default}
    told = (brief(value) if isinstance(value, Step) else f"{name}={value}" for name, value in said.items())
    return f"({' '.join(told)})"


@contextmanager
def broken(stage: Stage, case: str, random: Random) -> Iterator[None]:
    """Two or three kinds of trouble."""
    kinds = random.sample(["weather", "link", "database", "process"], k=random.choice((2, 2, 3)))
    weather, link, database = random.sample(WEATHER, k=4), random.choice(LINKS), random.choice(DATABASES)
    process = random.choice([killing, standing_still, worker_killed])
    said = {
        "weather": ", ".join(brief(chance) for chance in weather),
        "link": brief(link),
        "database": brief(database),
        "process": process.__name__,
    }
    stage.notes.append(f"{case}: " + "; ".join(f"{kind} {said[kind]}" for kind in kinds))
    with ExitStack() as stack:
        if "weather" in kinds:
            stage.service.storm(random.randrange(2**32), weather)
        if "link" in kinds:
            stack.enter_context(stage.upstream.broken(link))
        if "database" in kinds:
            stack.enter_context(stage.database.broken(database))
        if "process" in kinds:
            stage.begin(partial(process, stage))
        yield
