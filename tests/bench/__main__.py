"""`python -m tests.embedded python -m tests.bench`: measure all goals; exit 1 if one is missed.

BENCH_ORDERS is how many orders there are, a million if it is not set. Names of goals as arguments: only those.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
django.setup()

from django.db import connection  # noqa: E402

from tests.bench import data, imports, looks, pages, polls, searches, typos  # noqa: E402
from tests.bench.measure import Goal, wall  # noqa: E402

RESULT = Path(__file__).resolve().parents[2] / ".bench" / "result.json"
# What adds orders comes last.
PARTS: Mapping[str, Callable[[data.World], list[Goal]]] = {
    "S1": searches.latency,
    "S2": searches.whale,
    "S3": searches.growth,
    "S4": typos.found,
    "S5": searches.depth,
    "S7": searches.fuzz,
    "T2": pages.throughput,
    "L1": polls.nothing_new,
    "L2": polls.crowd,
    "L3": looks.webhook,
    "L4": looks.unwatched,
    "L5": polls.refresh,
    "B1": imports.bulk,
}


def main(chosen: list[str]) -> int:
    """Build the orders in a database of their own, measure, print, and write the same to a file."""
    _log_elsewhere()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        built: list[data.World] = []
        print(f"building {data.ORDERS:,} orders ...", flush=True)
        print(f"built in {wall(lambda: built.append(data.build())):.0f} s", flush=True)
        goals = [goal for name in chosen or PARTS for goal in _measured(PARTS[name], built[0])]
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    RESULT.parent.mkdir(exist_ok=True)
    rows = [{**asdict(goal), "met": goal.met} for goal in goals]
    RESULT.write_text(json.dumps({"orders": data.ORDERS, "goals": rows}, indent=2) + "\n")
    return 0 if all(goal.met for goal in goals) else 1


def _log_elsewhere() -> None:
    """What this process serves itself (L5) is logged at the same cost, but not between the goals."""
    away = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lasts
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(away)


def _measured(part: Callable[[data.World], list[Goal]], world: data.World) -> list[Goal]:
    goals: list[Goal] = []
    taken = wall(lambda: goals.extend(part(world)))
    for goal in goals:
        print(goal, flush=True)
    print(f"    ({taken:.0f} s)", flush=True)
    return goals


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
