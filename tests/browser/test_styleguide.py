"""/styleguide/: every component is on it, and looks right in both themes at both widths."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from tests.browser.conftest import LogIn
from tests.browser.test_pages import look
from tests.cast import AsUser
from tests.test_static import COMMENT, SHEETS

URL = "/styleguide/"
STRING = re.compile(r'"[^"]*"|url\([^)]*\)|\d\.\d+')
CLASS = re.compile(r"\.([a-z][a-z0-9_-]*)")
# Other people's frames of a page, which the guide as a page of ours does not have.
FRAMES = re.compile(r"(?:front|guest)(?![a-z])")


def components() -> set[str]:
    """Every class that a style sheet speaks of."""
    rules = "".join(STRING.sub("", COMMENT.sub("", text)) for name, text in SHEETS.items() if name != "site.css")
    return {name for name in CLASS.findall(rules) if not FRAMES.match(name)}


@pytest.mark.django_db
def test_is_for_developers_alone(as_user: AsUser, alice: User, settings: Settings) -> None:
    assert as_user(alice).get(URL).status_code == 404
    settings.DEBUG = True
    assert as_user(alice).get(URL).status_code == 200
    assert Client().get(URL).status_code == 302


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
class GuideTests:
    @pytest.fixture
    def guide(self, alice: User, team: Team, log_in: LogIn, settings: Settings) -> Page:
        settings.DEBUG = True
        alice.last_team = team
        alice.save()
        page = log_in(alice)
        page.goto(URL)
        return page

    def test_has_every_component(self, guide: Page) -> None:
        shown = guide.evaluate("[...document.querySelectorAll('[class]')].flatMap(each => [...each.classList])")
        assert sorted(components() - set(shown)) == []

    def test_keeps_the_rules_of_every_page(self, guide: Page) -> None:
        look(guide)

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_is_photographed_in_both_themes(self, guide: Page, theme: str, tmp_path: Path) -> None:
        guide.get_by_role("main").get_by_role("button", name=theme.title()).click()
        guide.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        photo = guide.screenshot(path=tmp_path / f"{theme}.png", full_page=True)
        assert len(photo) > 100_000
        desk = guide.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        lightness = float(re.search(r"oklch\(([\d.]+)", desk)[1])  # type: ignore[index]
        assert lightness > 0.9 if theme == "light" else lightness < 0.2
