"""The Procfile's worker when its database goes and comes back (R11, F50), and when it is told to end."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from orders.queue import later
from tests.databases import away
from tests.slow.procfile import Procfile
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

BACK_SECONDS = 5


@pytest.fixture
def worker(procfile: Procfile) -> Procfile:
    """One that is at work."""
    procfile.start("worker")
    wait_until(ProcrastinateWorker.objects.exists, 60)
    return procfile


def sweeps() -> bool:
    """Whether it does a job within seconds of being given it."""
    later("orders.sweep", once="sweep", timestamp=0)
    wait_until(lambda: not ProcrastinateJob.objects.filter(queueing_lock="sweep", status="todo").exists(), BACK_SECONDS)
    return True


@pytest.mark.parametrize("runs", [0, 1, 3])
def test_works_again_within_seconds(worker: Procfile, tmp_path: Path, runs: int) -> None:
    """After a cut that nobody notices, and after so many runs that found no database."""
    assert sweeps()
    with away():
        wait_until(lambda: (tmp_path / "worker.log").read_text().count("database is away") >= runs, 60)
    began = time.monotonic()
    assert sweeps()
    assert time.monotonic() - began < BACK_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("there", [True, False])
def test_ends_in_order_when_told(worker: Procfile, number: signal.Signals, there: bool) -> None:
    if there:
        assert worker.end("worker", number) == 0
        assert not ProcrastinateWorker.objects.exists()
    else:
        with away():
            assert worker.end("worker", number) == 0
