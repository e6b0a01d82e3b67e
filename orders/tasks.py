"""What runs in the background, and when. Arguments are ids only; every task may run twice."""

from __future__ import annotations

import structlog
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from orders import strips, sync, writes
from orders.models import ApiKey, Order
from orders.remote import KeyRejected, RemoteError

log = structlog.get_logger(__name__)

# A worker that has not been heard of for this many seconds is dead, and its jobs are taken up again.
STALLED = 60
HOURS_KEPT = 72


@app.task(name="orders.settle", queue="writes", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def settle(write_id: int) -> None:
    """Find out what became of a Write."""
    writes.settle(write_id)


@app.task(
    name="orders.import",
    queue="imports",
    retry=RetryStrategy(max_attempts=8, exponential_wait=4, retry_exceptions=[RemoteError]),
)
def import_orders(key_id: int) -> None:
    """Read a key's list into the mirror."""
    key = ApiKey.objects.live().filter(pk=key_id).select_related("user", "team").first()
    if key is None:
        return
    try:
        listed = sync.import_orders(key)
    except KeyRejected:
        log.warning("import stopped: key refused", key=key_id)
        return
    log.info("imported", key=key_id, orders=listed)


@app.task(name="orders.strip", queue="strips", priority=-1)
def strip(order_id: int) -> None:
    """Make an order's strip, after all that somebody waits for. What could not be had is asked for at a later look."""
    order = Order.objects.select_related("team", "key__user", "detail").filter(pk=order_id).first()
    if order:
        strips.make(order)


@app.periodic(cron="* * * * *", periodic_id="rescue")
@app.task(name="orders.rescue", queue="rescue", queueing_lock="rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Take up the jobs of workers that were killed: procrastinate leaves that to us."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
        log.warning("rescued a job", job=job.id, task=job.task_name)
        await manager.retry_job(job)


@app.periodic(cron="17 3 * * *", periodic_id="tidy")
@app.task(name="orders.tidy", queue="rescue", queueing_lock="tidy", pass_context=True)
async def tidy(context: JobContext, timestamp: int) -> None:
    """Forget finished jobs after three days."""
    await context.app.job_manager.delete_old_jobs(nb_hours=HOURS_KEPT, include_failed=False)


__all__ = ["import_orders", "rescue", "settle", "strip", "tidy"]
