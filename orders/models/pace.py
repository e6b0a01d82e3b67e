"""How this installation may ask Autoenhance: one rate, one pause, one circuit for all its processes (features fact 7).

One row of an unlogged table, so that no request waits for a disk; what a crash of Postgres forgets is learnt again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection, models

# After a pause the rate comes back from the half of what it was to the whole within so many seconds, evenly.
RECOVERY = 60
# Without a Retry-After the pause doubles from 1 s to 60 s (F09); the share of the rate that is left halves with it.
LONGEST_PAUSE, LEAST_SHARE = 60, 1 / 120
# Failures in a row that open the circuit. Of answers that fail by chance, one in five, that is one run in 3,000. Rarer
# ones than that in a minute do no harm, and each of them is a look by itself.
MOST_FAILURES, WITHIN = 5, 60
# Seconds between looks at an Autoenhance that does not answer: 1, 2, 4, 8, 10. With the longest call before it (8 s)
# it is noticed within 18 s that it is back.
LONGEST_LOOK = 10
# Seconds until somebody else may look: whoever has begun is dead.
PROBE_LASTS = 10
# When so long nobody wanted to look, nobody knows.
STALE = 60
# Each first try saves up so much of a second one, and no more than one is ever saved: at most 10 % more requests than
# first tries in any run of 50 (R10), and none for an Autoenhance that fails when nothing was asked before.
SAVED = 0.08

_RATE = f"least(1, slowed_to + extract(epoch from clock_timestamp() - limited_until)::float / {RECOVERY})"
_RESERVE = f"""
    with pace as (
        select *, clock_timestamp() as at, greatest(free_at, clock_timestamp() - interval '1 second') as place,
            %(per_second)s * {_RATE} as rate
        from orders_pace where name = 'autoenhance' for update
    ), turn as (
        select *, case
            when limited_until > at then 'limited'
            when probe_at > at then 'down'
            when probe_at <= at and not %(may_probe)s then 'due'
            when %(again)s and tries < 1 then 'spent'
            when place > at + interval '1 second' * %(ahead)s then 'full'
            else 'go' end as verdict
        from pace
    ), taken as (
        update orders_pace set
            free_at = turn.place + interval '1 second' / turn.rate,
            tries = case when %(again)s then turn.tries - 1 else least(1, turn.tries + {SAVED}) end,
            probe_at = case when turn.probe_at is not null then turn.at + interval '{PROBE_LASTS} seconds' end
        from turn where orders_pace.name = turn.name and verdict = 'go'
    )
    select verdict, greatest(place, at), verdict = 'go' and probe_at is not null, failing_since is not null,
        extract(epoch from case
            when verdict = 'limited' then limited_until
            when verdict in ('down', 'due') then greatest(probe_at, at + interval '1 second')
            when verdict = 'full' then place - interval '1 second' * %(ahead)s
            else greatest(place, at) end - at)
    from turn
"""  # noqa: S608
# A full second's worth to begin with.
_BEGIN = """
    insert into orders_pace (name, free_at) values ('autoenhance', clock_timestamp() - interval '1 second')
    on conflict do nothing
"""
_PASSED = """
    update orders_pace set failures = 0, failing_since = null, probe_at = null
    where name = 'autoenhance' and failing_since is not null and (probe_at is null or %(probe)s)
"""
# Requests that were under way when the first one failed do not count: those that succeed would not count either.
_FAILED = f"""
    update orders_pace set (failures, failing_since, probe_at) = (
        select run, case when fresh then clock_timestamp() else failing_since end,
            case when run >= {MOST_FAILURES} then clock_timestamp() + interval '1 second'
                * least({LONGEST_LOOK}, 2 ^ (run - {MOST_FAILURES})) * (0.5 + random() / 2) end
        from (
            select fresh, case
                when fresh then 1
                when %(probe)s or failing_since < %(left_at)s then least(failures + 1, 100)
                else failures end as run
            from (select failing_since is null or probe_at is null
                and failing_since < clock_timestamp() - interval '{WITHIN} seconds' as fresh) as since
        ) as counted
    )
    where name = 'autoenhance' and (probe_at is null or %(probe)s)
    returning probe_at is not null
