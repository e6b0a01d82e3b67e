"""The worker: it does what is queued, and outlives an absence of its database (R11)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, connections
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from procrastinate.exceptions import ConnectorException

from orders import worker
from orders.queue import later
from tests.databases import away
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds takes less; the threads of a worker end with it, and would leave their connections open."""
    monkeypatch.setattr(worker, "PATIENCE", 0.3)
    monkeypatch.setattr(worker, "PAUSE", 0.1)
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)


@contextmanager
def working() -> Iterator[Future[None]]:
    """A worker in a thread of its own, told to end after the block."""
    over = Event()

    async def until_over() -> None:
        task = asyncio.create_task(worker.work())
        told = asyncio.create_task(asyncio.to_thread(over.wait))
        await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
        task.cancel()
        over.set()
        await task

    def run() -> None:
        try:
            asyncio.run(until_over())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            yield running
        finally:
            over.set()


def test_goes_on_when_its_database_is_back_also_with_what_it_was_doing(caplog: pytest.LogCaptureFixture) -> None:
    """A job of its own dead run waits for no heartbeat to grow old, as that of a killed process has to."""
    later("orders.sweep", once="sweep", at=timezone.now() + timedelta(days=1), timestamp=0)
    job = ProcrastinateJob.objects.filter(task_name="orders.sweep")
    with working():
        wait_until(ProcrastinateWorker.objects.exists)
        first = ProcrastinateWorker.objects.get()
        job.update(status="doing", worker=first, scheduled_at=None)
        with away():
            wait_until(lambda: "the worker's database is away" in caplog.text)
        wait_until(lambda: job.filter(status="succeeded").exists(), 10)
        assert ProcrastinateWorker.objects.get() != first


def test_ends_with_an_error_that_is_not_the_absence_of_the_database() -> None:
    """Whoever started it is told, and nothing goes on quietly."""
    with connection.cursor() as cursor:
        cursor.execute("alter table procrastinate_workers rename to elsewhere")
    try:
        with working() as running:
            assert isinstance(running.exception(10), ConnectorException)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("alter table elsewhere rename to procrastinate_workers")


def test_ends_when_told_while_its_database_is_away() -> None:
    with away(), working() as running:
        pass
    assert running.exception(10) is None
