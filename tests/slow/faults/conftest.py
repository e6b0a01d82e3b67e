"""The stage of the campaign, how long it is, and the table at its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.databases import fresh
from tests.slow.faults.building import stage as staged
from tests.slow.faults.stage import Row, Stage

# In all, spread over the cases and the mixes; the short form does with the least that each of them needs.
OPERATIONS = int(os.environ.get("OPERATIONS", "0"))
SEED = int(os.environ.get("SEED", "20261121"))
_stages: list[Stage] = []


@pytest.fixture(scope="package")
def stage(django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One installation for all cases, over a database of its own; each case has orders of its own."""
    with django_db_blocker.unblock(), fresh() as url, _connected_to(url):
        call_command("migrate", verbosity=0, interactive=False)
        with staged(tmp_path_factory.mktemp("campaign"), SEED) as made:
            _stages.append(made)
            yield made


@contextmanager
def _connected_to(url: str) -> Iterator[None]:
    """Django's own connection leads to this database while the block runs."""
    settings, name = connection.settings_dict, connection.settings_dict["NAME"]
    connection.close()
    settings["NAME"] = urlsplit(url).path.removeprefix("/")
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = name


@pytest.fixture(scope="package")
def operations() -> int:
    """How many operations the campaign has in all; 0 for the short form."""
    return OPERATIONS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What each fault did, and where the history is."""
    for stage in _stages:
        write, total = terminalreporter.write_line, Row()
        write(f"\n{'fault':44}{'ops':>7}{'ok':>7}{'refused':>9}{'unclear':>9}{'violations':>12}")
        for case, row in [*sorted(stage.table.items()), ("all", total)]:
            write(f"{case:44}{row.ops:7}{row.ok:7}{row.refused:9}{row.unclear:9}{row.violations:12}")
            if row is not total:
                for name, value in vars(row).items():
                    setattr(total, name, getattr(total, name) + value)
        for note in stage.notes:
            write(note)
        write(f"seed {stage.seed} (SEED=...); history in {stage.history.file}")
