"""`make scan`: scanners that we did not write over production as it is deployed; see docs/security.md.

One line for each, what is not low below it, all of it in .scan/. Exit 1 when one found something high or medium, or
could not look. Names of scanners as arguments: only those.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import django

# The names of cookies, and how sessions are signed, follow from it.
os.environ["SITE_URL"] = "https://localhost"
# Ours, not that of what is scanned: logging alice in is nobody's news.
os.environ["LOG_LEVEL"] = "error"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
django.setup()

from tests.scan import contract, headers, sqlmap, wapiti  # noqa: E402
from tests.scan.findings import Outcome  # noqa: E402
from tests.scan.installed import FOLDER, install  # noqa: E402
from tests.scan.target import Target, target  # noqa: E402

SCANNERS: Mapping[str, Callable[[Target], Outcome]] = {
    "observatory": headers.observatory,
    "schemathesis": contract.schemathesis,
    "wapiti-out": wapiti.signed_out,
    "wapiti-in": wapiti.signed_in,
    "sqlmap": sqlmap.sqlmap,
}


def main(chosen: list[str]) -> int:
    """Install, start, scan, print; what was started ends with us, also by SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    install()
    with tempfile.TemporaryDirectory() as folder, target(Path(folder)) as site:
        outcomes = [_told(name, site) for name in chosen or SCANNERS]
        errors = site.errors()
    (FOLDER / "errors.log").write_text("".join(errors))
    print(f"{len(errors)} answers of 500 in all of that")
    return 0 if all(outcome.ok for outcome in outcomes) and not errors else 1


def _told(name: str, site: Target) -> Outcome:
    began = time.monotonic()
    try:
        outcome = SCANNERS[name](site)
    except subprocess.TimeoutExpired as error:
        outcome = Outcome("", void=f"not at its end after {error.timeout:.0f} s")
    print(f"{name:13} {outcome} ({time.monotonic() - began:.0f} s)", flush=True)
    (FOLDER / f"{name}.txt").write_text("\n".join(map(str, (outcome, *outcome.findings))) + "\n")
    for finding in outcome.findings:
        if finding.severity != "low":
            print(finding, flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
