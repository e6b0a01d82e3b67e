"""Background work by name, so that whoever queues it need not know who does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

# In a worker, the app's own would use a connection beside Django's: a job could begin before what it is about is there.
_MANAGER = JobManager(DjangoConnector())


def later(task: str, *, once: str, at: datetime | None = None, alone: bool = True, **ids: int) -> None:
    """Queue `task` (a name of `orders.tasks`) with ids only, in the caller's transaction.

    `once`: while a job of this name waits, a further one is not added, and unless `alone` is false none begins while
    one runs. The savepoint keeps the caller's transaction alive when Postgres refuses the duplicate.
    """
    options: dict[str, Any] = {"queueing_lock": once, "lock": once if alone else None}
    if at is not None:
        options["schedule_at"] = at
    try:
        with transaction.atomic():
            job = app.configure_task(task, **options)
            job.job_manager = _MANAGER
            job.defer(**ids)
    except AlreadyEnqueued:
        return
