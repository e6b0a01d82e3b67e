"""Migrations of a database that people use: what they may not do, and how long they wait (R15, F78, F79, F80)."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, models
from django.db.migrations import AddField, Migration, RunPython

from dashboard.accounts.management.commands import migrate
from tests.databases import url
from tests.migration_lint import BASELINE, FAULTS, faults_of, lint, mixed

RIGHT = [
    'ALTER TABLE "orders_order" ADD COLUMN "note" text NULL;',
    """ALTER TABLE "orders_order" ADD COLUMN "note" text DEFAULT '' NOT NULL;""",
    'CREATE INDEX CONCURRENTLY "order_note" ON "orders_order" ("note");',
    'ALTER TABLE "orders_order" ADD CONSTRAINT "c" CHECK ("n" > 0) NOT VALID;',
    'ALTER TABLE "orders_order" VALIDATE CONSTRAINT "c";',
    'CREATE TABLE "new" ("id" bigint); CREATE INDEX "i" ON "new" ("id")',
    'CREATE TABLE "new" ("id" bigint); ALTER TABLE "new" ADD CONSTRAINT "u" UNIQUE ("id")',
    'CREATE UNLOGGED TABLE "new" ("id" bigint); CREATE INDEX "i" ON "new" ("id")',
    "-- Create index on orders_order",
]
WRONG = [
    'ALTER TABLE "orders_order" ADD COLUMN "note" text NOT NULL;',
    'ALTER TABLE "orders_order" ALTER COLUMN "note" DROP DEFAULT;',
    'CREATE INDEX "order_note" ON "orders_order" ("note");',
    'CREATE UNIQUE INDEX "order_note" ON "orders_order" ("note");',
    'CREATE TABLE "new" ("id" bigint); create index i on orders_order (note)',
    'ALTER TABLE "orders_order" ADD CONSTRAINT "u" UNIQUE ("note");',
    'ALTER TABLE "orders_order" ADD CONSTRAINT "f" FOREIGN KEY ("n") REFERENCES "t" ("id");',
    'ALTER TABLE "orders_order" ADD CONSTRAINT "c" CHECK ("n" > 0);',
    'ALTER TABLE "orders_order" ALTER COLUMN "n" TYPE bigint USING "n"::bigint;',
    'ALTER TABLE "orders_order" ALTER COLUMN "n" SET NOT NULL;',
    'ALTER TABLE "orders_order" RENAME COLUMN "n" TO "m";',
    'ALTER TABLE "orders_order" RENAME TO "o";',
    'ALTER TABLE "orders_order" DROP COLUMN "n" CASCADE;',
    'DROP TABLE "orders_order" CASCADE;',
    "alter table orders_pace set unlogged",
]


@pytest.mark.parametrize("sql", RIGHT)
def test_takes_what_nobody_notices(sql: str) -> None:
    assert faults_of([sql]) == []


@pytest.mark.parametrize("sql", WRONG)
def test_refuses_what_holds_people_up_or_breaks_the_release_before(sql: str) -> None:
    assert len(faults_of([sql])) == 1


def test_has_an_example_of_every_fault() -> None:
    found = " ".join(faults_of([sql])[0] for sql in WRONG)
    assert [fault for fault in FAULTS.values() if fault not in found] == []


def test_no_lock_is_waited_for_longer_than_two_seconds() -> None:
    """R15, F78: whoever comes after would wait as well."""
    assert migrate.LOCK_TIMEOUT == "2s"


@pytest.mark.django_db(transaction=True)
def test_our_migrations_since_the_baseline_disturb_nobody() -> None:
    """What was there before the first release was never run while anybody used it."""
    assert lint(BASELINE) == {}


@pytest.mark.django_db(transaction=True)
def test_the_lint_finds_what_there_was_before_the_baseline() -> None:
    assert ("orders", "0012_limiter") in lint({"orders": 11})


def test_rows_and_tables_are_changed_in_migrations_of_their_own() -> None:
    class Both(Migration):
        operations = [RunPython(RunPython.noop), AddField("order", "note", models.TextField(null=True))]

    class Rows(Migration):
        operations = [RunPython(RunPython.noop)]

    assert (mixed(Both("0099_both", "orders")), mixed(Rows("0099_rows", "orders"))) == (True, False)


class LetsGo(StringIO):
    """Takes what is said, and ends the other's connection with the first word of it."""

    def __init__(self, other: psycopg.Connection) -> None:
        super().__init__()
        self._other = other

    def write(self, text: str) -> int:
        self._other.close()
        return super().write(text)


@pytest.fixture
def other(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """Another release, which is migrating just now."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "20ms")
    monkeypatch.setattr(migrate, "PAUSE", 0)
    with psycopg.connect(url(connection.settings_dict["NAME"])) as held:
        held.execute("select pg_advisory_lock(%s)", [migrate.ONE_AT_A_TIME])
        yield held


class MigrateTests:
    def test_tries_again_when_somebody_holds_a_lock(self, other: psycopg.Connection) -> None:
        told = LetsGo(other)
        call_command("migrate", verbosity=0, stderr=told)
        assert "Somebody holds a lock" in told.getvalue()

    def test_gives_up_in_the_end(self, other: psycopg.Connection) -> None:
        with pytest.raises(OperationalError, match="lock timeout"):
            call_command("migrate", verbosity=0, stderr=StringIO())

    @pytest.mark.django_db(transaction=True)
    def test_drops_the_half_of_an_index_that_a_kill_left_and_leaves_the_settings_as_they_were(self) -> None:
        """F80. It may take longer than a page may; what comes after it may not."""
        with connection.cursor() as cursor:
            cursor.execute("create index half on orders_order (name)")
            cursor.execute("update pg_index set indisvalid = false where indexrelid = 'half'::regclass")
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            limits = "current_setting('statement_timeout'), current_setting('lock_timeout')"
            cursor.execute(f"select to_regclass('half'), {limits}")
            assert cursor.fetchone() == (None, "15s", "5s")
