"""`make run` when something of it is killed, again and again."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launcher import PARTS, Start, starting
from tests.waiting import wait_until


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts launchers with data of their own."""
    with starting(tmp_path / "data") as start:
        yield start


@pytest.mark.parametrize("part", sorted(PARTS))
def test_ends_with_a_sentence_when_a_part_is_killed(start: Start, part: str) -> None:
    launcher = start()
    launcher.lines(3)
    launcher.kill(part)
    status, error = launcher.ended()
    assert (status, error.count("\n")) == (1, 1)
    assert "ended early" in error
    assert launcher.left() == []


def test_starts_again_after_a_kill_at_any_moment(start: Start) -> None:
    moments = random.Random(12)
    for _ in range(12):
        launcher = start()
        time.sleep(moments.uniform(0, 6))
        launcher.end(signal.SIGKILL)
        wait_until(launcher.is_gone)
    assert start().lines(1)[0].startswith("Proofsheet runs at")
