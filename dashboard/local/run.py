"""`make run`: everything a bare checkout needs, in one command that leaves no process behind.

    python -m dashboard.local.run [--data DIR] [--with-parent]

Without DATABASE_URL: a Postgres of our own, the sandbox with a demo team (unless AUTOENHANCE_API_URL is set), and the
Procfile's web and worker. With it: migrations, web and worker, nothing else. The file `.env` may set variables too.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import environ

from dashboard.local import postgres, secrets
from dashboard.local.processes import Processes, end_with_parent

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = ("ana@northlight.example", "ben@northlight.example")
PORT_SECONDS = 3


def main() -> None:
    """Run until a person or a process ends it: status 0 after Ctrl-C or SIGTERM, else 1 and a sentence."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="where everything is kept")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started this one does")
    arguments = parser.parse_args()
    _stop_on_signals()
    if arguments.with_parent:
        end_with_parent(signal.SIGTERM)
    environ.Env.read_env(ROOT / ".env")
    run(arguments.data.resolve(), _port(os.environ.get("PORT") or "8000"))


def run(data: Path, port: int) -> None:
    """Start everything in order and watch it; ends by SystemExit only. `data` is made at first."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(data))
        _wait_for_port(port)
        own = secrets.kept(data / "secrets.json")
        environment = _environment(own, port)
        demo = environment.keys().isdisjoint({"DATABASE_URL", "AUTOENHANCE_API_URL"})
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = stack.enter_context(postgres.server(data / "postgres"))
        start = Start(Processes(data / "log"), environment)
        stack.callback(start.processes.stop)
        if demo:
            start.sandbox(data, own)
        start.release()
        if demo:
            start.demo(own)
        start.web_and_worker()
        _say(f"Proofsheet runs at {environment['SITE_URL']}")
        if demo:
            _say(f"Log in as {' or '.join(PEOPLE)}, password {own.demo_password}")
        if "EMAIL_URL" not in environment:
            _say(f"Mails (invitations, new passwords) are not sent but printed to {data / 'log' / 'web.log'}")
        _say("Ctrl-C stops it.")
        start.processes.watch(f"the database ended early; see {data / 'postgres.log'}")


class Start:
    """The processes of a run, by what starts them."""

    def __init__(self, processes: Processes, environment: dict[str, str]) -> None:
        self.processes, self.environment = processes, environment
        lines = (ROOT / "Procfile").read_text().splitlines()
        self._commands = {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}

    def sandbox(self, data: Path, own: secrets.Secrets) -> None:
        """The stand-in for Autoenhance, with an account for the demo's key; the processes after it use it."""
        options = ["--port", "0", "--data", str(data / "sandbox.sqlite3"), "--seed", own.demo_key]
        self._start("sandbox", [sys.executable, "-m", "orders.sandbox", *options])
        self.processes.wait_until("sandbox", lambda: bool(self._sandbox_address()))
        self.environment["AUTOENHANCE_API_URL"] = self._sandbox_address()

    def release(self) -> None:
        """What the Procfile wants done before the rest."""
        self._from_procfile("release")
        self.processes.finish("release")

    def demo(self, own: secrets.Secrets) -> None:
        """The demo team, whose key is the sandbox's."""
        more = {"DEMO_KEY": own.demo_key, "DEMO_PASSWORD": own.demo_password}
        self._start("demo", [sys.executable, "manage.py", "demo"], more)
        self.processes.finish("demo")

    def web_and_worker(self) -> None:
        """What the Procfile runs for good, until the web server answers."""
        for name in ("web", "worker"):
            self._from_procfile(name)
        port = int(self.environment["PORT"])
        self.processes.wait_until("web", lambda: _answers(port))

    def _from_procfile(self, name: str) -> None:
        self._start(name, ["sh", "-c", self._commands[name]])

    def _start(self, name: str, command: list[str], more: dict[str, str] | None = None) -> None:
        self.processes.start(name, command, self.environment | (more or {}), ROOT)

    def _sandbox_address(self) -> str:
        """What the sandbox has printed, as a whole line; empty until then."""
        lines = self.processes.log("sandbox").read_text().splitlines(keepends=True)
        return next((line.strip() for line in lines if line.startswith("http://") and line.endswith("\n")), "")


def _environment(own: secrets.Secrets, port: int) -> dict[str, str]:
    """The caller's variables, and the defaults of a bare checkout for those that are not set, or empty."""
    defaults = {
        "DEBUG": "true",
        "SECRET_KEY": own.secret_key,
        "KEY_ENCRYPTION_KEYS": own.key_encryption_keys,
        "SITE_URL": f"http://localhost:{port}",
    }
    unset = {*defaults, "DATABASE_URL", "AUTOENHANCE_API_URL"}
    given = {name: value for name, value in os.environ.items() if value or name not in unset}
    ours = {
        "PORT": str(port),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        # With PORT set gunicorn listens on every address, which a platform wants and a checkout does not.
        "GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port}",
    }
    return defaults | given | ours


def _stop_on_signals() -> None:
    """End in order at the first Ctrl-C, SIGTERM or closed terminal, and let nothing disturb that."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # ignored under nohup
        numbers.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise SystemExit(0)

    for number in numbers:
        signal.signal(number, stop)


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold `data` for this run; SystemExit when another one has it."""
    with (data / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Proofsheet already runs from {data}. Stop that one first.") from None
        yield


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise SystemExit(f"PORT must be a number from 1 to 65535, not {text!r}.")


def _wait_for_port(port: int) -> None:
    """Return when `port` is free: at once, or a moment after a run that was killed. SystemExit when it stays taken."""
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                return probe.bind(("127.0.0.1", port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise SystemExit(f"Port {port}: {error.strerror}. Try PORT=8001 make run.") from None
        time.sleep(0.1)


def _answers(port: int) -> bool:
    """Whether a web server answers there, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return bool(connection.getresponse().status)
    return False


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
