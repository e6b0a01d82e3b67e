"""Each fault of the table, with the invariants afterwards."""

from __future__ import annotations

import pytest

from tests.slow.faults.rows import ROWS, run
from tests.slow.faults.stage import Stage


@pytest.mark.parametrize("case", ROWS)
def test_a_fault_is_told_and_breaks_nothing(stage: Stage, case: str, operations: int) -> None:
    stage.stock()
    few = 0 if ROWS[case].slow else 8
    run(ROWS[case], stage, case, operations // 150 or few)
    assert stage.verdict(case) == []
