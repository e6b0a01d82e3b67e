"""Postgres' own programs for a whole database: found wherever they are, and told by the environment where it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from django.db import connection
from psycopg.pq import Conninfo

from dashboard.local.postgres import wheel

DEBIANS = Path("/usr/lib/postgresql")


class Failed(Exception):
    """The program is not there, or did not do it; `str()` is what it said."""


def run(program: str, *arguments: str) -> None:
    """Run `pg_dump` or the like on our database. Failed with what it printed.

    Password and all go by the environment: what stands in a command is seen by everybody on the machine. Our own
    limits of time (settings) do not hold for it.
    """
    command = [str(_newest(program)), "--no-password", *arguments]
    done = subprocess.run(command, env=os.environ | _variables(), capture_output=True, text=True)
    if done.returncode:
        raise Failed(done.stderr.strip() or f"{program} ended with status {done.returncode}.")


def _newest(program: str) -> Path:
    """It has to be as new as the server, or newer: the newest there is, on PATH, Debian's, or of `make run`."""
    found = [Path(place) for place in (shutil.which(program), *DEBIANS.glob(f"*/bin/{program}")) if place]
    if own := wheel():
        found.append(own / program)
    if not found:
        raise Failed(f"{program} is not installed here. Debian has it in postgresql-client.")
    return max(found, key=_version)


def _version(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    number = re.search(r"\d+", said)
    return int(number[0]) if number else 0


def _variables() -> dict[str, str]:
    """The environment by which libpq finds our database."""
    given = connection.get_connection_params()
    names = {option.keyword.decode(): option.envvar for option in Conninfo.get_defaults() if option.envvar}
    return {
        names[keyword].decode(): str(value)
        for keyword, value in given.items()
        if keyword in names and keyword != "options" and value is not None
    }
