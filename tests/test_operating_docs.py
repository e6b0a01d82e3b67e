"""docs/operating.md says what is: settings, commands, metrics, addresses and targets are the ones that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from orders.gauges import gauges
from orders.views.metrics import counters
from tests.migration_lint import BASELINE

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs" / "operating.md").read_text()


def section(title: str) -> str:
    """The text below a heading of the second level."""
    return re.split(r"^## ", TEXT.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_explains_every_variable() -> None:
    example = (ROOT / ".env.example").read_text()
    explained = re.findall(r"^\| `([A-Z_]+)` \|", section("Settings"), re.MULTILINE)
    assert sorted(explained) == sorted(re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE))


def test_says_the_defaults_of_the_example() -> None:
    example = dict(re.findall(r"^# ([A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    said = dict(re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \|", section("Settings"), re.MULTILINE))
    assert {name: (value, example[name]) for name, value in said.items() if example[name] != value} == {}


@pytest.mark.django_db
def test_explains_every_metric_and_no_other() -> None:
    there = {f"proofsheet_{family.name}" for family in (*counters(), *gauges())}
    assert set(re.findall(r"proofsheet_\w+", section("Metrics"))) == there


def test_names_commands_that_there_are() -> None:
    named = set(re.findall(r"manage\.py (\w+)", TEXT))
    assert named <= get_commands().keys()
    assert {"backup", "restore", "rotate_keys", "new_key", "owner"} <= named


def test_names_targets_that_there_are() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)", TEXT)) <= targets


def test_names_files_that_there_are() -> None:
    named = set(re.findall(r"`((?:tests|dashboard|requirements)/[\w/.]+)`", TEXT))
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_names_every_line_of_the_procfile() -> None:
    lines = re.findall(r"^(\w+):", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert re.findall(r"^\| `(\w+)` \|", section("Deploying"), re.MULTILINE) == lines


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_names_addresses_that_there_are(address: str) -> None:
    assert f"{address}`" in TEXT
    assert resolve(address)


def test_says_since_when_migrations_are_linted() -> None:
    assert all(f"{app} {number:04}" in section("Upgrades") for app, number in BASELINE.items())
