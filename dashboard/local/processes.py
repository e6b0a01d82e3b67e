"""Child processes that end with us, whatever ends us, and write into log files of their own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

Command = Sequence[str | Path]

START_SECONDS = 60
STOP_SECONDS = 10
ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

# Linux only, and looked up here because little is safe between a fork and an exec.
_prctl = getattr(ctypes.CDLL(None), "prctl", None)
_PR_SET_PDEATHSIG = 1


def end_with_parent(number: int) -> None:
    """Have the kernel send us the signal `number` when the process that started us ends, even by kill -9."""
    if _prctl:
        _prctl(_PR_SET_PDEATHSIG, number)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, signals that end us wait: in the hooks of a fork Python swallows what a handler raises, and goes on."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ends_with_us(number: int) -> Callable[[], None]:
    """A `preexec_fn` for Popen: the child gets the signal `number` when this process ends, even by kill -9."""
    parent = os.getpid()

    def arrange() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        end_with_parent(number)
        if os.getppid() != parent:  # we ended between the fork and this line
            os._exit(1)

    return arrange


class Processes:
    """The processes of one run: started in order, watched together, stopped together.

    Each is in a session of its own, so that a Ctrl-C in the terminal reaches only us and we stop them in order.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        """The file that the output of `name` goes to; a new start empties it."""
        return self._logs / f"{name}.log"

    def start(self, name: str, command: Command, environment: dict[str, str], directory: Path) -> None:
        """Start `command` and return at once."""
        with self.log(name).open("wb") as log, undisturbed():
            self._running[name] = subprocess.Popen(
                command,
                env=environment,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Not gently: the database goes at the same moment, and a worker of the queue would wait for it.
                preexec_fn=ends_with_us(signal.SIGKILL),
            )

    def finish(self, name: str) -> None:
        """Wait until `name` has ended; SystemExit with its last lines when it failed."""
        if self._running[name].wait():
            tail = self.log(name).read_text(errors="replace").splitlines()[-20:]
            raise SystemExit("\n".join([*tail, self._ended(name)]))
        del self._running[name]

    def wait_until(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until `ready()`; SystemExit when `name` ends before that, or takes longer than a minute."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._running[name].poll() is not None:
                raise SystemExit(self._ended(name))
            if time.monotonic() > deadline:
                raise SystemExit(f"{name} did not start within {START_SECONDS} seconds; see {self.log(name)}")
            time.sleep(0.05)

    def watch(self, otherwise: str) -> NoReturn:
        """Wait until a child of this process ends: SystemExit saying which, or `otherwise` when it is none of these."""
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        for name, process in self._running.items():
            if ended and process.pid == ended.si_pid:
                process.wait()
                raise SystemExit(self._ended(name))
        raise SystemExit(otherwise)

    def stop(self) -> None:
        """End all, gently first; after ten seconds whatever is left of them is killed."""
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ended(self, name: str) -> str:
        status = self._running[name].returncode
        return f"{name} ended early, with status {status}; see {self.log(name)}"
