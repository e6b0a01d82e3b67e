"""How things stand at this moment, for /metrics (features O5): how many and how old, never whose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Count, Min, Q

from dashboard.exposition import Family, Sample
from dashboard.health import WORKER_DEAD
from orders.models import ApiKey, OrderWatch, Pace, Write, now

_QUEUES = """
    select queue_name, count(*), extract(epoch from clock_timestamp() - min(coalesce(scheduled_at, deferred)))
    from procrastinate_jobs as job, lateral (
        select min(at) as deferred from procrastinate_events where job_id = job.id and type = 'deferred'
    ) as event
    where status = 'todo' and (scheduled_at is null or scheduled_at <= clock_timestamp())
    group by queue_name order by queue_name
"""
_WORKERS = "select count(*) from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %s)"


def gauges() -> Iterator[Family]:
    """All of them, read now."""
    moment = now()
    yield from _background()
    yield from _autoenhance(moment)
    yield from _mirror(moment)


def _background() -> Iterator[Family]:
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES)
        queues = [({"queue": name}, count, age) for name, count, age in cursor.fetchall()]
        cursor.execute(_WORKERS, [WORKER_DEAD])
        (workers,) = cursor.fetchone()
    yield Family("queue_jobs", "gauge", "Jobs that are due.", [Sample(count, queue) for queue, count, _ in queues])
    ages = [Sample(age, queue) for queue, _, age in queues]
    yield Family("queue_oldest_seconds", "gauge", "How long the oldest of them has waited.", ages)
    yield _one("workers", "Workers that are alive.", workers)


def _autoenhance(moment: datetime) -> Iterator[Family]:
    standing = Pace.standing()
    pace = Pace.objects.first()
    yield _one("upstream_down", "1 while Autoenhance does not answer and nothing is sent.", bool(standing.down_since))
    pause = _until(moment, standing.limited_until)
    wait = _until(moment, pace.free_at if pace else None)
    yield _one("upstream_pause_seconds", "Until Autoenhance lets us ask again.", pause)
    yield _one("upstream_wait_seconds", "Until the next request may leave.", wait)


def _mirror(moment: datetime) -> Iterator[Family]:
    keys = ApiKey.objects.aggregate(
        live=Count("pk", Q(refused_at=None)),
        refused=Count("pk", Q(refused_at__isnull=False)),
        unread=Count("pk", Q(refused_at=None, imported_at=None)),
        oldest=Min("imported_at", filter=Q(refused_at=None)),
    )
    counted = [Sample(keys[state], {"state": state}) for state in ("live", "refused", "unread")]
    yield Family("keys", "gauge", "API keys; unread: live ones whose list was not read to its end yet.", counted)
    age = _age(moment, keys["oldest"])
    yield _one("sync_oldest_seconds", "Since the list of a live key was read last, at most.", age)
    writes = Write.objects.filter(state__in=Write.PENDING).aggregate(number=Count("pk"), oldest=Min("created_at"))
    yield _one("writes_pending", "Creates and renames that are not settled.", writes["number"])
    yield _one("writes_oldest_seconds", "How long the oldest of them has waited.", _age(moment, writes["oldest"]))
    due = OrderWatch.objects.filter(next_at__isnull=False).aggregate(first=Min("next_at"))["first"]
    yield _one("looks_late_seconds", "How late the next look at an open order is.", _age(moment, due))


def _one(name: str, meaning: str, value: float) -> Family:
    return Family(name, "gauge", meaning, [Sample(value)])


def _age(moment: datetime, then: datetime | None) -> float:
    return max(0.0, (moment - then).total_seconds()) if then else 0.0


def _until(moment: datetime, until: datetime | None) -> float:
    return max(0.0, (until - moment).total_seconds()) if until else 0.0
