"""dashboard/local/postgres.py: a Postgres that lives as long as whoever asked for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from dashboard.local import postgres
from tests.waiting import wait_until

HOLD = """
import pathlib, sys
from dashboard.local.postgres import server
with server(pathlib.Path(sys.argv[1]), volatile=True) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a server may keep its data; nothing is there yet."""
    return tmp_path / "postgres"


def ask(url: str, *questions: str) -> object:
    """The first value of the last answer."""
    with psycopg.connect(url) as connection:
        for question in questions:
            cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
    return row and row[0]


def start_and_stop(data: Path) -> None:
    """A server, for no purpose."""
    with postgres.server(data, volatile=True):
        pass


class ServerTests:
    def test_has_what_the_search_needs(self, data: Path) -> None:
        with postgres.server(data, volatile=True) as url:
            assert ask(url, "create extension fuzzystrmatch", "select levenshtein('rosewood', 'rosewod')") == 1

    def test_listens_on_no_port(self, data: Path) -> None:
        with postgres.server(data, volatile=True) as url:
            assert ask(url, "show listen_addresses") == ""

    def test_keeps_its_data_for_the_next_time(self, data: Path) -> None:
        with postgres.server(data) as url:
            ask(url, "create table kept as select 7 as n")
        with postgres.server(data) as url:
            assert ask(url, "select n from kept") == 7

    def test_starts_afresh_after_a_first_start_that_was_cut_short(self, data: Path) -> None:
        half = Path(f"{data}.new")
        half.mkdir()
        (half / "PG_VERSION").write_text("18\n")
        with postgres.server(data, volatile=True) as url:
            assert ask(url, "select 1") == 1

    def test_is_refused_to_a_second_command(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.1)
        with postgres.server(data, volatile=True), pytest.raises(SystemExit, match="in use by another command"):
            start_and_stop(data)

    def test_names_its_log_when_it_does_not_start(self, data: Path) -> None:
        start_and_stop(data)
        (data / "PG_VERSION").write_text("9.1\n")
        with pytest.raises(SystemExit, match=r"did not start; see .*postgres\.log"):
            start_and_stop(data)
        assert "incompatible" in Path(f"{data}.log").read_text()


class KilledLauncherTests:
    """The launcher is killed with -9, so nothing of it can clean up."""

    @pytest.fixture(params=["as it comes", "without user namespaces"])
    def path(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        """What PATH is. For root the second leaves only the account nobody; others need neither program."""
        if request.param == "as it comes":
            return os.environ["PATH"]
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "setpriv").symlink_to(shutil.which("setpriv") or "/usr/bin/setpriv")
        return str(tmp_path / "bin")

    def test_leaves_no_server_and_whole_data(self, data: Path, path: str) -> None:
        launcher = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(data)],
            env=os.environ | {"PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with launcher:
            url = launcher.stdout.readline().strip() if launcher.stdout else ""
            ask(url, "create table kept as select 7 as n")
            launcher.kill()
        wait_until(lambda: not (data / "postmaster.pid").exists())
        with postgres.server(data, volatile=True) as url:
            assert ask(url, "select n from kept") == 7
        assert "not properly shut down" not in Path(f"{data}.log").read_text()
