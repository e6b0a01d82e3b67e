"""When each key's list is read: catch-ups all day, everything once a night (DESIGN section 5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from orders.models import ApiKey, Sync, now
from orders.queue import later

# How often `plan` is called, and over which time it spreads the keys: not all accounts are read at the same moment.
ROUND = timedelta(minutes=10)
# The whole list is read in the team's small hours; but also by day where nobody is awake then, or the server is not.
QUIET_HOUR = 3
RECENT, OVERDUE = timedelta(hours=20), timedelta(hours=30)

TASKS = {Sync.Kind.IMPORT: "orders.import", Sync.Kind.CATCH_UP: "orders.catch_up", Sync.Kind.DAILY: "orders.daily"}


def queue(key_id: int, kind: Sync.Kind, at: datetime | None = None) -> None:
    """Read the key's list in the background, unless that waits to be done already."""
    task = TASKS[kind]
    later(task, once=f"{task.removeprefix('orders.')}:{key_id}", at=at, key_id=key_id)


def plan() -> None:
    """Queue what is due for every live key: its import until it has one, then a catch-up or the daily pass."""
    moment = now()
    importing = Sync.objects.moving(Sync.Kind.IMPORT)
    complete = Sync.objects.complete_since(moment - OVERDUE)
    for key in ApiKey.objects.live().select_related("team"):
        at = moment + _jitter(key)
        if key.imported_at is None:
            if key.pk not in importing:  # else a job more would read it all again
                queue(key.pk, Sync.Kind.IMPORT)
        elif _is_night(key, moment, complete.get(key.pk)):
            queue(key.pk, Sync.Kind.DAILY, at)
        else:
            queue(key.pk, Sync.Kind.CATCH_UP, at)


def _jitter(key: ApiKey) -> timedelta:
    """The key's own place in the round: the same each time, so that its catch-ups are evenly apart."""
    return timedelta(seconds=key.pk * 157 % ROUND.seconds)


def _is_night(key: ApiKey, moment: datetime, last: datetime | None) -> bool:
    """Whether it is time to read everything, after the complete pass that ended at `last`."""
    if last is None:
        return True
    quiet = moment.astimezone(ZoneInfo(key.team.time_zone)).hour == QUIET_HOUR
    return quiet and last < moment - RECENT
