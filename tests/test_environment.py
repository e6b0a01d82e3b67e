"""The environment of the settings: all that is wrong is named at once, and the process stops (T03, T04, T15)."""

from __future__ import annotations

import base64
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from dashboard.environment import (
    Environment,
    api_url_fault,
    encryption_keys_fault,
    secret_fault,
    site_url_fault,
)

ROOT = Path(settings.BASE_DIR)
GOOD = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "KEY_ENCRYPTION_KEYS": base64.b64encode(bytes(range(100, 132))).decode(),
    "DATABASE_URL": "postgres://user:password@localhost/name",
}


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process that knows these variables and no others."""
    return subprocess.run(
        [sys.executable, "-c", "import dashboard.settings"],
        env={"PATH": os.environ["PATH"], **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def named(stderr: str) -> list[str]:
    """The variables that are complained about, one a line."""
    return re.findall(r"^  - ([A-Z_]+) ", stderr, re.MULTILINE)


def test_starts_with_the_three_that_have_no_default() -> None:
    assert start(**GOOD).returncode == 0


def test_names_all_that_are_missing_at_once() -> None:
    stopped = start()
    assert stopped.returncode == 1
    assert named(stopped.stderr) == ["SECRET_KEY", "KEY_ENCRYPTION_KEYS", "DATABASE_URL"]
    assert stopped.stderr.count("is missing") == 3


def test_names_all_that_are_wrong_at_once_and_never_their_values() -> None:
    wrong = {
        "DEBUG": "wrong0",
        "SECRET_KEY": "wrong1",
        "KEY_ENCRYPTION_KEYS": "wrong2",
        "DATABASE_URL": "mysql://wrong3@localhost/name",
        "SITE_URL": "http://host:wrong4",
        "AUTOENHANCE_API_URL": "http://wrong5.example",
        "REGISTRATION_OPEN": "wrong6",
        "PROXY_COUNT": "wrong7",
        "LOG_LEVEL": "wrong8",
        "EMAIL_URL": "wrong9://",
    }
    stopped = start(**wrong)
    assert stopped.returncode == 1
    assert set(named(stopped.stderr)) == set(wrong)
    assert "wrong" not in stopped.stderr
    assert "Traceback" not in stopped.stderr


@pytest.mark.parametrize(
    "value", ["", "short", "a" * 60, "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789"]
)
def test_refuses_a_secret_key_that_can_be_guessed(value: str) -> None:
    assert secret_fault(value)


EQUAL = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["é"],
        ["not base64!"],
        [base64.b64encode(b"too short").decode()],
        [base64.b64encode(bytes(33)).decode()],
        [GOOD["KEY_ENCRYPTION_KEYS"], "broken"],
        [EQUAL],
    ],
)
def test_refuses_encryption_keys_that_cannot_be_used(values: list[str]) -> None:
    assert encryption_keys_fault(values, secret_key=EQUAL)


def test_takes_several_encryption_keys() -> None:
    assert not encryption_keys_fault([GOOD["KEY_ENCRYPTION_KEYS"], EQUAL], secret_key=GOOD["SECRET_KEY"])


@pytest.mark.parametrize("value", ["https://a.example", "http://localhost:8000", "https://a.example/"])
def test_takes_the_address_of_a_site(value: str) -> None:
    assert not site_url_fault(value)


NO_ADDRESS = [
    "",
    "a.example",
    "ftp://a.example",
    "https://",
    "http://[",
    "http://a.example:99999",
    "http://a.example:x",
    "https://a.example?x=1",
    "https://a.example#x",
    "https://user@a.example",
]


@pytest.mark.parametrize("value", [*NO_ADDRESS, "https://a.example/path"])
def test_refuses_what_is_no_address_of_a_site(value: str) -> None:
    assert site_url_fault(value)


@pytest.mark.parametrize("value", NO_ADDRESS)
def test_refuses_what_is_no_address_of_autoenhance(value: str) -> None:
    assert api_url_fault(value, debug=True)


def test_sends_keys_over_https_only_in_production() -> None:
    assert api_url_fault("http://a.example", debug=False)
    assert not api_url_fault("http://127.0.0.1:5000/sub", debug=True)


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("postgres://u:p@localhost:5432/name", True),
        ("postgresql://u@localhost/name?sslmode=require", True),
        ("postgres://u@/name?host=/run/postgresql", True),
        ("postgres://localhost", False),
        ("sqlite:///name", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_takes_a_postgres_only(url: str, right: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    environment = Environment()
    assert bool(environment.read("db_url", "DATABASE_URL")) == right
    assert bool(environment.problems) != right


def test_the_example_holds_exactly_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"PORT"}  # which the web server reads
    read = Environment.read

    def note(self: Environment, kind: str, name: str, *rest: str, **options: str) -> object:
        names.add(name)
        return read(self, kind, name, *rest, **options)

    monkeypatch.setattr(Environment, "read", note)
    runpy.run_path(str(ROOT / "dashboard" / "settings.py"))
    example = (ROOT / ".env.example").read_text()
    assert sorted(re.findall(r"^# ([A-Z_]+)=", example, re.MULTILINE)) == sorted(names)


def test_the_example_sets_nothing_by_itself() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert all(line.startswith("#") or not line for line in lines)
