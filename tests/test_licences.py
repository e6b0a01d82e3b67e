"""`make licences` and `make audit`: what production is made of, and what is known about it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata

import pytest

from tests import audit, licences
from tests.licences import ALLOWED, Pinned, licence_of, pinned, report
from tests.upstream import Step, Upstream

DJANGO = Pinned("django", "5.2", elsewhere=False)


class LicencesTests:
    def test_are_known_for_all_of_production(self) -> None:
        assert [line for line, fine in report(pinned()) if not fine] == []

    def test_every_package_is_in_the_list(self) -> None:
        """Those that pyproject asks for, and what these bring."""
        names = {package.name for package in pinned()}
        project = tomllib.loads((licences.LOCK.parents[1] / "pyproject.toml").read_text())["project"]
        assert {re.match(r"[\w-]+", wanted)[0] for wanted in project["dependencies"]} <= names  # type: ignore[index]
        assert "urllib3" in names

    def test_every_package_is_pinned_by_hash(self) -> None:
        for lock in licences.LOCK.parent.glob("*.txt"):
            blocks = re.split(r"\n(?=\S)", lock.read_text())
            assert [block for block in blocks if "--hash=sha256:" not in block and "==" in block] == []

    @pytest.mark.parametrize("words", [["AGPL-3.0-only"], ["MIT", "Proprietary"], []])
    def test_one_that_is_not_allowed_or_unknown_fails(self, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
        monkeypatch.setattr(licences, "licence_of", lambda name: words)
        ((line, fine),) = report([DJANGO])
        assert (fine, "<-" in line) == (False, True)

    def test_one_that_is_not_installed_fails_unless_it_is_for_other_systems(self) -> None:
        lines = report([Pinned("no-such-package", "1", elsewhere) for elsewhere in (False, True)])
        assert [fine for _, fine in lines] == [False, True]

    def test_reads_what_packages_say_of_themselves(self) -> None:
        assert licence_of("cryptography") == ["Apache-2.0", "BSD-3-Clause"]
        assert metadata("fido2").get("License-Expression") is None
        assert set(licence_of("fido2")) <= ALLOWED


class AuditTests:
    @pytest.fixture
    def feed(self) -> Iterator[Upstream]:
        with Upstream() as server:
            yield server

    def test_says_so_when_nothing_is_known(self, feed: Upstream, capsys: pytest.CaptureFixture[str]) -> None:
        feed.script("POST", "/v1/querybatch", Step(json={"results": [{} for _ in pinned()]}))
        assert audit.main(feed.url) == 0
        assert f"{len(pinned())} packages, 0 with" in capsys.readouterr().out

    def test_names_what_is_known_and_fails(self, feed: Upstream, capsys: pytest.CaptureFixture[str]) -> None:
        results = [{"vulns": [{"id": "PYSEC-1"}]} if each.name == "django" else {} for each in pinned()]
        feed.script("POST", "/v1/querybatch", Step(json={"results": results}))
        assert audit.main(feed.url) == 1
        assert re.search(r"django [\d.]+: PYSEC-1", capsys.readouterr().out)

    @pytest.mark.parametrize("answer", [Step(status=503), Step(raw=b"<html>"), Step(json={}), Step(reset="before")])
    def test_never_takes_silence_for_good_news(
        self, feed: Upstream, capsys: pytest.CaptureFixture[str], answer: Step
    ) -> None:
        feed.script("POST", "/v1/querybatch", answer)
        assert audit.main(feed.url) == 2
        assert "NOT CHECKED" in capsys.readouterr().out

    def test_asks_about_the_versions_that_are_pinned(self, feed: Upstream) -> None:
        feed.script("POST", "/v1/querybatch", Step(json={"results": [{}]}))
        audit.known([DJANGO], feed.url)
        (seen,) = feed.calls("POST")
        assert seen.json == {"queries": [{"package": {"name": "django", "ecosystem": "PyPI"}, "version": "5.2"}]}
