"""Background work by name, so that whoever queues it need not know who does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued


def later(task: str, *, once: str, at: datetime | None = None, **ids: int) -> None:
    """Queue `task` (a name of `orders.tasks`) with ids only, in the caller's transaction.

    `once`: while a job of this name waits, a further one is not added. The savepoint keeps the caller's transaction
    alive when Postgres refuses the duplicate.
    """
    options: dict[str, Any] = {"queueing_lock": once, "lock": once}
    if at is not None:
        options["schedule_at"] = at
    try:
        with transaction.atomic():
            app.configure_task(task, **options).defer(**ids)
    except AlreadyEnqueued:
        return
