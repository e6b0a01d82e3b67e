"""Programs of node for the tests, by their lock: a folder with package.json, package-lock.json and .npmrc."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def node() -> str:
    """Where node is; RuntimeError without one."""
    found = shutil.which("node")
    if not found:
        raise RuntimeError("This needs node and npm on PATH; Debian: apt-get install npm.")
    return found


def install(folder: Path) -> None:
    """What the lock says, once; again when it changes. RuntimeError when that fails."""
    node()
    installed, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run(["npm", "ci", "--no-progress"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm could not install {folder.name}: {done.stderr[-2000:]}")
