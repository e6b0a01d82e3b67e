"""The web server killed by -9 at each moment of a change: in the end it is made, and made once (F18, F57)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from dashboard.accounts.models import User
from orders.models import ApiKey, Write
from orders.sandbox.store import Store
from tests.cast import AsUser
from tests.slow.changes import Change, Create, Rename, Stage
from tests.slow.procfile import Procfile
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# Thirteen until a Write may be settled, the start of a worker, and its next look at the queue.
SETTLE_SECONDS = 90

Moment = Callable[[Change, Stage], int]


def before_it_is_sent(change: Change, stage: Stage) -> int:
    """The Write is committed, and nothing has left."""
    with transaction.atomic():
        change.press_in_vain()
        wait_until(_somebody_waits_for_us)
        stage.procfile.kill("web")
    assert change.calls() == 0
    return 1


def while_it_is_sent(change: Change, stage: Stage) -> int:
    """It has left, and Autoenhance never gets to it."""
    stage.upstream.script(change.method, "*", Step(hang=True))
    change.press()
    stage.upstream.wait(1, change.method)
    stage.procfile.kill("web")
    return 2


def before_it_arrives(change: Change, stage: Stage) -> int:
    """It has left, and Autoenhance does it when we are dead."""
    arrives = threading.Event()
    stage.upstream.script(change.method, "*", Step(process=True, hold=arrives))
    change.press()
    stage.upstream.wait(1, change.method)
    stage.procfile.kill("web")
    arrives.set()
    return 1


def before_the_answer(change: Change, stage: Stage) -> int:
    """Autoenhance has done it, and its answer is on the way."""
    stage.upstream.script(change.method, "*", Step(process=True, delay=threading.Event()))
    change.press()
    wait_until(change.is_done_there)
    stage.procfile.kill("web")
    return 1


def before_it_is_mirrored(change: Change, stage: Stage) -> int:
    """The answer is here, and not yet in the mirror."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("lock table orders_order in share mode")
        change.press()
        wait_until(_somebody_waits_for_us)
        stage.procfile.kill("web")
    assert change.is_done_there()
    return 1


MOMENTS = [before_it_is_sent, while_it_is_sent, before_it_arrives, before_the_answer, before_it_is_mirrored]


@pytest.fixture
def stage(procfile: Procfile, alice: User, as_user: AsUser, upstream: Upstream, store: Store) -> Stage:
    """Everything that a change goes through."""
    return Stage(procfile, as_user(alice), upstream, store)


@pytest.fixture(params=[Create, Rename])
def change(request: pytest.FixtureRequest, stage: Stage, alice: User, key: ApiKey) -> Change:
    """What alice is about to send."""
    if request.param is Create:
        return Create(stage, alice, key.team)
    return Rename(stage, request.getfixturevalue("order"))


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_change_is_made_once_also_when_it_is_pressed_again(moment: Moment, change: Change, stage: Stage) -> None:
    stage.procfile.serve()
    times = moment(change, stage)
    change.let_go()
    assert Write.objects.get().state == Write.State.OPEN
    stage.procfile.start("worker")
    stage.procfile.serve()
    assert change.send() in (202, 302, 409)
    wait_until(lambda: not Write.objects.get().pending, SETTLE_SECONDS)
    assert change.calls() == times
    change.assert_done_once()


def _somebody_waits_for_us() -> bool:
    """Whether another connection cannot go on before our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
