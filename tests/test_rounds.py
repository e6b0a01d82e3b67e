"""When each key's list is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from orders import rounds, sync, tasks
from orders.models import ApiKey, Order, Sync, now
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY

pytestmark = pytest.mark.django_db(transaction=True)


def queued() -> list[str]:
    return sorted(ProcrastinateJob.objects.values_list("task_name", flat=True))


def zone_where_it_is(hour: int) -> str:
    """A zone in which it is this hour now; those with whole hours cover the day."""
    zones = [f"Etc/GMT{offset:+d}" for offset in range(-14, 13)]
    return next(zone for zone in zones if datetime.now(ZoneInfo(zone)).hour == hour)


@pytest.fixture
def imported(key: ApiKey) -> ApiKey:
    """A key whose import ended by day, for its team."""
    sync.import_orders(key)
    key.refresh_from_db()
    _let_it_be(key, rounds.QUIET_HOUR + 9)
    return key


def _let_it_be(key: ApiKey, hour: int) -> None:
    key.team.time_zone = zone_where_it_is(hour % 24)
    key.team.save()


def _ended(age: timedelta) -> None:
    Sync.objects.update(finished_at=now() - age)


def test_a_key_without_an_import_gets_one(key: ApiKey) -> None:
    """Also one that lost its job."""
    rounds.plan()
    rounds.plan()
    assert queued() == ["orders.import"]


def test_an_import_that_is_being_read_gets_no_other(key: ApiKey) -> None:
    """A job more would begin it once more when it is done."""
    Sync.take_up(key, Sync.Kind.IMPORT)
    rounds.plan()
    assert queued() == []
    Sync.objects.update(resumed_at=now() - timedelta(minutes=2))
    rounds.plan()
    assert queued() == ["orders.import"]


def test_every_round_catches_up_once(imported: ApiKey) -> None:
    rounds.plan()
    rounds.plan()
    assert queued() == ["orders.catch_up"]
    at = ProcrastinateJob.objects.get().scheduled_at
    assert at is not None
    assert at < now() + rounds.ROUND


def test_keys_have_their_own_places_in_a_round() -> None:
    assert len({rounds._jitter(ApiKey(pk=pk)) for pk in range(1, 101)}) == 100


@pytest.mark.parametrize(
    ("hours", "asleep", "task"),
    [
        (21, True, "orders.daily"),
        (21, False, "orders.catch_up"),
        (19, True, "orders.catch_up"),
        (31, False, "orders.daily"),
    ],
)
def test_reads_everything_once_a_night(imported: ApiKey, hours: int, asleep: bool, task: str) -> None:
    if asleep:
        _let_it_be(imported, rounds.QUIET_HOUR)
    _ended(timedelta(hours=hours))
    rounds.plan()
    assert queued() == [task]


def test_a_refused_key_is_left_alone(imported: ApiKey) -> None:
    imported.refuse()
    rounds.plan()
    assert queued() == []


def test_long_lists_take_turns(
    key: ApiKey, store: Store, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T42: a job reads so many pages, and the rest is another job."""
    monkeypatch.setattr(tasks, "PAGES_AT_ONCE", 1)
    seed(store, ALICES_KEY, count=40)
    rounds.queue(key.pk, Sync.Kind.IMPORT)
    run_jobs()
    assert Order.objects.count() == 40
    assert queued().count("orders.import") >= 3
