"""What a migration may not do to a database that the release before is using (R15, F78, F79).

The words of its SQL are looked at, as Postgres gets them: whoever wrote it, Django or we.
"""

from __future__ import annotations

import re

from django.db import connection
from django.db.migrations import Migration, RunPython
from django.db.migrations.loader import MigrationLoader

# What was there before the first release: then nobody was using anything.
BASELINE = {"accounts": 6, "orders": 16}

NAME = r'"?([\w.]+)"?'
# In a table that was there before; the name of the table comes first.
FAULTS = {
    rf"alter table {NAME} add column (?!.*\bdefault\b).* not null": "a column without a default of the database: the "
    "release before does not fill it",
    rf"alter table {NAME} alter column \S+ drop default": "a default that goes again: the release before needs it",
    rf"create (?:unique )?index (?!concurrently).* on {NAME}": "an index that holds up writes: AddIndexConcurrently",
    rf"alter table {NAME} add constraint .*\b(?:unique|primary key|exclude)\b": "a constraint that builds an index: "
    "build that concurrently, and then add the constraint using it",
    rf"alter table {NAME} add constraint (?!.*not valid).*\b(?:check|foreign key)\b": "a constraint that reads the "
    "whole table: AddConstraintNotValid, and then ValidateConstraint",
    rf"alter table {NAME} .*\btype\b": "a type that changes: the table is written anew, under a lock",
    rf"alter table {NAME} .*\bset not null\b": "not null: reads the whole table; check it as a constraint instead",
    rf"alter table {NAME} rename": "a name that changes: the release before uses the old one",
    rf"alter table {NAME} drop column": "a column that goes: the release before reads it",
    rf"drop table {NAME}": "a table that goes: the release before uses it",
    rf"alter table {NAME} set (?:un)?logged": "a table that is written anew",
}


def faults_of(statements: list[str]) -> list[str]:
    """What is wrong with these statements of one migration, in words; tables that they make themselves are free."""
    lines = [" ".join(line.split()).lower() for line in ";".join(statements).split(";") if not line.startswith("--")]
    own = {found[1] for line in lines if (found := re.match(rf"create (?:unlogged )?table {NAME}", line))}
    return [
        f"{fault}: {line}"
        for line in lines
        for pattern, fault in FAULTS.items()
        if (found := re.match(pattern, line)) and found[1] not in own
    ]


def mixed(migration: Migration) -> bool:
    """Whether it changes rows and tables at once: the table is locked for as long as the rows take."""
    kinds = {isinstance(operation, RunPython) for operation in migration.operations}
    return migration.atomic and kinds == {True, False}


def lint(baseline: dict[str, int]) -> dict[tuple[str, str], list[str]]:
    """Our migrations after these numbers that have faults, and which."""
    loader, found = MigrationLoader(connection), {}
    for key, migration in sorted(loader.disk_migrations.items()):
        if int(key[1][:4]) > baseline.get(key[0], 9999):
            found[key] = faults_of(loader.collect_sql([(migration, False)]))
            found[key] += ["rows and tables at once: in a migration each"] if mixed(migration) else []
    return {key: faults for key, faults in found.items() if faults}
