"""What a scanner says, in the same words for all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Severity = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Finding:
    """One thing that a scanner does not like. what: its kind; where: a method and an address, or a heading."""

    severity: Severity
    what: str
    where: str

    def __str__(self) -> str:
        return f"    {self.severity}: {self.what} ({self.where})"


@dataclass(frozen=True)
class Outcome:
    """What became of a scan.

    done: what was looked at, in words. void: why the scan says nothing, if so: it has failed then, whatever it found.
    """

    done: str
    findings: tuple[Finding, ...] = ()
    void: str = ""

    @property
    def ok(self) -> bool:
        """Nothing high, nothing medium, and a scan that has really looked."""
        return not self.void and all(each.severity == "low" for each in self.findings)

    def __str__(self) -> str:
        if self.void:
            return f"VOID: {self.void}"
        counts = Counter(each.severity for each in self.findings)
        return f"{counts['high']} high, {counts['medium']} medium, {counts['low']} low; {self.done}"
