"""How much of the fault table is tried here, counted honestly: a row counts once, whatever number of cases it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slow.faults import database_deeds, person_deeds, process_deeds, remote_deeds
from tests.slow.faults.deeds import DEEDS
from tests.slow.faults.rows import ROWS

ROOT = Path(__file__).resolve().parents[3]
TELLERS = [database_deeds, person_deeds, process_deeds, remote_deeds]
TRIED = {case.partition("-")[0] for case in (*ROWS, *DEEDS)}
LEAST_ROWS = 60
# Proved elsewhere, and not counted above; what is in none of these is not proved: F42, F74, F76.
ELSEWHERE = {
    "F68": "tests/browser/test_errors.py",
    "F69": "tests/browser/test_errors.py",
    "F78": "tests/test_migrations.py",
    "F79": "tests/test_migrations.py",
    "F80": "tests/test_migrations.py",
    "F81": "tests/slow/test_restore.py",
    "F84": "tests/test_static.py",
}


def test_sixty_rows_are_tried() -> None:
    assert len(TRIED) >= LEAST_ROWS
    assert not TRIED & set(ELSEWHERE)


@pytest.mark.parametrize("row", ELSEWHERE)
def test_a_row_that_is_proved_elsewhere_is_named_there(row: str) -> None:
    assert row in (ROOT / ELSEWHERE[row]).read_text()
