"""Stories in which Postgres is at fault, or the way to it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial

from django.db import Error, connection, transaction

from dashboard.accounts.models import Team
from orders.models import Order
from tests.slow.faults.deeds import deed
from tests.slow.faults.proxy import Fault
from tests.slow.faults.stage import Stage
from tests.slow.faults.waits import somebody_waits_for_us
from tests.upstream import Step
from tests.waiting import wait_until

GONE = Fault(refuse=True)
# What a Write says to Postgres before it is sent, and after the answer.
INTENT = (b'INSERT INTO "orders_write"', b"COMMIT")
MIRRORED = (b'UPDATE "orders_write"', b"COMMIT")


def comes_back(stage: Stage) -> None:
    """R11: within 5 seconds of the database's return everything answers again."""
    wait_until(lambda: stage.alice.ask("GET", "/keys/").status == 200, 5)


@deed("F43-the-page-without-a-database")
def away_and_back(stage: Stage, case: str, operations: int) -> None:
    with stage.database.broken(GONE, cut=True):
        answer = stage.alice.ask("GET", "/keys/")
        assert (answer.status, "Retry-After" in answer.headers) == (503, True)
        assert stage.nobody("/healthz") == 200
        assert stage.nobody("/readyz") == 503
    comes_back(stage)


@deed("F44-database-dies-before-the-commit")
def before_the_commit(stage: Stage, case: str, operations: int) -> None:
    """Nothing was sent, so nothing is owed."""
    order = stage.order()
    for press in (
        partial(stage.alice.create, case, stage.name()),
        partial(stage.alice.rename, case, order, stage.name()),
    ):
        stage.service.calm()
        with stage.database.broken(Fault(after=INTENT, passing=False, times=1), cut=True):
            assert press().status == 503
        assert stage.service.count("POST") == stage.service.count("PATCH") == 0
        comes_back(stage)


@deed("F45-answer-to-the-commit-lost")
def commit_answer_lost(stage: Stage, case: str, operations: int) -> None:
    """The same form sent again finds what was committed; there is never a second one."""
    for _ in range(max(2, operations // 8)):
        token, name = stage.alice.form(), stage.name()
        with stage.database.broken(Fault(after=INTENT, cut=0, times=1), cut=True):
            assert stage.alice.create(case, name, token=token).status == 503
        comes_back(stage)
        assert stage.alice.create(case, name, token=token).status in (202, 302)


@deed("F46-database-dies-during-the-call")
def during_the_call(stage: Stage, case: str, operations: int) -> None:
    _dies(stage, case, processed=False)


@deed("F47-database-dies-before-the-mirror")
def before_the_mirror(stage: Stage, case: str, operations: int) -> None:
    _dies(stage, case, processed=True)


def _dies(stage: Stage, case: str, *, processed: bool) -> None:
    """The database goes when the request is at Autoenhance, and comes back after the answer."""
    order = stage.order()
    presses = {
        "POST": partial(stage.alice.create, case, stage.name()),
        "PATCH": partial(stage.alice.rename, case, order, stage.name()),
    }
    for method, press in presses.items():
        stage.service.calm()
        stage.service.gate(case, method, "*", Step(), processed=processed)
        pressing = stage.begin(press)
        stage.service.wait(1, method)
        with stage.database.broken(GONE, cut=True):
            stage.service.open_gate(case)
            pressing.join()
        comes_back(stage)
    assert [op.status for op in stage.history.of(case)] == [503, 503]


@deed("F47-answer-to-the-mirror-s-commit-lost")
def mirror_commit_lost(stage: Stage, case: str, operations: int) -> None:
    for n in range(max(2, operations // 8)):
        order = stage.order()
        with stage.database.broken(Fault(after=MIRRORED, cut=0, times=1, passing=bool(n % 2)), cut=True):
            assert stage.alice.rename(case, order, stage.name()).status == 503
        comes_back(stage)


@deed("F48-a-locked-table")
def locked_table(stage: Stage, case: str, operations: int) -> None:
    """What needs the table gets a 503 in time; what does not goes on."""
    locked, over = threading.Event(), threading.Event()

    def lock() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("lock table orders_order in access exclusive mode")
            locked.set()
            over.wait(30)

    ops = stage.some(case, ["search", "open", "create", "rename"], 4)
    locking = stage.begin(lock)
    locked.wait(10)
    searching = stage.begin(lambda: stage.many(ops))
    time.sleep(0.5)
    assert stage.nobody("/healthz") == 200
    assert stage.charlie.ask("GET", "/settings/").status == 200
    searching.join()
    over.set()
    locking.join()
    told = stage.history.of(case)
    assert {op.status for op in told} <= {503, 202, 302, 422}
    assert max(op.ended - op.began for op in told) <= 15.5


@deed("F49-a-read-only-database")
def read_only(stage: Stage, case: str, operations: int) -> None:
    """As after a failover: whoever would write is told that it cannot be done, and nothing is sent.

    A page may write as well (when it was last looked at), and is then refused like any other.
    """
    name, order = connection.settings_dict["NAME"], stage.order()
    ops = stage.some(case, ["search", "open"], max(2, operations // 4))
    stage.service.calm()
    try:
        _set_read_only(name, "on")
        stage.database.cut_all()
        assert {op.status for op in stage.many(ops)} <= {200, 503}
        assert stage.alice.create(case, stage.name()).status == 503
        assert stage.alice.rename(case, order, stage.name()).status == 503
        assert stage.service.count("POST") == stage.service.count("PATCH") == 0
    finally:
        _set_read_only(name, "off")
        stage.database.cut_all()
    wait_until(lambda: stage.alice.create(case, stage.name()).status == 302, 30)


def _set_read_only(database: str, on: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set default_transaction_read_only = off")
        cursor.execute(f'alter database "{database}" set default_transaction_read_only = {on}')


@deed("F50-all-connections-cut")
def connections_cut(stage: Stage, case: str, operations: int) -> None:
    """Under load; who is in the middle is told so, and the next one is served."""
    working = stage.begin(
        partial(stage.many, stage.some(case, ["search", "create", "rename", "open"], max(60, operations)))
    )
    for _ in range(3):
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid() and application_name not like 'psql%'"
            )
        time.sleep(0.3)
    working.join()
    assert {op.status for op in stage.history.of(case)} <= {200, 302, 202, 409, 422, 503}
    comes_back(stage)


@deed("F52-a-deadlock")
def deadlock(stage: Stage, case: str, operations: int) -> None:
    """Somebody else takes the same two rows in the other order, after Autoenhance has done it."""
    order = stage.order()
    stage.service.gate(case, "PATCH", "*", Step(), processed=True)
    renaming = stage.begin(partial(stage.alice.rename, case, order, stage.name()))
    stage.service.wait(1, "PATCH")
    with suppress(Error), transaction.atomic():
        Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
        stage.service.open_gate(case)
        wait_until(somebody_waits_for_us)
        Team.objects.select_for_update(no_key=True).get(pk=order.team_id)
    renaming.join()
    assert stage.history.of(case)[0].status in (302, 503)
