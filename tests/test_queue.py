"""Queueing by name: once, and in the caller's transaction, also from within a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard.accounts.models import Team
from dashboard.health import worker_lives
from orders import mails
from orders.queue import later

pytestmark = pytest.mark.django_db


class Undone(Exception):
    """What undoes a transaction."""


def queued() -> list[str | None]:
    return sorted(str(job.queueing_lock) for job in ProcrastinateJob.objects.all())


class LaterTests:
    def test_one_waiting_job_of_a_name_is_enough(self) -> None:
        for once in ("a", "a", "b"):
            later("orders.mail", once=once, mail_id=1)
        assert queued() == ["a", "b"]

    @pytest.mark.parametrize("alone", [True, False])
    def test_only_what_has_to_run_alone_waits_for_one_that_runs(self, alone: bool) -> None:
        later("orders.mail", once="a", alone=alone, mail_id=1)
        assert ProcrastinateJob.objects.get().lock == ("a" if alone else None)

    @pytest.mark.django_db(transaction=True)
    def test_a_worker_queues_in_its_transaction(
        self, team: Team, run_jobs: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else the job may run before what it is about is there, and finds nothing to do."""

        def undone(mail_id: int) -> None:
            with transaction.atomic():
                later("orders.announce", once="inside", order_id=0, run=0)
                raise Undone

        monkeypatch.setattr(mails, "send", undone)
        later("orders.mail", once="outside", mail_id=1)
        run_jobs()
        jobs = dict(ProcrastinateJob.objects.values_list("task_name", "status"))
        assert jobs["orders.mail"] == "failed"
        assert "orders.announce" not in jobs


class WorkerTests:
    @pytest.mark.parametrize(("age", "lives"), [(5, True), (65, False)])
    def test_lives_while_it_is_heard_of(self, age: int, lives: bool) -> None:
        assert not worker_lives()
        with connection.cursor() as cursor:
            sql = "insert into procrastinate_workers (last_heartbeat) values (now() - %s)"
            cursor.execute(sql, [timedelta(seconds=age)])
        assert worker_lives() == lives
