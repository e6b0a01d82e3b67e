"""`make audit`: known vulnerabilities of what production runs on, from the open list at osv.dev.

Exit 0: none is known. 1: some are. 2: nobody could be asked, which is not the same as none.
"""

from __future__ import annotations

import sys
from typing import Any

import requests

from tests.licences import Pinned, pinned

FEED = "https://api.osv.dev"
SECONDS = 30


def known(packages: list[Pinned], feed: str = FEED) -> dict[str, list[str]]:
    """The ids of what is known, by package and version; requests.RequestException when that cannot be found out."""
    queries = [{"package": {"name": each.name, "ecosystem": "PyPI"}, "version": each.version} for each in packages]
    answer = requests.post(f"{feed}/v1/querybatch", json={"queries": queries}, timeout=SECONDS)
    answer.raise_for_status()
    results: list[Any] = answer.json().get("results", [])
    if len(results) != len(packages):
        raise requests.RequestException("the list answered something else than was asked")
    found = {f"{each.name} {each.version}": _ids(result) for each, result in zip(packages, results, strict=True)}
    return {package: ids for package, ids in found.items() if ids}


def main(feed: str = FEED) -> int:
    """Print what is known."""
    packages = pinned()
    try:
        found = known(packages, feed)
    except requests.RequestException as error:
        print(f"NOT CHECKED: {feed} could not be asked ({type(error).__name__}). That says nothing about the packages.")
        return 2
    for package, ids in found.items():
        print(f"{package}: {', '.join(ids)}")
    print(f"{len(packages)} packages, {len(found)} with known vulnerabilities.")
    return 1 if found else 0


def _ids(result: dict[str, Any]) -> list[str]:
    return [each["id"] for each in result.get("vulns", [])]


if __name__ == "__main__":
    sys.exit(main())
