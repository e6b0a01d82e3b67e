"""What runs in the background, and when. Arguments are ids only; every task may run twice.

No task has a RetryStrategy: a job that goes back to waiting while another of the same `once` waits already hits the
unique index on it and is stuck. What has to be done again is queued again.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from dashboard.health import WORKER_DEAD
from orders import batches, freshen, hints, mails, missing, rounds, strips, sync, writes
from orders.gate import Urgency, urgency
from orders.models import ApiKey, Order, Sync, now
from orders.queue import later
from orders.remote import KeyRejected, RemoteError

log = structlog.get_logger(__name__)

HOURS_KEPT = 72
# Then other work gets its turn: some keys with long lists must not fill the worker (T42).
PAGES_AT_ONCE = 20


@app.task(name="orders.settle", queue="writes")
@urgency(Urgency.SOON)
def settle(write_id: int) -> None:
    """Find out what became of a Write."""
    writes.settle(write_id)


@app.task(name="orders.import", queue="imports", priority=-1)
def import_orders(key_id: int) -> None:
    """Read a key's list into the mirror, to its end."""
    _read(key_id, Sync.Kind.IMPORT)


@app.task(name="orders.catch_up", queue="imports", priority=-1)
def catch_up(key_id: int) -> None:
    """Read what is new in a key's list."""
    _read(key_id, Sync.Kind.CATCH_UP)


@app.task(name="orders.daily", queue="imports", priority=-2)
def daily(key_id: int) -> None:
    """Read a key's whole list again."""
    _read(key_id, Sync.Kind.DAILY)


@urgency(Urgency.LIST)
def _read(key_id: int, kind: Sync.Kind) -> None:
    """Read on for some pages; the rest is queued again, and after a failure later each time."""
    key = ApiKey.objects.live().filter(pk=key_id).first()
    if key is None:
        return
    pass_ = Sync.take_up(key, kind)
    try:
        sync.read(pass_, PAGES_AT_ONCE)
    except KeyRejected:
        log.warning("reading a list stopped: key refused", key=key_id, kind=kind)
    except RemoteError as error:
        log.warning("reading a list was interrupted", key=key_id, kind=kind, error=type(error).__name__)
        rounds.queue(key_id, kind, now() + max(pass_.pause, timedelta(seconds=error.retry_after or 0)))
    else:
        if pass_.unfinished:
            rounds.queue(key_id, kind)
        else:
            log.info("read a list", key=key_id, kind=kind, orders=pass_.read, skipped=pass_.skipped)


@app.task(name="orders.strip", queue="strips", priority=-1)
@urgency(Urgency.LIST)
def strip(order_id: int) -> None:
    """Make an order's strip, after all that somebody waits for. What could not be had is asked for at a later look."""
    order = Order.objects.select_related("team", "key__user", "detail").filter(pk=order_id).first()
    if order:
        strips.make(order)


@app.task(name="orders.look", queue="looks")
@urgency(Urgency.SOON)
def look(order_id: int) -> None:
    """Look at an order that a webhook spoke of."""
    hints.look(order_id)


@app.task(name="orders.batch", queue="batches")
@urgency(Urgency.SOON)
def batch(batch_id: int) -> None:
    """Carry on with renaming many orders."""
    batches.run(batch_id)


@app.task(name="orders.announce", queue="mails")
def announce(order_id: int, run: int) -> None:
    """Queue the mails about an order that is finished."""
    mails.announce(order_id, run)


@app.task(name="orders.mail", queue="mails")
def mail(mail_id: int) -> None:
    """Send a mail."""
    mails.send(mail_id)


@app.periodic(cron="* * * * *", periodic_id="tick")
@app.task(name="orders.tick", queue="ticks", priority=-1, queueing_lock="tick")
@urgency(Urgency.SOON)
def tick(timestamp: int) -> None:
    """Look at the open orders that are due, and do so again as soon as others are."""
    again = freshen.tick()
    if again:
        later("orders.tick", once="tick", at=again, alone=False, timestamp=timestamp)


@app.periodic(cron="* * * * *", periodic_id="sweep")
@app.task(name="orders.sweep", queue="writes", queueing_lock="sweep")
def sweep(timestamp: int) -> None:
    """Look at Writes and mails that are overdue and at batches that run, whatever became of their jobs."""
    writes.sweep()
    batches.sweep()
    mails.sweep()


@app.periodic(cron="*/10 * * * *", periodic_id="plan")
@app.task(name="orders.plan", queue="rescue", queueing_lock="plan")
def plan(timestamp: int) -> None:
    """Queue what is to be read of each key's list in the next ten minutes."""
    rounds.plan()


@app.periodic(cron="5-59/10 * * * *", periodic_id="missing")
@app.task(name="orders.missing", queue="imports", queueing_lock="missing")
@urgency(Urgency.LIST)
def look_for_missing(timestamp: int) -> None:
    """Look for orders that their lists do not show any more."""
    missing.look()


@app.periodic(cron="* * * * *", periodic_id="rescue")
@app.task(name="orders.rescue", queue="rescue", queueing_lock="rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Take up the jobs of workers that were killed: procrastinate leaves that to us."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=WORKER_DEAD):
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # another of the same `once` waits already, and will do it
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        log.warning("rescued a job", job=job.id, task=job.task_name)


@app.periodic(cron="17 3 * * *", periodic_id="tidy")
@app.task(name="orders.tidy", queue="rescue", queueing_lock="tidy", pass_context=True)
async def tidy(context: JobContext, timestamp: int) -> None:
    """Forget finished jobs after three days."""
    await context.app.job_manager.delete_old_jobs(nb_hours=HOURS_KEPT, include_failed=False)


__all__ = [
    "announce",
    "batch",
    "catch_up",
    "daily",
    "import_orders",
    "look",
    "look_for_missing",
    "mail",
    "plan",
    "rescue",
    "settle",
    "strip",
    "sweep",
    "tick",
    "tidy",
]
