"""Faults that are a story and not one answer: who does what, and what breaks meanwhile. Each is a row of the table."""

from __future__ import annotations

from collections.abc import Callable

from tests.slow.faults.stage import Stage

# Breaks something in so many operations, and asserts what people are told. The invariants are checked afterwards.
# Operations of a story in the short form.
LEAST = 8
Deed = Callable[[Stage, str, int], None]
DEEDS: dict[str, Deed] = {}


def deed(name: str) -> Callable[[Deed], Deed]:
    """Enter it into the table."""

    def enter(function: Deed) -> Deed:
        DEEDS[name] = function
        return function

    return enter
