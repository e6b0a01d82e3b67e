"""The rules that every template keeps: parts, a strict content policy, pages that work without scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template, render_to_string

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "templates"
TEMPLATES = {str(path.relative_to(FOLDER)): path.read_text() for path in sorted(FOLDER.rglob("*.*"))}
PAGES = {name: text for name, text in TEMPLATES.items() if name.endswith(".html")}
PARTS = [name for name in PAGES if Path(name).name.startswith("_")]
ERRORS = [name for name in PAGES if re.match(r"\d{3}", name)]
# The QR code of the second factor: drawn by this server, and a data: image would need a weaker policy.
UNESCAPED = {"mfa/totp/activate_form.html"}

TAG = re.compile(r"<(\w+)([^<>]*)>")
ADDRESS = re.compile(r'(?<![\w-])(href|action|hx-get|hx-post)="((?:{%.*?%}|{{.*?}}|[^"{])*)"')


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_says_what_it_needs_and_extends_nothing(name: str) -> None:
    first = PAGES[name].splitlines()[0]
    assert first.startswith("{# ")
    assert "needs" in first
    assert "{% extends" not in PAGES[name]


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_included_somewhere(name: str) -> None:
    """Or made by itself: what many rows or all pages of a language have in common."""
    rendered = any(f'render_to_string("{name}"' in module.read_text() for module in (ROOT / "orders").rglob("*.py"))
    assert rendered or any(f'{{% include "{name}"' in text for text in PAGES.values())


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_inline_that_the_content_policy_forbids(name: str) -> None:
    text = PAGES[name]
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|javascript:", text)
    assert not [tag for tag in TAG.findall(text) if re.search(r"\s(style|on\w+)=|=\"data:", tag[1])]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_left_unescaped(name: str) -> None:
    assert not re.search(r"\|\s*safe\b", PAGES[name])
    assert ("{% autoescape off %}" in PAGES[name]) == (name in UNESCAPED)


@pytest.mark.parametrize("name", PAGES)
def test_an_include_keeps_the_context_so_that_forms_keep_their_token(name: str) -> None:
    assert not re.search(r"{% include [^%]*\sonly\s*%}", PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_a_posting_form_carries_the_token(name: str) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', PAGES[name], re.DOTALL):
        assert "{% csrf_token %}" in form


@pytest.mark.parametrize("name", PAGES)
def test_what_htmx_asks_for_works_without_it(name: str) -> None:
    for tag, attributes in TAG.findall(PAGES[name]):
        addresses = dict(ADDRESS.findall(attributes))
        for attribute, plain in (("hx-get", "action" if tag == "form" else "href"), ("hx-post", "action")):
            assert addresses.get(attribute) in (None, addresses.get(plain))


@pytest.mark.parametrize("name", PAGES)
def test_files_and_icons_that_are_named_exist(name: str) -> None:
    missing = [file for file in re.findall(r'{% static "([^"]+)" %}', PAGES[name]) if not finders.find(file)]
    icons = (ROOT / "static/icons.svg").read_text()
    missing += [icon for icon in re.findall(r"#(i-[a-z]+)\"", PAGES[name]) if f'id="{icon}"' not in icons]
    assert missing == []


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_needs_no_context_and_tells_whether_it_was_saved(name: str) -> None:
    page = render_to_string(name)
    assert "Was it saved?" in page
    assert "What now?" in page


def test_a_refusal_shows_the_sentence_it_came_with() -> None:
    assert "Ask &lt;Ana&gt;." in render_to_string("403.html", {"exception": "Ask <Ana>."})
