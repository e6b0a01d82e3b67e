"""dashboard/local/run.py: `make run`, started for real, ended in every way."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from dashboard.local.postgres import server
from tests.waiting import wait_until

# What tests.embedded has set, or a developer's .env would. Empty means: not set.
UNSET = dict.fromkeys(("DATABASE_URL", "AUTOENHANCE_API_URL", "DEBUG", "SITE_URL", "SECRET_KEY"), "")


class Launcher:
    """One start of the launcher with data of its own, and every process that came from it."""

    def __init__(self, data: Path, port: int, **environment: str) -> None:
        self.data, self.mark = data, f"LAUNCHED_BY={uuid.uuid4()}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.local.run", "--data", str(data)],
            env={**os.environ, **UNSET, "PORT": str(port), name: value, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self, number: int) -> list[str]:
        """What it says first."""
        assert self.process.stdout
        return [self.process.stdout.readline().rstrip() for _ in range(number)]

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal and wait; the status and what it said last, errors included."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait for its end; the status and what it said last, errors included."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out + err

    def left(self) -> list[str]:
        """The command lines of what still runs: known by a mark in its environment, Postgres by where it works."""
        return [_command(path) for path in Path("/proc").glob("[0-9]*") if self._is_ours(path)]

    def pid_of(self, word: str) -> int:
        """The first process that it started itself whose command line has this word."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next(int(pid) for pid in children if word in _command(Path("/proc", pid)))

    def _is_ours(self, path: Path) -> bool:
        try:
            return self.mark.encode() in (path / "environ").read_bytes() or (path / "cwd").readlink().is_relative_to(
                self.data
            )
        except OSError:  # it has just ended, or is a zombie, or belongs to somebody else
            return False


def _command(path: Path) -> str:
    return (path / "cmdline").read_text().replace("\0", " ")


Start = Callable[..., Launcher]


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Start]:
    """Starts launchers; whatever a failed test leaves of them is killed."""
    started: list[Launcher] = []

    def launch(**environment: str) -> Launcher:
        started.append(Launcher(tmp_path / "data", port, **environment))
        return started[-1]

    yield launch
    for launcher in started:
        launcher.process.kill()
        launcher.process.communicate()
    wait_until(lambda: not any(launcher.left() for launcher in started))


def log_in(address: str, email: str, password: str) -> requests.Response:
    """The page after the login form."""
    with requests.Session() as browser:
        page = browser.get(f"{address}/accounts/login/", timeout=10)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        form = {"login": email, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        return browser.post(f"{address}/accounts/login/", form, timeout=10)


class WholeRunTests:
    def test_prints_an_address_and_a_login_that_work(self, start: Start) -> None:
        where, who, how = start().lines(3)
        address = where.removeprefix("Proofsheet runs at ")
        login = re.fullmatch(r"Log in as (\S+) or (\S+), password (\S+)", who)
        assert login
        for email in login.group(1, 2):
            page = log_in(address, email, login[3])
            assert page.ok
            assert "/accounts/login/" not in page.url
        assert how == "Ctrl-C stops it."

    def test_leaves_nothing_after_ctrl_c_and_keeps_its_data(self, start: Start) -> None:
        first = start()
        said = first.lines(3)
        assert first.end(signal.SIGINT) == (0, "")
        assert first.left() == []
        second = start()
        assert second.lines(3) == said
        assert second.end(signal.SIGTERM) == (0, "")
        assert second.left() == []

    def test_leaves_nothing_after_kill_9(self, start: Start) -> None:
        launcher = start()
        launcher.lines(3)
        assert {"gunicorn", "procrastinate", "orders.sandbox", "postgres"} <= words(launcher.left())
        launcher.end(signal.SIGKILL)
        wait_until(lambda: not launcher.left())
        again = start()
        assert again.lines(3)[0].startswith("Proofsheet runs at")

    @pytest.mark.parametrize("word", ["gunicorn", "procrastinate", "orders.sandbox", "postgres"])
    def test_ends_with_a_sentence_when_a_part_ends(self, start: Start, word: str) -> None:
        launcher = start()
        launcher.lines(3)
        os.kill(launcher.pid_of(word), signal.SIGKILL)
        status, said = launcher.ended()
        assert status == 1
        assert re.fullmatch(r"[\w ]+ ended early.*; see \S+\.log\n", said)
        assert launcher.left() == []

    def test_refuses_a_second_run_on_the_same_data(self, start: Start) -> None:
        first = start()
        first.lines(1)
        status, said = start().ended()
        assert (status, said.count("\n")) == (1, 1)
        assert "already runs" in said


def words(commands: list[str]) -> set[str]:
    """The known words in these command lines."""
    known = {"gunicorn", "procrastinate", "orders.sandbox", "postgres"}
    return {word for word in known if any(word in command for command in commands)}


class DatabaseUrlTests:
    def test_migrates_and_serves_and_nothing_else(self, start: Start, tmp_path: Path, port: int) -> None:
        with server(tmp_path / "theirs", volatile=True) as url:
            launcher = start(DATABASE_URL=url)
            assert launcher.lines(2) == [f"Proofsheet runs at http://localhost:{port}", "Ctrl-C stops it."]
            assert words(launcher.left()) == {"gunicorn", "procrastinate"}
            with psycopg.connect(url) as connection:
                assert connection.execute("select count(*) from accounts_user").fetchone() == (0,)
            assert launcher.end(signal.SIGINT) == (0, "")


class RefusalTests:
    def test_names_a_port_that_is_taken(self, start: Start, port: int) -> None:
        with socket.create_server(("127.0.0.1", port)):
            status, said = start().ended()
        assert (status, said.count("\n")) == (1, 1)
        assert f"Port {port}" in said

    @pytest.mark.parametrize("nonsense", ["x", "0", "65536", "-1", "8000x", "٣"])
    def test_names_a_port_that_is_none(self, start: Start, nonsense: str) -> None:
        status, said = start(PORT=nonsense).ended()
        assert (status, said.count("\n")) == (1, 1)
        assert "PORT must be" in said

    def test_shows_what_is_wrong_with_a_setting(self, start: Start) -> None:
        status, said = start(SECRET_KEY="short").ended()
        assert status == 1
        assert "SECRET_KEY" in said.splitlines()[-3]
        assert re.search(r"release ended early, with status 1; see \S+release\.log\n$", said)
