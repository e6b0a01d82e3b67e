"""The Procfile's processes over our proxies: looked into, killed, and started in another way."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

from tests.slow.faults.proxy import Proxy
from tests.slow.procfile import Procfile


class Processes(Procfile):
    """The Procfile, over our proxies."""

    def __init__(self, upstream: Proxy, database: Proxy, logs: Path, **environment: str) -> None:
        super().__init__(upstream, logs)  # type: ignore[arg-type]  # only its address is wanted
        url = urlsplit(self.environment["DATABASE_URL"])
        user = url.netloc.rpartition("@")[0]
        by_proxy = url._replace(netloc=f"{user}@127.0.0.1:{database.port}", query="")
        self.environment |= {"DATABASE_URL": by_proxy.geturl(), "NO_PROXY": "*", **environment}
        self.port = urlsplit(self.address).port or 0

    def pid(self, name: str) -> int:
        """Of the process itself; gunicorn's is the one that starts the others."""
        return self._running[name].pid

    def make_away_with(self, name: str) -> None:
        """Kill it, if it has not ended by itself."""
        if self.lives(name):
            self.kill(name)

    def lives(self, name: str) -> bool:
        return name in self._running and self._running[name].poll() is None

    def change_command(self, name: str, pattern: str) -> None:
        """Start it so instead; {} in the pattern is the command of the Procfile."""
        if pattern:
            self._commands[name] = pattern.format(self._commands[name])

    def children(self) -> list[int]:
        """The processes of the web server that answer."""
        pid = self.pid("web")
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_answering(self) -> None:
        """SIGKILL for all that answer; gunicorn starts others."""
        for child in self.children():
            os.kill(child, signal.SIGKILL)

    def log(self, name: str) -> str:
        return (self._logs / f"{name}.log").read_text(errors="replace")
