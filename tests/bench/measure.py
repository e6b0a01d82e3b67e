"""Timing, and what is said of it. Candidates and references take turns, so that a busy machine slows both alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from django.db import connection

CALLS = 200
WARM = 10

# A call with its number; the seconds that count, of all that it took.
Call = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Goal:
    """One line: a figure and its bound, in `unit`. `cell` says where the figure, the worst of several, was taken."""

    name: str
    says: str
    figure: float
    bound: float
    unit: str
    cell: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound

    def __str__(self) -> str:
        bound = f"{'>=' if self.at_least else '<='} {self.bound:g} {self.unit}"
        verdict = "ok" if self.met else "missed"
        return f"{self.name:<3} {self.says:<58} {self.figure:9.3f}  {bound:<10} {verdict:<6}  {self.cell}".rstrip()


def interleaved(calls: Mapping[str, Call], times: int = CALLS, warm: int = WARM) -> dict[str, list[float]]:
    """Make each call `times` times, in turns and in another order each turn; the seconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    random = Random(1)
    order = list(calls)
    gc.collect()
    gc.disable()
    try:
        for turn in range(-warm, times):
            random.shuffle(order)
            for name in order:
                taken = calls[name](turn)
                if turn >= 0:
                    seconds[name].append(taken)
    finally:
        gc.enable()
    return seconds


def p50(seconds: Sequence[float]) -> float:
    return median(seconds)


def p99(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100)[-1]


def wall(work: Callable[[], object]) -> float:
    """How long the work takes, in seconds."""
    began = perf_counter()
    work()
    return perf_counter() - began


def sql_of(work: Callable[[], object]) -> float:
    """How long the SQL of the work takes, in seconds: sent, executed and received."""
    taken = [0.0]

    def execute(run: Callable[..., Any], *arguments: Any) -> Any:
        began = perf_counter()
        try:
            return run(*arguments)
        finally:
            taken[0] += perf_counter() - began

    with connection.execute_wrapper(execute):
        work()
    return taken[0]


def worst(ratios: Mapping[str, float], *, smallest: bool = False) -> tuple[float, str]:
    """The worst ratio, and the name of its cell."""
    cell = (min if smallest else max)(ratios, key=ratios.__getitem__)
    return ratios[cell], cell
