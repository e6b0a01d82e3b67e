"""The guest page in a clean browser: no account, no cookie of anybody, with scripts and without (P9)."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.accounts.models import User
from orders.models import LinkDay, Order, OrderDetail
from tests.browser.conftest import Watch
from tests.browser.test_pages import look
from tests.guests import IMAGE_ID, Share, Shared
from tests.test_order_image import PICTURE
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)
HIDE = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s})"


@pytest.fixture
def previews(upstream: Upstream) -> None:
    """Autoenhance has a picture with a watermark."""
    upstream.script("GET", "*/watermark", PICTURE)


def polls(watch: Watch) -> int:
    return sum(path.endswith("/status/") for path in watch.sent("GET"))


class PageTests:
    def test_p9_a_clean_browser_sees_the_order_and_is_counted_once(
        self, page: Page, context: BrowserContext, shared: Shared, previews: None
    ) -> None:
        page.goto(shared.url)
        expect(page.get_by_role("heading", name="12 Rosewood Ave")).to_be_visible()
        expect(page.get_by_role("img", name="Picture 1")).to_be_visible()
        wait_until(lambda: LinkDay.objects.filter(opens=1).exists())
        page.reload()
        expect(page.get_by_text("1 of 3 pictures ready")).to_be_visible()
        assert [cookie["name"] for cookie in context.cookies()] == ["opened"]
        assert page.evaluate("document.cookie") == ""
        assert LinkDay.objects.get().opens == 1
        look(page)

    @WITHOUT_SCRIPTS
    def test_p9_also_without_scripts(self, page: Page, context: BrowserContext, shared: Shared, previews: None) -> None:
        page.goto(shared.url)
        expect(page.get_by_role("heading", name="12 Rosewood Ave")).to_be_visible()
        assert page.locator("img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 3
        assert 'http-equiv="refresh" content="60"' in page.content()
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_text("1 of 3 pictures ready")).to_be_visible()
        assert context.cookies() == []

    @pytest.mark.parametrize("shown", ["status", "previews"])
    def test_a_finished_or_bare_page_is_accessible(self, page: Page, share: Share, previews: None, shown: str) -> None:
        Order.objects.update(shown=4, failed=1)
        page.goto(share(reveals=shown, names_team=True).url)
        expect(page.get_by_text("Northlight")).to_be_visible()
        look(page)

    def test_pictures_that_came_too_late_are_asked_for_again(
        self, page: Page, shared: Shared, upstream: Upstream
    ) -> None:
        images = [{"n": n, "id": f"i{n}", "name": "", "status": "processed"} for n in range(1, 9)]
        OrderDetail.objects.update(images=images)
        upstream.script("GET", "*/watermark", Step(raw=wide(), delay=0.2, forever=True))
        page.goto(shared.url)
        widths = "[...document.querySelectorAll('img')].filter(image => image.naturalWidth === 30).length"
        wait_until(lambda: page.evaluate(widths) == 8)

    def test_t35_no_other_site_learns_the_address(
        self, page: Page, shared: Shared, previews: None, upstream: Upstream, watch: Watch
    ) -> None:
        page.goto(shared.url)
        assert page.locator("a:not([href^='/s/'], [href='#main'])").count() == 0
        page.evaluate("url => { location.href = url }", f"{upstream.url}/sink")
        (sunk,) = upstream.wait(1, "GET", "/sink")
        assert sunk.headers["Referer"] is None
        page.wait_for_load_state()
        assert shared.token not in "".join(f"{call.path}{call.headers}" for call in upstream.calls())
        watch.requests.clear()

    def test_t38_nothing_that_the_browser_sees_names_the_upstream(
        self, page: Page, shared: Shared, previews: None, watch: Watch
    ) -> None:
        page.goto(shared.url)
        expect(page.get_by_role("img", name="Picture 1")).to_be_visible()
        assert IMAGE_ID not in page.content() + "".join(request.url for request in watch.requests)


class LiveTests:
    def test_news_come_by_themselves_and_end_when_it_is_finished(
        self, page: Page, shared: Shared, previews: None, watch: Watch
    ) -> None:
        page.clock.install()
        page.goto(shared.url)
        kept = page.get_by_role("img", name="Picture 1").element_handle()
        Order.objects.update(shown=4, ready=3, name="13 Rosewood Ave")
        page.clock.fast_forward("00:16")
        expect(page.locator(".chip--ready, .chip--partly")).to_be_visible()
        expect(page.get_by_role("heading", name="13 Rosewood Ave")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("Ready")
        assert kept.evaluate("image => image.isConnected")
        before = polls(watch)
        page.clock.fast_forward("10:00")
        page.get_by_role("link", name="Look again").click()
        wait_until(lambda: polls(watch) == before + 1)

    def test_a_tab_in_the_background_does_not_ask(
        self, page: Page, shared: Shared, previews: None, watch: Watch
    ) -> None:
        page.clock.install()
        page.goto(shared.url)
        page.evaluate(HIDE % "true")
        page.clock.fast_forward("01:00")
        page.evaluate("() => 1")
        assert polls(watch) == 0
        page.evaluate(HIDE % "false")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        wait_until(lambda: polls(watch) == 1)

    def test_p5_a_page_that_is_open_says_at_its_next_look_that_it_is_over(
        self, page: Page, shared: Shared, previews: None, alice: User, watch: Watch
    ) -> None:
        page.clock.install()
        page.goto(shared.url)
        expect(page.get_by_role("heading", name="12 Rosewood Ave")).to_be_visible()
        shared.link.revoke(alice)
        page.clock.fast_forward("00:16")
        expect(page.get_by_role("heading", name="This link opens nothing")).to_be_visible()
        assert "Rosewood" not in page.content()
        watch.forgive("404")
        look(page)


class UnlockTests:
    def unlock(self, page: Page, shared: Shared) -> None:
        """A wrong password first, then the right one."""
        page.goto(shared.url)
        expect(page).to_have_url(re.compile("/unlock/$"))
        page.get_by_label("Password").fill("tulips ")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("a blank at the beginning or the end")).to_be_visible()
        page.get_by_label("Password").fill("tulips")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("heading", name="12 Rosewood Ave")).to_be_visible()
        expect(page.get_by_role("img", name="Picture 1")).to_be_visible()

    def test_the_password_opens_the_page(self, page: Page, share: Share, previews: None, watch: Watch) -> None:
        shared = share("tulips")
        self.unlock(page, shared)
        watch.forgive("422")
        wait_until(lambda: LinkDay.objects.exists())

    @WITHOUT_SCRIPTS
    def test_also_without_scripts(self, page: Page, share: Share, previews: None, watch: Watch) -> None:
        self.unlock(page, share("tulips"))
        watch.forgive("422")

    def test_the_form_is_accessible(self, page: Page, share: Share) -> None:
        page.goto(share("tulips").url)
        expect(page.get_by_label("Password")).to_be_focused()
        look(page)


def wide() -> bytes:
    """A picture that is no drawing of 3 by 2."""
    packed = io.BytesIO()
    Image.new("RGB", (30, 20)).save(packed, "JPEG")
    return packed.getvalue()
