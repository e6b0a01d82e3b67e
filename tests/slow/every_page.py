"""Every page under the rules of axe, in all looks: run by test_all_looks.py, by name."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from tests.browser.test_guest import wide
from tests.browser.test_pages import look
from tests.pages import Place, errors, places
from tests.upstream import Step, Upstream

__all__ = ["places"]
pytest_plugins = ["tests.browser.conftest"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHARES = 4


@pytest.fixture(autouse=True)
def _pictures(upstream: Upstream) -> None:
    """Autoenhance has every picture."""
    for kind in ("preview", "watermark", "original"):
        upstream.script("GET", f"*/{kind}", Step(raw=wide(), forever=True))


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_is_accessible(
    places: list[Place], page: Page, context: BrowserContext, base_url: str, share: int
) -> None:
    found = [place for place in places[share::SHARES] if place.html()]
    assert len(found) > 80 / SHARES
    for place in found:
        context.clear_cookies()
        if session := place.browser.cookies.get(settings.SESSION_COOKIE_NAME):
            context.add_cookies([{"name": session.key, "value": session.value, "url": base_url}])
        page.goto(place.url)
        look(page)


def test_every_page_of_an_error_is_accessible(page: Page, context: BrowserContext) -> None:
    for name, html in errors().items():
        context.route(f"**/{name}", lambda route, _, html=html: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"/{name}")
        look(page)
