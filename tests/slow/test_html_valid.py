"""The HTML of every page against html-validate, a checker that we did not write (issue 6)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests import npm
from tests.pages import Place, errors, places

__all__ = ["places"]
HERE = Path(__file__).parent / "html"
PROGRAM = HERE / "node_modules" / ".bin" / "html-validate"


def faults(pages: Path) -> list[str]:
    """What is wrong with the pages of this folder."""
    npm.install(HERE)
    command = [PROGRAM, "--config", HERE / "config.mjs", "--formatter", "json", pages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [
        f"{Path(page['filePath']).stem}, line {fault['line']}: {fault['message']} ({fault['ruleId']})"
        for page in json.loads(done.stdout)
        for fault in page["messages"]
    ]


@pytest.mark.django_db
def test_the_html_of_every_page_is_valid(places: list[Place], tmp_path: Path) -> None:
    for n, place in enumerate(places):
        if html := place.html():
            (tmp_path / f"{n} {place.name}.html").write_text(html)
    for name, html in errors().items():
        (tmp_path / f"{name}.html").write_text(html)
    assert faults(tmp_path) == []


def test_a_fault_is_found(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!DOCTYPE html><html lang=en><title>x</title><p id=a><div id=a></div></html>")
    assert any("no-dup-id" in fault for fault in faults(tmp_path))
