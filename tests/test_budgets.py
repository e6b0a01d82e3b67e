"""What a page may weigh: our scripts over the wire, and nothing inline anywhere (strict content policy)."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import User
from orders.models import ApiKey
from tests.access import OURS
from tests.cast import AsUser, mirrored
from tests.confirmed import just_confirmed
from tests.guests import Shared
from tests.pages import fill
from tests.test_access_matrix import DECLARED, address, things_of

# Bytes of all our own scripts that one page loads: as WhiteNoise serves them to a browser, and as they are.
WIRE, RAW = 10_000, 32_000
# Bytes over the wire of what somebody loads who was never here.
FIRST = 60_000
ALLAUTHS = ("account_email", "account_change_password", "account_reauthenticate", "account_logout", "mfa_index")
FILE = re.compile(r'"/static/([^"#]+)')
SCRIPT = re.compile(r'<script src="/static/([^"]+)"')
INLINE = re.compile(r"<style|<script(?![^>]*\ssrc=)|<\w[^<>]*\s(?:style|on[a-z]+)=", re.IGNORECASE)


@pytest.fixture
def pages(alice: User, key: ApiKey, as_user: AsUser) -> Iterator[tuple[str, str]]:
    """Every page there is, rendered one after the other: the name of its address, and its HTML."""
    browser, things = just_confirmed(as_user(alice)), things_of(key)
    addresses = {name: address(name, things) for name in DECLARED if OURS[name].get[0] == 200}
    addresses |= {name: reverse(name) for name in ALLAUTHS}

    def render() -> Iterator[tuple[str, str]]:
        for name, url in addresses.items():
            answer = browser.get(url)
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                yield name, answer.content.decode()

    return render()


@cache
def weigh(script: str) -> tuple[int, int]:
    """The bytes of a script of ours: over the wire, and raw."""
    found = finders.find(script)
    assert isinstance(found, str), f"there is no {script}"
    raw = Path(found).read_bytes()
    return len(brotli.compress(raw)), len(raw)


def as_sent(file: Path) -> int:
    """The bytes of a collected file, compressed where that makes it smaller."""
    compressed = file.with_name(f"{file.name}.br")
    return (compressed if compressed.exists() else file).stat().st_size


@pytest.mark.django_db
def test_no_page_loads_too_much_script_or_has_any_inline(pages: Iterator[tuple[str, str]]) -> None:
    weights, inline = {}, {}
    for name, html in pages:
        ours = {script for script in SCRIPT.findall(html) if not script.startswith("django_htmx/")}
        weights[name] = tuple(sum(sizes) for sizes in zip((0, 0), *map(weigh, ours), strict=True))
        inline[name] = INLINE.findall(html)
    assert len(weights) > 30
    assert weights["orders:list"] > (0, 0)
    assert {name: sizes for name, sizes in weights.items() if sizes[0] > WIRE or sizes[1] > RAW} == {}
    assert {name: tags for name, tags in inline.items() if tags} == {}


@pytest.mark.django_db
def test_the_first_page_is_light(shared: Shared, collected: Path, key: ApiKey, as_user: AsUser, alice: User) -> None:
    """All that it names, as a release sends it: the page and each file compressed."""
    files = json.loads((collected / "staticfiles.json").read_text())["paths"]
    fill(key)
    for number in range(25):
        mirrored(key, f"{number} Elm Row")
    order = shared.link.order
    urls = ["/accounts/login/", shared.url, reverse("orders:list", args=[order.team.slug]), order.get_absolute_url()]
    for browser, url in zip((Client(), Client(), as_user(alice), as_user(alice)), urls, strict=True):
        answer = browser.get(url, headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip")
        named = FILE.findall(gzip.decompress(answer.content).decode())
        sent = {name: as_sent(collected / files[name]) for name in named}
        assert len(answer.content) + sum(sent.values()) <= FIRST, (url, len(answer.content), sent)


def test_only_pages_are_compressed(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Encoding": "gzip"})
    assert "Accept-Encoding" in page["Vary"]
    assert not client.get("/healthz", headers={"Accept-Encoding": "gzip"}).has_header("Content-Encoding")


@pytest.mark.parametrize(
    "html",
    [
        "<style>",
        '<p class="a" style="x">',
        '<a onclick="x">',
        "<script>",
        '<script nonce="x">',
        '<p\nSTYLE="color:red">',
    ],
)
def test_what_is_inline_is_seen(html: str) -> None:
    assert INLINE.search(html)
