"""The processes of the Procfile over the database and the Autoenhance of a test, to be killed in the middle of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.db import connection

from dashboard.local.processes import ends_with_us
from tests.launcher import free_port
from tests.upstream import Upstream
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


class Procfile:
    """Starts `web` and `worker`, and kills them with all their children. Logs go to the directory `logs`."""

    def __init__(self, upstream: Upstream, logs: Path) -> None:
        port, database = free_port(), urlsplit(os.environ["DATABASE_URL"])
        self.address = f"http://127.0.0.1:{port}"
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = os.environ | {
            "DEBUG": "true",  # for an Autoenhance without https
            "DATABASE_URL": database._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
            "AUTOENHANCE_API_URL": upstream.url,
            "SITE_URL": self.address,
            "EMAIL_URL": "consolemail://",
            "GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port}",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        lines = (ROOT / "Procfile").read_text().splitlines()
        self._commands = {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}

    def start(self, name: str) -> None:
        """Start it; returns at once."""
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                ["sh", "-c", self._commands[name]],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=ends_with_us(signal.SIGKILL),
            )

    def serve(self) -> None:
        """Start `web`, and wait until it answers."""
        self.start("web")
        wait_until(self._answers, START_SECONDS)

    def kill(self, name: str) -> None:
        """End it by SIGKILL, its children at the same moment; nothing of it can clean up."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        """End it as a deploy does, by SIGTERM, or by another signal; wait until it has, and return its status."""
        process = self._running.pop(name)
        process.send_signal(number)
        return process.wait(START_SECONDS)

    def kill_all(self) -> None:
        """End whatever runs."""
        for name in list(self._running):
            self.kill(name)

    def _answers(self) -> bool:
        assert self._running["web"].poll() is None, (self._logs / "web.log").read_text()
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.address}/healthz", timeout=5).ok
        return False
