"""`make licences`: what production runs on, with versions and licences; exit 1 when one has to be looked at."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import NamedTuple

LOCK = Path(__file__).resolve().parents[1] / "requirements" / "app.txt"
# Go with Apache-2.0 for a service that ships these packages as they are, in a process of their own making: the LGPL
# asks no more than that they can be replaced, and `pip` can.
ALLOWED = {"MIT", "MIT-0", "MIT-CMU", "BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0"}
ALLOWED |= {"MPL-2.0", "LGPL-3.0-only"}
# As classifiers call them.
ALLOWED |= {"MIT License", "BSD License", "Apache Software License", "Mozilla Public License 2.0 (MPL 2.0)"}


class Pinned(NamedTuple):
    """A package of the lock; `elsewhere`: it is for other systems than this one may be."""

    name: str
    version: str
    elsewhere: bool


def pinned(lock: Path = LOCK) -> list[Pinned]:
    """Every package that production installs."""
    lines = re.findall(r"^([\w.-]+)==([^ \\;]+)( ;)?", lock.read_text(), re.MULTILINE)
    return [Pinned(name, version, bool(marker)) for name, version, marker in lines]


def licence_of(name: str) -> list[str]:
    """What the package says of itself: its expression, else a licence field that is a name, else its classifiers."""
    said = metadata(name)
    if expression := said.get("License-Expression"):
        return [word.strip("() ") for word in re.split(r" (?:OR|AND) ", expression)]
    if (field := said.get("License", "")) and len(field) < 40:
        return [field]
    classifiers = said.get_all("Classifier") or []
    return [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: OSI")]


def report(packages: list[Pinned]) -> Iterator[tuple[str, bool]]:
    """A line for each, and whether all is well with it."""
    for package in packages:
        try:
            words = licence_of(package.name)
        except PackageNotFoundError:
            words, fine = ["not installed here"], package.elsewhere
        else:
            fine = bool(words) and ALLOWED.issuperset(words)
        mark = "" if fine else "   <- unknown, or not among those that go with Apache-2.0"
        yield f"{package.name:22}{package.version:14}{', '.join(words) or 'unknown'}{mark}", fine


def main() -> int:
    """Print them all."""
    lines = list(report(pinned()))
    print("\n".join(line for line, _ in lines))
    return 0 if all(fine for _, fine in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
