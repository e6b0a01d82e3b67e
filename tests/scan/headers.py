"""The HTTP Observatory of MDN over the login page and a share page (S8)."""

from __future__ import annotations

import json
import os
import subprocess
from urllib.parse import urlsplit

from tests import npm
from tests.scan.findings import Finding, Outcome
from tests.scan.installed import OBSERVATORY
from tests.scan.target import SITE, Target

ENOUGH = 125
SECONDS = 60
SCAN = OBSERVATORY / "node_modules" / "@mdn" / "mdn-http-observatory" / "src" / "scan.js"


def observatory(target: Target) -> Outcome:
    """Each test that is not passed is a finding; a score below ENOUGH makes it one of medium."""
    grades, findings = [], []
    for name, path in (("login", ""), ("share", f"/s/{target.things['token']}/")):
        said = _asked(f"{urlsplit(SITE).netloc}{path}", target)
        if "error" in said:
            return Outcome("", void=f"the Observatory says of the {name} page: {said['error']}")
        score = said["scan"]["score"]
        grades.append(f"{name} {said['scan']['grade']} {score}")
        failed = [test for test, result in said["tests"].items() if not result["pass"]]
        findings += [Finding("medium" if score < ENOUGH else "low", test, f"the {name} page") for test in failed]
    return Outcome(f"{', '.join(grades)} (algorithm {said['scan']['algorithmVersion']})", tuple(findings))


def _asked(host_and_path: str, target: Target) -> dict[str, dict[str, object]]:
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(target.trust)}
    done = subprocess.run(
        [npm.node(), SCAN, host_and_path], env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    said: dict[str, dict[str, object]] = json.loads(done.stdout or "{}") or {"error": {"message": done.stderr[-500:]}}
    return said
