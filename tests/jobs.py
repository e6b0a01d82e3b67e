"""The background work of a test: what has been queued so far, done by the worker that production runs."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection, connections


@pytest.fixture
def run_jobs(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Do every job that is due, and return when none is left."""
    # The threads of the worker end with it, and would leave their connections open.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)

    def run() -> None:
        # A thread of its own: the worker wants an event loop, and Playwright keeps one in the thread of the test.
        thread = Thread(target=_work)
        thread.start()
        thread.join()

    return run


def _work() -> None:
    try:
        call_command("procrastinate", "worker", "--one-shot")
    finally:
        connections.close_all()
