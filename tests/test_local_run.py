"""dashboard/local/run.py: `make run`, started for real, ended in every way."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from dashboard.local.postgres import server
from tests.launcher import PARTS, Launcher, Start, free_port, starting
from tests.waiting import wait_until


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts launchers with data of their own."""
    with starting(tmp_path / "data") as start:
        yield start


def log_in(address: str, email: str, password: str) -> requests.Response:
    """The page after the login form."""
    with requests.Session() as browser:
        page = browser.get(f"{address}/accounts/login/", timeout=10)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        form = {"login": email, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        return browser.post(f"{address}/accounts/login/", form, timeout=10)


class RunningTests:
    @pytest.fixture(scope="class")
    def start(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
        """As above, for all tests of this class."""
        with starting(tmp_path_factory.mktemp("run") / "data") as start:
            yield start

    @pytest.fixture(scope="class")
    def said(self, start: Start) -> list[str]:
        """What a run that goes on has printed."""
        return start().lines(3)

    def test_prints_an_address_and_a_login_that_work(self, said: list[str]) -> None:
        address = said[0].removeprefix("Proofsheet runs at ")
        login = re.fullmatch(r"Log in as (\S+) or (\S+), password (\S+)", said[1])
        assert login
        for email in login.group(1, 2):
            page = log_in(address, email, login[3])
            assert page.ok
            assert "/accounts/login/" not in page.url
        assert said[2] == "Ctrl-C stops it."

    def test_refuses_a_second_run_on_the_same_data(self, start: Start, said: list[str]) -> None:
        status, error = start().ended()
        assert (status, error.count("\n")) == (1, 1)
        assert "already runs" in error


class EndTests:
    def test_leaves_nothing_after_ctrl_c(self, start: Start) -> None:
        launcher = start()
        launcher.lines(3)
        assert launcher.parts() == PARTS
        assert launcher.end(signal.SIGINT) == (0, "")
        assert launcher.left() == []

    def test_leaves_nothing_after_kill_9_and_keeps_its_data(self, start: Start) -> None:
        launcher = start()
        said = launcher.lines(3)
        launcher.end(signal.SIGKILL)
        wait_until(launcher.is_gone)
        again = start()
        assert again.lines(3) == said
        assert log_in(said[0].split()[-1], "ana@northlight.example", said[1].split()[-1]).ok

    def test_leaves_nothing_when_stopped_while_starting(self, start: Start) -> None:
        launcher = start()
        wait_until(lambda: "postgres" in launcher.parts())
        assert launcher.end(signal.SIGTERM) == (0, "")
        assert launcher.left() == []

    def test_ends_with_a_sentence_when_a_part_ends(self, start: Start) -> None:
        launcher = start()
        launcher.lines(3)
        launcher.kill("manage.py work")
        status, error = launcher.ended()
        assert status == 1
        assert re.fullmatch(r"worker ended early, with status -9; see \S+/worker\.log\n", error)
        assert launcher.left() == []


class DatabaseUrlTests:
    def test_migrates_and_serves_and_nothing_else(self, start: Start, tmp_path: Path) -> None:
        with server(tmp_path / "theirs", volatile=True) as url:
            launcher = start(DATABASE_URL=url)
            where, how = launcher.lines(2)
            assert requests.get(f"{where.split()[-1]}/readyz", timeout=10).ok
            assert how == "Ctrl-C stops it."
            assert launcher.parts() == {"gunicorn", "manage.py work"}
            with psycopg.connect(url) as connection:
                assert connection.execute("select count(*) from accounts_user").fetchone() == (0,)


class RefusalTests:
    def test_names_a_port_that_is_taken(self, tmp_path: Path) -> None:
        port = free_port()
        with socket.create_server(("127.0.0.1", port)):
            status, error = Launcher(tmp_path, port).ended()
        assert (status, error.count("\n")) == (1, 1)
        assert f"Port {port}: Address already in use" in error

    @pytest.mark.parametrize("nonsense", ["x", "0", "65536", "-1", "8000x", "٣"])
    def test_names_a_port_that_is_none(self, start: Start, nonsense: str) -> None:
        status, error = start(PORT=nonsense).ended()
        assert (status, error.count("\n")) == (1, 1)
        assert "PORT must be" in error

    def test_shows_what_is_wrong_with_a_setting(self, start: Start) -> None:
        status, error = start(SECRET_KEY="short", PROXY_COUNT="-1").ended()
        assert status == 1
        assert "SECRET_KEY is too short" in error
        assert "PROXY_COUNT must not be negative" in error
        assert re.search(r"release ended early, with status 1; see \S+/release\.log\n$", error)
