"""Hostile answers cost a web process neither memory nor time (R7, R8, F19, F28, F29, F30)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.slow.faults.rows import DEEP
from tests.slow.faults.stage import Stage
from tests.upstream import Step, flood, gzip_bomb

MOST_MEGABYTES = 20
# The deadline of a call, half a second beyond it, and what the page around it takes on a busy machine.
MOST_SECONDS = 8.0 + 0.5 + 0.5
HOSTILE = {
    "200-MB-of-gzip": Step(stream=partial(gzip_bomb, 200_000_000), headers={"Content-Encoding": "gzip"}),
    "1-GB-plain": Step(stream=partial(flood, 1_000_000_000)),
    "nesting": Step(raw=f'{{"order_id": {DEEP}}}'.encode()),
    "slow-drip": Step(process=True, drip=0.6),
    "slow-headers": Step(process=True, drip_headers=0.6),
}


def forget_peak(process: int) -> None:
    Path(f"/proc/{process}/clear_refs").write_text("5")


def peak(process: int) -> float:
    """Megabytes of resident memory, at most since `forget_peak`."""
    return int(Path(f"/proc/{process}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.parametrize("answer", HOSTILE)
def test_a_hostile_answer_costs_little(stage: Stage, answer: str) -> None:
    case = f"R8-{answer}"
    stage.stock()
    stage.many(stage.some(case, ["refresh", "open", "create"], 48))  # every thread has done it all once
    processes = stage.web.children()
    ops = stage.some(case, ["refresh"], 4)
    stage.stock()
    stage.service.script("GET", "*", replace(HOSTILE[answer], forever=True))
    for process in processes:
        forget_peak(process)
    before = [peak(process) for process in processes]
    told = stage.many(ops, 4)
    rise = max(peak(process) - was for process, was in zip(processes, before, strict=True))
    took = max(op.ended - op.began for op in told)
    stage.notes.append(f"{case}: at most {rise:.1f} MB and {took:.2f} s")
    assert {op.status for op in told} == {422}
    assert rise <= MOST_MEGABYTES
    assert took <= MOST_SECONDS
    assert stage.verdict(case) == []
