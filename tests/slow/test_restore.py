"""The drill: a backup, restored elsewhere, is what it was, opens its keys, and catches up (R17, F81)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from django.db import connection

from dashboard import dumps
from dashboard.accounts.models import User
from orders import services, tokens
from orders.models import ApiKey, Hook, Order, ShareLink
from orders.queue import later
from orders.sandbox.paging import Cut
from orders.sandbox.store import Store
from orders.vault import new_key
from tests import databases
from tests.cast import ALICES_KEY, BOBS_KEY, place_upstream
from tests.slow.procfile import ROOT, Procfile
from tests.upstream import Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# What is of the moment, and what `restore` itself does.
NOT_KEPT = {"django_session", "accounts_session", "cache", "counts", "orders_pace", "orders_allowance"}
CHANGED = {"procrastinate_jobs", "procrastinate_events", "orders_sync", "orders_syncpage"}
ALL = 50
WAITING = "select from procrastinate_jobs where status = 'todo' and scheduled_at is null"
LISTED = """
    select o.order_id, name from orders_order o join orders_orderwatch w on w.order_id = o.id where missed_at is null
"""


class Drill:
    """The database of the test, and an empty one to restore into."""

    def __init__(self, file: Path, database: str, upstream: Upstream) -> None:
        self.file, self.database, self.upstream = file, database, upstream

    def backup(self) -> subprocess.CompletedProcess[str]:
        return self.manage(databases.url(connection.settings_dict["NAME"]), "backup", str(self.file))

    def restore(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.manage(self.database, "restore", str(self.file), **environment)

    def manage(self, database: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        here = {"DATABASE_URL": database, "DEBUG": "true", "AUTOENHANCE_API_URL": self.upstream.url, **environment}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=os.environ | here, capture_output=True, text=True)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Of the restored database."""
        with psycopg.connect(self.database) as restored:
            return restored.execute(sql).fetchall()  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def drill(tmp_path: Path, upstream: Upstream) -> Iterator[Drill]:
    with databases.fresh() as database:
        yield Drill(tmp_path / "backup", database, upstream)


@pytest.fixture
def work(key: ApiKey, bob: User, order: Order, store: Store, make_key: Callable[..., ApiKey]) -> str:
    """A team at work: orders, a second key, a webhook, a job that waits, and a share link; its token."""
    make_key(bob, key.team, BOBS_KEY, "Bob's")
    Hook.make(key)
    for number in range(30):
        place_upstream(store, ALICES_KEY, f"{number} Elm Row")
    services.test_key(key)
    services.catch_up_for(key.user, key.team)
    later("orders.strip", once=f"strip:{order.pk}", order_id=order.pk)
    token = tokens.issue()
    ShareLink.make(token, order, key.user, "", label="Client")
    return token


def sums(database: str) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a sum of them."""
    with psycopg.connect(database) as asked:
        found = asked.execute("select relname from pg_stat_user_tables where schemaname = 'public'").fetchall()
        rows = "select count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {} t"
        return {name: asked.execute(rows.format(f'"{name}"')).fetchone() for (name,) in found}  # type: ignore[misc]


def change_upstream(store: Store, order: Order) -> str:
    """Rename this one, delete another, and make one; its id."""
    renamed, deleted = store.order(order.order_id), store.order(Order.objects.exclude(pk=order.pk)[0].order_id)
    assert renamed
    assert deleted
    store.edit_order(renamed, "13 Rosewood Ave", renamed.sort_order)
    store.delete_order(deleted)
    return place_upstream(store, ALICES_KEY, "99 New Street")


@pytest.mark.usefixtures("work")
def test_a_restored_database_is_what_it_was(drill: Drill) -> None:
    before = sums(databases.url(connection.settings_dict["NAME"]))
    assert drill.backup().returncode == 0
    assert drill.file.stat().st_mode & 0o777 == 0o600
    restored = drill.restore()
    assert restored.returncode == 0, restored.stderr
    assert "31 orders are back, and 3 of 3 API keys and webhooks open" in restored.stdout
    after = sums(drill.database)
    assert before.keys() == after.keys() > NOT_KEPT | CHANGED
    differ = {name for name in before if before[name] != after[name]}
    assert differ <= NOT_KEPT | CHANGED


@pytest.mark.usefixtures("work")
def test_nothing_in_the_file_opens_a_key(drill: Drill) -> None:
    """T01: whoever has it and not KEY_ENCRYPTION_KEYS has nothing; the operator is told so."""
    drill.backup()
    plain = drill.file.with_suffix(".sql")
    dumps.run("pg_restore", f"--file={plain}", str(drill.file))
    assert "12 Rosewood Ave" in plain.read_text()
    assert [secret for secret in (ALICES_KEY, BOBS_KEY) if secret in plain.read_text()] == []
    assert "0 of 3 API keys and webhooks open" in drill.restore(KEY_ENCRYPTION_KEYS=new_key()).stdout


def test_a_restored_team_catches_up(
    work: str, drill: Drill, order: Order, store: Store, upstream: Upstream, procfile: Procfile
) -> None:
    """F81: what was made, renamed and deleted since is here once; nothing is sent that was sent before."""
    drill.backup()
    made = change_upstream(store, order)
    ShareLink.objects.update(revoked_at=order.created_at)
    assert drill.restore().returncode == 0
    upstream.journal.clear()
    procfile.environment["DATABASE_URL"] = drill.database
    procfile.serve()
    procfile.start("worker")
    done = "select from orders_sync where kind = 'daily' and state = 'done'"
    wait_until(lambda: len(drill.ask(done)) == len((ALICES_KEY, BOBS_KEY)), 90)
    wait_until(lambda: not drill.ask(WAITING), 90)
    here = drill.ask(LISTED)
    there = store.page(store.open_account(ALICES_KEY), Cut("date", None, "", ALL)).orders
    assert sorted(here) == sorted((each.order_id, each.name) for each in there)
    assert {(order.order_id, "13 Rosewood Ave"), (made, "99 New Street")} <= set(here)
    assert drill.ask("select count(*) from orders_orderwatch where missed_at is not null") == [(1,)]
    assert upstream.calls("POST") == upstream.calls("PATCH") == []
    assert drill.ask("select count(*) from procrastinate_jobs where status = 'failed'") == [(0,)]
    assert requests.get(f"{procfile.address}/s/{work}/", timeout=30).status_code == 200


def test_refuses_a_database_that_is_not_empty_and_a_file_that_is_there(drill: Drill, work: str) -> None:
    drill.backup()
    again = drill.backup()
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    drill.restore()
    again = drill.restore()
    assert (again.returncode, "not empty" in again.stderr) == (1, True)


def test_a_broken_file_leaves_nothing(drill: Drill, work: str) -> None:
    drill.backup()
    drill.file.write_bytes(drill.file.read_bytes()[:-5000])
    failed = drill.restore()
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert sums(drill.database) == {}


def test_leaves_no_file_and_no_password_when_the_database_is_away(drill: Drill) -> None:
    failed = drill.manage("postgres://somebody:secret-password@127.0.0.1:9/nowhere", "backup", str(drill.file))
    assert failed.returncode == 1
    assert [*drill.file.parent.glob("backup*")] == []
    assert "secret-password" not in failed.stdout + failed.stderr
