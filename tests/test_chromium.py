"""tests/chromium.py and its use: which browser the tests take, and what a run without one says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import chromium

ROOT = Path(__file__).resolve().parents[1]
TWO_TESTS = """
import pytest

@pytest.mark.browser
def test_page(page): pass

def test_plain(): pass
"""


def program(path: Path) -> str:
    """A program there that does nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


class FindTests:
    @pytest.fixture(autouse=True)
    def _bare_machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No browser at first."""
        monkeypatch.delenv("CHROMIUM", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))

    def test_finds_none_on_a_bare_machine(self) -> None:
        assert chromium.find() is None

    def test_takes_playwrights_own_only_when_path_has_none(self, tmp_path: Path) -> None:
        own = program(tmp_path / "playwright" / "chromium-1200" / "chrome-linux" / "chrome")
        assert chromium.find() == own
        on_path = program(tmp_path / "bin" / "google-chrome")
        assert chromium.find() == on_path

    def test_takes_the_one_that_is_named_before_all(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tmp_path / "bin" / "chromium")
        monkeypatch.setenv("CHROMIUM", program(tmp_path / "mine"))
        assert chromium.find() == str(tmp_path / "mine")

    def test_takes_no_other_when_the_named_one_is_not_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path / "bin" / "chromium")
        monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))
        assert chromium.find() is None


def test_run_without_a_browser_says_so_in_one_line_and_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *")
    (tmp_path / "test_two.py").write_text(TWO_TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", f"--confcutdir={tmp_path}", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        command, cwd=ROOT, env=environment | {"CHROMIUM": str(tmp_path / "gone")}, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stdout.count("no Chromium") == 1
    assert "1 passed, 1 deselected" in run.stdout
