from __future__ import annotations

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The database's clock: the one clock that all processes on all machines share (F74)."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        (moment,) = cursor.fetchone()
    return moment  # type: ignore[no-any-return]
