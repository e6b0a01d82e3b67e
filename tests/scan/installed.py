"""The scanners, each where it can get in nobody's way: a venv and an npm folder of their own, by hash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import npm

ROOT = Path(__file__).resolve().parents[2]
# Their venv, and what they wrote in the last run.
FOLDER = ROOT / ".scan"
OBSERVATORY = Path(__file__).parent / "observatory"
_BIN = FOLDER / "venv" / "bin"
_LOCK, _DONE = ROOT / "requirements" / "scan.txt", FOLDER / "venv" / ".done"
# It would load them from the net after its installation. They only say which other sites are known: ours is none.
_LISTS = {"hsts-preload.json": "{}", "tld-list.json": "[]"}


def program(name: str) -> str:
    """The path of a program of requirements/scan.txt."""
    return str(_BIN / name)


def install() -> None:
    """What the locks say, once; again when they change. CalledProcessError when that fails."""
    FOLDER.mkdir(exist_ok=True)
    if not _DONE.exists() or _DONE.stat().st_mtime < _LOCK.stat().st_mtime:
        print("Installing Wapiti and sqlmap, once ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", _BIN.parent], check=True)
        pip = [_BIN / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-qq"]
        subprocess.run([*pip, "--require-hashes", "-r", _LOCK], check=True)
        _DONE.touch()
    npm.install(OBSERVATORY)
    for name, nothing in _LISTS.items():
        (OBSERVATORY / "node_modules" / "@mdn" / "mdn-http-observatory" / "conf" / name).write_text(nothing)
