"""Figures as Prometheus reads them: its text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "proofsheet_"


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure. suffix: what a histogram puts behind the family's name."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""

    def line(self, name: str) -> str:
        labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in self.labels.items())
        return f"{name}{self.suffix}{f'{{{labels}}}' if labels else ''} {self.value:.15g}"


@dataclass(frozen=True, slots=True)
class Family:
    """Figures of one kind; its name without the prefix that all of ours have."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Iterable[Sample]

    def lines(self) -> list[str]:
        name = PREFIX + self.name
        head = [f"# HELP {name} {self.help}", f"# TYPE {name} {self.kind}"]
        return head + [sample.line(name) for sample in self.samples]


def text(families: Iterable[Family]) -> str:
    """The whole answer."""
    return "".join(f"{line}\n" for family in families for line in family.lines())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
