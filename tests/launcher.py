"""`make run` for tests: the launcher as a process of its own, and every process that came from it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.waiting import wait_until

# What tests.embedded has set, or a developer's .env would. Empty means: not set.
UNSET = dict.fromkeys(("DATABASE_URL", "AUTOENHANCE_API_URL", "DEBUG", "SITE_URL", "SECRET_KEY"), "")
PARTS = {"gunicorn", "manage.py work", "orders.sandbox", "postgres"}


class Launcher:
    """One start of the launcher."""

    def __init__(self, data: Path, port: int, **environment: str) -> None:
        self._data, self._mark = data, str(uuid.uuid4())
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.local.run", "--data", str(data)],
            env={**os.environ, **UNSET, "PORT": str(port), "LAUNCHED_BY": self._mark, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self, number: int) -> list[str]:
        """The next lines that it prints."""
        assert self.process.stdout
        return [self.process.stdout.readline().rstrip() for _ in range(number)]

    def end(self, number: int) -> tuple[int, str]:
        """Send it a signal; then as `ended`."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait for its end; the status and what it said last, errors included."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out + err

    def left(self) -> list[str]:
        """The command lines of what runs: known by a mark in its environment, Postgres by where it works."""
        ours = [path for path in Path("/proc").glob("[0-9]*") if self._is_ours(path)]
        return [command for command in map(_command, ours) if command]

    def is_gone(self) -> bool:
        """Whether nothing of it is left."""
        return not self.left()

    def parts(self) -> set[str]:
        """Which of PARTS run."""
        return {part for part in PARTS if any(part in command for command in self.left())}

    def kill(self, part: str) -> None:
        """Kill one of the processes that it started itself."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        os.kill(next(int(pid) for pid in children if part in _command(Path("/proc", pid))), signal.SIGKILL)

    def _is_ours(self, path: Path) -> bool:
        try:
            marked = self._mark.encode() in (path / "environ").read_bytes()
            return marked or (path / "cwd").readlink().is_relative_to(self._data)
        except OSError:  # it has just ended, or belongs to somebody else
            return False


def _command(path: Path) -> str:
    """The command line of a process; empty when it has just ended."""
    try:
        return (path / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


Start = Callable[..., Launcher]


@contextlib.contextmanager
def starting(data: Path) -> Iterator[Start]:
    """A function that starts a launcher on `data`, always with the same port; at the end all of them are killed."""
    port, started = free_port(), list[Launcher]()

    def start(**environment: str) -> Launcher:
        started.append(Launcher(data, port, **environment))
        return started[-1]

    try:
        yield start
    finally:
        for launcher in started:
            launcher.process.kill()
            launcher.process.communicate()
        wait_until(lambda: all(launcher.is_gone() for launcher in started))


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number
