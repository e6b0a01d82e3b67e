"""Django's `migrate`, for a database that people are using (R15, F78, F80)."""

import time
from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

# Whoever waits for a lock holds up everybody who comes after: then rather later again.
LOCK_TIMEOUT = "2s"
TRIES, PAUSE = 10, 3.0
# Any number that nobody else locks.
ONE_AT_A_TIME = 7_204_511_830_113

# What is left of an index that was being built when its `migrate` was killed.
_BROKEN = """
    select indexrelid::regclass::text from pg_index join pg_class on pg_class.oid = indrelid
    where not indisvalid and relnamespace = current_schema()::regnamespace
"""


class Command(migrate.Command):
    help = f"{migrate.Command.help} Waits for nobody's lock longer than {LOCK_TIMEOUT}, and then tries again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each migration that is done stays done, so a further try, or a further run, goes on behind it."""
        for _ in range(TRIES - 1):
            try:
                self._migrate(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                self.stderr.write(f"Somebody holds a lock that this needs. Again in {PAUSE:.0f} s.")
                time.sleep(PAUSE)
            else:
                return
        self._migrate(*args, **options)

    def _migrate(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            # An index of a large table takes longer to build than a page may take.
            cursor.execute("select set_config('statement_timeout', '0', false)")
            cursor.execute("select set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
            cursor.execute("select pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        try:
            _sweep(connection)
            super().handle(*args, **options)
        finally:
            connection.close()  # with the lock, and what was set


def _sweep(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BROKEN)
        for (name,) in cursor.fetchall():
            cursor.execute(f"drop index concurrently {name}")
