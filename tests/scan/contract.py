"""Schemathesis over the sandbox, by the description of the API: the tests of the contract, called as they are (R14)."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.scan.findings import Finding, Outcome
from tests.scan.installed import FOLDER, ROOT
from tests.scan.target import Target

TESTS = "tests/slow/test_contract_full.py"
SECONDS = 400


def schemathesis(target: Target) -> Outcome:
    """Each operation that does not answer as described is a finding of medium."""
    command = [sys.executable, "-m", "pytest", "-q", TESTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    (FOLDER / "schemathesis.log").write_text(done.stdout + done.stderr)
    failed = re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    passed = re.search(r"(\d+) passed", done.stdout)
    if not passed and not failed:
        return Outcome("", void="the tests of the contract did not run, see schemathesis.log")
    operations = f"{int(passed[1]) if passed else 0} operations as described"
    return Outcome(operations, tuple(Finding("medium", "not as described", each) for each in failed))
