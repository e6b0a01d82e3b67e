"""Whether somebody waits for us in Postgres: how a test knows that another process has come to a point."""

from __future__ import annotations

from django.db import connection


def somebody_waits_for_us() -> bool:
    """Whether another connection cannot go on before our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
