"""The scanners of `make scan` find what is there: holes dug for them, in front of a real Postgres (S10, S11)."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

import psycopg
import pytest

from tests.certificates import certificate
from tests.scan import sqlmap, wapiti
from tests.scan.asked import Asked
from tests.scan.findings import Finding, Outcome
from tests.scan.installed import install
from tests.upstream import Upstream

COOKIES = {"__Host-session": "a", "__Host-csrf": "b"}


def holed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A search that has a hole by SQL, one that has a hole by markup, and one that has none."""
    path, typed = environ["PATH_INFO"], dict(parse_qsl(environ["QUERY_STRING"])).get("q", "rosewood")
    statement, values = "select 'found' where 'rosewood' = %s", [typed]
    if path == "/sql/":
        statement, values = f"select 'found' where 'rosewood' = '{typed}'", None
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        try:
            found = "One order." if database.execute(statement, values).fetchall() else "Nothing, and no order."
        except (psycopg.Error, ValueError):
            found = "This cannot be searched for."
    shown = typed if path == "/markup/" else html.escape(typed) if path == "/safe/" else ""
    links = "".join(f'<a href="{each}?q=rosewood">{each}</a>' for each in ("/sql/", "/markup/", "/safe/"))
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [f"<!doctype html><html><body><p>{shown} {found}</p>{links}</body></html>".encode()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    install()
    tls, _ = certificate(tmp_path_factory.mktemp("tls"))
    with Upstream(holed, tls=tls) as server:
        yield server.url


@pytest.mark.parametrize(("path", "state"), [("/sql/", "injectable"), ("/safe/", "clean")])
def test_sqlmap_tells_a_hole_from_none(site: str, path: str, state: str) -> None:
    tried = sqlmap.tried(Asked("GET", path, (("q", "rosewood"),), site=site), COOKIES)
    assert tried.state == state, tried.said
    assert (sqlmap.READ in tried.said) == (state == "injectable")


def test_wapiti_finds_the_holes_and_only_those(site: str, tmp_path: Path) -> None:
    outcome = wapiti.scanned(site, tmp_path, ["/"], ["sql", "xss"], [])
    found = {(each.what, each.where.split()[1]) for each in outcome.findings}
    assert found == {("SQL Injection", "/sql/"), ("Reflected Cross Site Scripting", "/markup/")}
    assert not outcome.ok


def test_a_scan_that_leaves_something_out_is_void(site: str, tmp_path: Path) -> None:
    assert wapiti.scanned(site, tmp_path, ["/"], ["xss", "nosuch"], []).void


@pytest.mark.parametrize(("severity", "ok"), [("high", False), ("medium", False), ("low", True)])
def test_only_what_is_low_passes(severity: str, ok: bool) -> None:
    assert Outcome("all", (Finding(severity, "hole", "GET /"),)).ok == ok  # type: ignore[arg-type]
