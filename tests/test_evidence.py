"""docs/security.md claims nothing that is not there: each row once, each named test and section exists."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGE, OPERATING, REPORTING = ROOT / "docs/security.md", ROOT / "docs/operating.md", ROOT / "SECURITY.md"
TEXT = PAGE.read_text()

THREATS = [f"T{number:02}" for number in range(1, 83)]
# Those that apply to us, by the levels of the standard's own tables.
LEVEL_1 = """
1.2.1 1.2.2 1.2.3 1.2.4 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2 3.5.1 3.5.2 3.5.3 4.1.1 5.2.1
6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2
8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1
15.1.1 15.2.1 15.3.1
"""
LEVEL_2 = """
6.1.2 6.1.3 6.2.9 6.2.10 6.2.11 6.2.12 6.3.3 6.3.4 6.4.3 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5
7.1.1 7.1.2 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 8.1.2 8.2.3 8.4.1
11.1.1 11.1.2 11.2.1 11.2.2 11.2.3 11.3.3 11.4.2 11.4.3 11.5.1 13.2.2 13.2.3 13.3.1 13.3.2
1.3.6 12.3.1 12.3.2 13.1.1 13.2.4 13.2.5 15.3.2
16.1.1 16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.4.2 16.4.3 16.5.1 16.5.2 16.5.3
"""
WANTED = {"Threats": THREATS, "ASVS 5.0, level 1": LEVEL_1.split(), "ASVS 5.0, level 2": LEVEL_2.split()}
LINES = ("threats", "ASVS level 1", "ASVS level 2")

ROW = re.compile(r"^\| (T\d\d|\d+\.\d+\.\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)((?:::\w+)*)`")
LINK = re.compile(r"\[[^\]]+\]\(([^)#]*)#([\w-]+)\)")
REASON = re.compile(r"(?:^|; )(?:but|not met): (.+)$")


def section(title: str) -> str:
    """The text below a heading of the second level."""
    return re.split(r"^## ", TEXT.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


EVIDENCE = {title: ROW.findall(section(title)) for title in WANTED}
EVERY_ROW = [row for rows in EVIDENCE.values() for row in rows]


@cache
def defined(path: str) -> set[str]:
    """What may follow the path of a module of tests: "" for all of them, "::Class", "::Class::test", "::test"."""
    tree = ast.parse((ROOT / path).read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Tests")]
    found = {f"::{name}" for name in _tests(tree)}
    found |= {f"::{each.name}::{name}" for each in classes for name in _tests(each)}
    return found | {name.rpartition("::")[0] for name in found} | ({""} if found else set())


def _tests(node: ast.Module | ast.ClassDef) -> list[str]:
    return [each.name for each in node.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]


@cache
def anchors(page: Path) -> set[str]:
    """What leads to a heading: its words in small letters, with hyphens."""
    headings = re.findall(r"^##+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def kind(evidence: str) -> str:
    """The column in which a row counts."""
    if evidence.startswith("not met: "):
        return "not met"
    if TEST.search(evidence):
        return "shown, but" if "; but: " in evidence else "shown"
    return "written" if evidence.startswith("written: ") else "the operator's"


@pytest.mark.parametrize("title", WANTED)
def test_each_row_is_there_once(title: str) -> None:
    assert Counter(row for row, _ in EVIDENCE[title]) == Counter(WANTED[title])


def test_nothing_that_looks_like_a_row_is_left_out() -> None:
    alike = [line for title in WANTED for line in re.findall(r"^\| (?:T\d|\d+\.\d)", section(title), re.MULTILINE)]
    assert len(alike) == len(EVERY_ROW) == 82 + 57 + 62


def test_every_test_that_is_named_exists() -> None:
    named = {found for _, evidence in EVERY_ROW for found in TEST.findall(evidence)}
    assert len(named) > 100
    assert [path for path, _ in named if not (ROOT / path).is_file()] == []
    assert [f"{path}{name}" for path, name in sorted(named) if name not in defined(path)] == []


@pytest.mark.parametrize("title", WANTED)
def test_every_row_says_how_it_is_shown(title: str) -> None:
    """By a test, by a text, by the operator, or not at all; and where something is missing, what and why."""
    for row, evidence in EVIDENCE[title]:
        pages = [page for page, _ in LINK.findall(evidence)]
        assert TEST.search(evidence) or pages or evidence.startswith("not met: "), row
        assert len(TEST.findall(evidence)) == evidence.count("`tests/"), row
        assert all(anchor in anchors(OPERATING if page else PAGE) for page, anchor in LINK.findall(evidence)), row
        assert ("the operator's: " in evidence, "written: " in evidence) == (OPERATING.name in pages, "" in pages), row
        reasons = REASON.findall(evidence)
        assert len(reasons) == len(re.findall("but: |not met: ", evidence)), row
        assert all(len(reason.split()) > 5 for reason in reasons), row


def test_a_threat_that_tests_are_named_after_is_shown() -> None:
    named = {
        name[2:]
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"_t\d\d\b|_t\d\d(?=_)", path.read_text())
    }
    unshown = {row[1:] for row, evidence in EVIDENCE["Threats"] if not TEST.search(evidence)}
    assert named
    assert named & unshown == set()


@pytest.mark.parametrize(("line", "title"), [*zip(LINES, WANTED, strict=True)])
def test_the_figures_are_those_of_the_tables(line: str, title: str) -> None:
    told = re.search(rf"^\| {line}.*?((?: \| \d+){{6}}) \|$", section("How to read the tables"), re.MULTILINE)
    assert told
    kinds = Counter(kind(evidence) for _, evidence in EVIDENCE[title])
    columns = ("shown", "shown, but", "written", "the operator's", "not met")
    assert [int(figure) for figure in re.findall(r"\d+", told[1])] == [
        len(WANTED[title]),
        *(kinds[column] for column in columns),
    ]


@pytest.mark.parametrize("page", [PAGE, REPORTING], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)(#[\w-]+)?\)", page.read_text())
    assert links
    assert [path for path, _ in links if not (page.parent / path).exists()] == []
    leading = [(page.parent / path if path else page, anchor[1:]) for path, anchor in links if anchor]
    assert [anchor for target, anchor in leading if anchor not in anchors(target)] == []
