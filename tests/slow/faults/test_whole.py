"""After all of it: complete passes over every list, and all invariants over everything that was done, I7 included."""

from __future__ import annotations

from tests.slow.faults.stage import Stage


def test_nothing_was_lost_doubled_leaked_or_crossed(stage: Stage) -> None:
    assert stage.whole() == []
