"""A database from a backup, and what has to be done once so that it goes on from there (R17, F81)."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from dashboard import dumps
from orders import rounds
from orders.models import ApiKey, Hook, Order, ShareLink, Sync
from orders.vault import Unreadable

SAID = """\
{orders:,} orders are back, and {keys} of {all_keys} API keys and webhooks open with KEY_ENCRYPTION_KEYS.
Share links are as they were: {links:,} of them, and one that was revoked since the backup works again. Everybody logs
in anew. When web and worker are started, every list is read whole, and what changed since is caught up with."""


class Command(BaseCommand):
    help = "Fill the empty database of DATABASE_URL from a FILE of `backup`. Start web and worker when it has ended."
    # There are no tables to check.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """All or nothing: what fails half way leaves an empty database."""
        if connection.introspection.table_names():
            raise CommandError("This database is not empty. Make a new one, and name it in DATABASE_URL.")
        once = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments"]
        try:
            dumps.run("pg_restore", *once, f"--dbname={connection.settings_dict['NAME']}", str(options["file"]))
        except dumps.Failed as failure:
            raise CommandError(str(failure)) from None
        call_command("migrate", interactive=False, verbosity=0)
        call_command("refold", stdout=self.stdout)
        _read_everything_again()
        _vacuum()
        opens = [*map(_opens, (*ApiKey.objects.all(), *Hook.objects.select_related("key")))]
        orders, links = Order.objects.count(), ShareLink.objects.count()
        self.stdout.write(SAID.format(orders=orders, links=links, keys=sum(opens), all_keys=len(opens)))


def _read_everything_again() -> None:
    """Passes that were on their way then would go on behind orders that have changed since; they begin anew."""
    Sync.objects.filter(state__in=Sync.UNFINISHED).delete()
    for pk in ApiKey.objects.live().values_list("pk", flat=True):
        rounds.queue(pk, Sync.Kind.DAILY)


def _vacuum() -> None:
    """Without it, Postgres neither knows how large the tables are nor reads an index alone."""
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        cursor.execute("vacuum analyze")


def _opens(sealed: ApiKey | Hook) -> bool:
    try:
        sealed.secret()
    except Unreadable:
        return False
    return True
