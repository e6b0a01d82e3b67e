"""What runs in the background, done by a real worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from dashboard.accounts.models import Team, User
from orders import services, writes
from orders.models import ApiKey, Order, Write, now
from orders.queue import later
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, place_upstream
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[[], None]


def jobs(task: str) -> list[str]:
    """The states of the jobs of a task, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("select status from procrastinate_jobs where task_name = %s order by id", [task])
        return [status for (status,) in cursor.fetchall()]


def due(task: str) -> None:
    """Let the waiting jobs of a task be due now."""
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set scheduled_at = now() where task_name = %s", [task])


def overdue(write: Write, age: timedelta) -> None:
    Write.objects.filter(pk=write.pk).update(deadline=now() - age)


@pytest.fixture
def lost(alice: User, key: ApiKey, upstream: Upstream) -> Write:
    """A create whose answer was lost."""
    upstream.script("POST", "*", Step(process=True, reset="before"))
    return services.place(alice, key, str(uuid.uuid4()), "5 Elm Row")


def test_keeping_a_key_imports_its_orders(
    alice: User, team: Team, store: Store, upstream: Upstream, run_jobs: Run
) -> None:
    place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
    services.keep_key(alice, team, "Studio", ALICES_KEY)
    run_jobs()
    assert Order.objects.get().name == "12 Rosewood Ave"


def test_a_lost_answer_is_settled(lost: Write, run_jobs: Run) -> None:
    overdue(lost, timedelta(minutes=1))
    due("orders.settle")
    run_jobs()
    lost.refresh_from_db()
    assert (lost.state, Order.objects.get().name) == ("done", "5 Elm Row")


def test_what_is_still_unclear_is_looked_at_again(lost: Write, upstream: Upstream, run_jobs: Run) -> None:
    upstream.script("GET", "*", Step(status=503, forever=True))
    overdue(lost, timedelta(minutes=1))
    due("orders.settle")
    run_jobs()
    assert jobs("orders.settle") == ["succeeded", "todo"]


def test_a_write_that_lost_its_job_is_swept_up(lost: Write, run_jobs: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")
    overdue(lost, timedelta(hours=1))
    writes.sweep()
    writes.sweep()
    assert jobs("orders.settle") == ["todo"]
    run_jobs()
    lost.refresh_from_db()
    assert lost.state == "done"


def test_an_import_that_is_interrupted_is_queued_again(key: ApiKey, upstream: Upstream, run_jobs: Run) -> None:
    upstream.script("GET", "*", Step(status=503, forever=True))
    later("orders.import", once=f"import:{key.pk}", key_id=key.pk)
    run_jobs()
    assert jobs("orders.import") == ["succeeded", "todo"]


def test_one_waiting_job_is_enough(key: ApiKey) -> None:
    for _ in range(3):
        later("orders.import", once=f"import:{key.pk}", key_id=key.pk)
    assert jobs("orders.import") == ["todo"]


@pytest.mark.parametrize("another_waits", [False, True])
def test_the_job_of_a_dead_worker_is_taken_up_again(
    key: ApiKey, store: Store, run_jobs: Run, another_waits: bool
) -> None:
    """F82, and the case that would stop every rescue: a further job of the same kind waits already."""
    place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
    later("orders.import", once=f"import:{key.pk}", key_id=key.pk)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing'")  # by a worker that is pruned since
    if another_waits:
        later("orders.import", once=f"import:{key.pk}", key_id=key.pk)
    later("orders.rescue", once="rescue", timestamp=0)
    run_jobs()
    assert Order.objects.count() == 1
    assert "doing" not in jobs("orders.import")
