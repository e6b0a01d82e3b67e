"""Each story of the table, with the invariants afterwards."""

from __future__ import annotations

import pytest

from tests.slow.faults import database_deeds, person_deeds, process_deeds, remote_deeds
from tests.slow.faults.deeds import DEEDS, LEAST
from tests.slow.faults.stage import Stage

TELLERS = [database_deeds, person_deeds, process_deeds, remote_deeds]


@pytest.mark.parametrize("case", sorted(DEEDS))
def test_a_story_ends_well(stage: Stage, case: str, operations: int) -> None:
    stage.stock()
    DEEDS[case](stage, case, operations // 150 or LEAST)
    assert stage.verdict(case) == []