"""  # noqa: S608
# Requests that were under way when a pause began belong to it; what was in the queue leaves one by one after it.
_LIMITED = f"""
    update orders_pace set failures = 0, failing_since = null, probe_at = null, (limited_until, slowed_to, free_at) = (
        select until, share, greatest(free_at, until)
        from (select case when limited_until > %(left_at)s then slowed_to
            else greatest({LEAST_SHARE}, {_RATE} / 2) end as share) as slowed,
        lateral (select greatest(limited_until, clock_timestamp() + interval '1 second' * coalesce(
            %(retry_after)s::float, random() * least({LONGEST_PAUSE}, 0.5 / share))) as until) as paused
    )
    where name = 'autoenhance'
"""  # noqa: S608
_STANDING = f"""
    select case when limited_until > clock_timestamp() then limited_until end,
        case when probe_at > clock_timestamp() - interval '{STALE} seconds' then failing_since end,
        coalesce(probe_at < clock_timestamp(), false)
    from orders_pace where name = 'autoenhance'
"""  # noqa: S608


class Verdict(StrEnum):
    """Whether a request may leave: go; or why not.

    full: too much is before it. limited: Autoenhance asked for a pause. down: it does not answer. due: the same, and
    somebody should look, but not with a write. spent: it would be a second try too many.
    """

    GO = "go"
    FULL = "full"
    LIMITED = "limited"
    DOWN = "down"
    DUE = "due"
    SPENT = "spent"


class Turn(NamedTuple):
    """A place in the queue, or none. `wait`: seconds until it comes, or until it is worth asking again.

    left_at: when it comes, by the database's clock. probe: it shows whether Autoenhance is back. troubled: a request
    before it failed, so a success is news.
    """

    verdict: Verdict
    left_at: datetime
    probe: bool
    troubled: bool
    wait: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What pages say about Autoenhance: it lets us ask again at `limited_until`; it does not answer since `down_since`.

    due: somebody should look whether it is back.
    """

    limited_until: datetime | None = None
    down_since: datetime | None = None
    due: bool = False

    @property
    def clear(self) -> bool:
        return self.limited_until is None and self.down_since is None


class Pace(models.Model):
    """The one row. free_at: when the next request may leave (a leaky bucket, GCRA). slowed_to: the share of the rate
    that was left when the last pause ended. failures: in a row since failing_since; with probe_at the circuit is open.
    tries: second tries saved up.
    """

    name = models.CharField(max_length=20, primary_key=True)
    free_at = models.DateTimeField()
    limited_until = models.DateTimeField(null=True)
    slowed_to = models.FloatField(db_default=1.0)
    failures = models.SmallIntegerField(db_default=0)
    failing_since = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    tries = models.FloatField(db_default=0.0)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def reserve(cls, per_second: float, *, ahead: float = 3.0, may_probe: bool = True, again: bool = False) -> Turn:
        """Take the next place in the queue, if a request may leave at all.

        It may be at most `ahead` seconds away; with less than 0, so much of a second's worth stays for others. Up to
        one second's worth may leave at once after a quiet time. may_probe: it may show whether Autoenhance is back.
        again: it is a second try.
        """
        asked = {"per_second": per_second, "ahead": ahead, "may_probe": may_probe, "again": again}
        while (row := _row(_RESERVE, asked)) is None:
            _row(_BEGIN)
        verdict, left_at, probe, troubled, wait = row
        return Turn(Verdict(verdict), left_at, probe, troubled, max(0.0, float(wait)))

    @classmethod
    def passed(cls, turn: Turn) -> None:
        """Autoenhance answered: if it did not before, it is back."""
        if turn.troubled:
            _row(_PASSED, {"probe": turn.probe})

    @classmethod
    def failed(cls, turn: Turn) -> bool:
        """It did not; whether that opened the circuit, so that nothing is sent for now."""
        row = _row(_FAILED, {"probe": turn.probe, "left_at": turn.left_at})
        return row is not None and row[0] and not turn.probe

    @classmethod
    def limited(cls, turn: Turn, retry_after: float | None) -> None:
        """It wants a pause of `retry_after` seconds, or did not say how long: nobody sends anything meanwhile."""
        _row(_LIMITED, {"left_at": turn.left_at, "retry_after": retry_after})

    @classmethod
    def standing(cls) -> Standing:
        """How we stand with Autoenhance, for pages: one primary-key read."""
        return Standing(*(_row(_STANDING) or ()))


def _row(sql: str, values: dict[str, Any] | None = None) -> tuple[Any, ...] | None:
    """Run one statement; the first row that it answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone() if cursor.description else None
