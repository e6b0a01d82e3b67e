"""Does what is queued, and begins again by itself when its database was away (R11).

procrastinate's own worker ends with its database. Whatever runs a Procfile may start it again, or give up after some
tries; so here a run of it that has ended so is followed by another one, in the same process.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import psycopg
import structlog
from procrastinate.app import WorkerOptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.signals import on_stop
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

log = structlog.get_logger(__name__)

CONCURRENCY = 4
# Seconds: what jobs that run have to end, what a connection may take, and between two runs. A run without a database is
# over after PATIENCE and has tried 0, 1 and 3 seconds after its begin, so a database is found within 4 s of its return.
GRACE, PATIENCE, PAUSE = 20, 5.0, 2.0
# Interface: a connection was closed in our hands. ReadOnly: a failover, and the new primary comes (F49).
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)


async def work() -> None:
    """Do jobs until SIGTERM or SIGINT, then let those that run end. Raises all but the absence of the database."""
    working = asyncio.create_task(_runs())
    with on_stop(working.cancel), suppress(asyncio.CancelledError):  # type: ignore[arg-type]
        await working


async def _runs() -> None:
    """One run after the other, until this is cancelled.

    A run that ends without an error has met one in its listener or heartbeat, which ask the database and nothing else.
    """
    task, dead = asyncio.current_task(), None
    while True:
        worker = Worker(app, **_options())
        try:
            await _run(worker, dead)
        except ConnectorException as error:
            if not isinstance(error.__cause__, AWAY):
                raise
            log.warning("the worker's database is away", error=type(error.__cause__).__name__)
        if task and task.cancelling():  # told to end, and then the database was away
            return
        dead = worker.worker_id or dead
        await asyncio.sleep(PAUSE)


def _options() -> WorkerOptions:
    return {
        **app.worker_defaults,
        "concurrency": CONCURRENCY,
        "shutdown_graceful_timeout": GRACE,
        "install_signal_handlers": False,
    }


async def _run(worker: Worker, dead: int | None) -> None:
    """Do jobs over connections of its own. `dead`: the worker before, if it could not sign off; its jobs are free."""
    check = AsyncConnectionPool.check_connection
    pool = AsyncConnectionPool(kwargs=connector_params(), timeout=PATIENCE, check=check, open=False)
    async with pool:
        with app.replace_connector(PsycopgConnector()):
            await app.open_async(pool)
            if dead:
                await app.job_manager.unregister_worker(dead)
            with suppress(AlreadyEnqueued):
                await app.configure_task("orders.rescue").defer_async(timestamp=int(time.time()))
            await worker.run()  # type: ignore[no-untyped-call]
