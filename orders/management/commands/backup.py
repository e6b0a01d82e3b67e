"""The whole database in one file (R17, F81)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard import dumps

# Whoever was logged in then is not after a restore: a session that was ended since would live again. Limits that were
# counted, and what is in unlogged tables, is of the moment.
LEFT_OUT = ("*session*", "cache")


class Command(BaseCommand):
    help = (
        "Write the whole database to FILE, as it is at one moment, while people work. API keys are in it as sealed as "
        "in the database: without KEY_ENCRYPTION_KEYS, which are not, nobody opens them, and neither do you."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """The file is there when it is whole, and never in place of another."""
        file: Path = options["file"]
        part = file.with_name(f"{file.name}.part")
        if file.exists():
            raise CommandError(f"{file} is there already.")
        part.touch(mode=0o600)
        left_out = [f"--exclude-table-data={pattern}" for pattern in LEFT_OUT]
        kept = ["--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data"]
        try:
            dumps.run("pg_dump", *kept, *left_out, f"--file={part}")
        except dumps.Failed as failure:
            part.unlink()
            raise CommandError(str(failure)) from None
        part.rename(file)
        self.stdout.write(f"{file}: {file.stat().st_size:,} bytes. Keep KEY_ENCRYPTION_KEYS somewhere else.")
