"""What happened, added up over all processes on all machines: the counters behind /metrics (features O5).

A process notes in memory and adds its notes to one table of Postgres every few seconds, so whichever process is asked
answers for all: behind a load balancer nobody can choose whom to ask, and nothing of ours is kept in a process or on a
disk (DESIGN decision 1). What a killed process had not added is lost; the table is unlogged, and begins at zero after a
crash of Postgres, which is what Prometheus takes counters for. Without METRICS_TOKEN nothing is noted.
"""

from __future__ import annotations

import atexit
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from threading import Lock, Timer

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

# Seconds that a note waits.
FLUSH_AFTER = 5.0
# Upper bounds in seconds; the last one is open.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BOUNDS = [*map(str, BUCKETS), "+Inf"]

# In the order of the key: two processes that add at once do not wait for each other in a ring.
_ADD = """
    insert into counts (family, label, detail, n)
    select * from unnest(%s::text[], %s::text[], %s::text[], %s::float8[])
    on conflict (family, label, detail) do update set n = counts.n + excluded.n
"""

Key = tuple[str, str, str]


class Notes:
    """What this process has not added yet."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._noted: defaultdict[Key, float] = defaultdict(float)
        self._timer: Timer | None = None

    def add(self, key: Key, amount: float) -> None:
        """Note it; the first note after a while sets the clock."""
        with self._lock:
            self._noted[key] += amount
            if self._timer is None:
                self._timer = Timer(FLUSH_AFTER, self._flush_in_background)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Add them to the table, or keep them for the next time when the database is away."""
        with self._lock:
            noted, self._noted = self._noted, defaultdict(float)
            if self._timer:
                self._timer.cancel()
                self._timer = None
        try:
            if noted:
                _store(noted)
        except (OperationalError, InterfaceError):
            with self._lock:
                for key, amount in noted.items():
                    self._noted[key] += amount

    def _flush_in_background(self) -> None:
        try:
            self.flush()
        finally:
            connection.close()


_notes = Notes()
flush = _notes.flush
atexit.register(flush)


def add(family: str, label: str, detail: str = "", amount: float = 1.0) -> None:
    """Count one more of `family`, or `amount` of it. Labels are words of ours: no names, no ids."""
    if settings.METRICS_TOKEN:
        _notes.add((family, label, detail), amount)


def observe(family: str, label: str, seconds: float) -> None:
    """Count how long it took, in a bucket of its own; `cumulative` adds the smaller ones."""
    add(family, label, BOUNDS[bisect_left(BUCKETS, seconds)])
    add(f"{family}_sum", label, amount=seconds)


def read(family: str) -> list[tuple[str, str, float]]:
    """All that was added of `family`: label, detail, number; in order."""
    with connection.cursor() as cursor:
        cursor.execute("select label, detail, n from counts where family = %s order by label, detail", [family])
        return list(cursor.fetchall())


def cumulative(family: str) -> Iterator[tuple[str, str, float]]:
    """What `observe` counted as Prometheus wants it: label, bound, how many took no longer than that."""
    counted = {(label, bound): n for label, bound, n in read(family)}
    for label in sorted({label for label, _ in counted}):
        total = 0.0
        for bound in BOUNDS:
            total += counted.get((label, bound), 0.0)
            yield label, bound, total


def _store(noted: Mapping[Key, float]) -> None:
    rows = sorted(noted.items())
    columns = [[key[place] for key, _ in rows] for place in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [*columns, [n for _, n in rows]])
