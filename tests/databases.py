"""Databases for processes that a test starts, on the Postgres of the tests."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.db import connection

OTHERS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"


def url(name: str) -> str:
    """The DATABASE_URL of the database `name`."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextmanager
def fresh() -> Iterator[str]:
    """The DATABASE_URL of an empty database, which is dropped at the end."""
    name = f"fresh_{uuid.uuid4().hex}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'create database "{name}"')
        yield url(name)
        server.execute(f'drop database "{name}" with (force)')


@contextmanager
def away() -> Iterator[None]:
    """The database of the test lets nobody in while the block runs, and all connections to it are cut at first."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'alter database "{name}" with allow_connections false')
        try:
            server.execute(OTHERS, [name])
            yield
        finally:
            server.execute(f'alter database "{name}" with allow_connections true')
