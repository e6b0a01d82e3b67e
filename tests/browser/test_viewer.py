"""Pictures in a browser: the viewer over the sheet, by keys and thumbs, before and after, with scripts and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, OrderDetail
from tests.browser.conftest import LogIn, Watch
from tests.browser.test_guest import wide
from tests.browser.test_pages import look
from tests.cast import mirrored
from tests.guests import Share
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)
WITH_THUMBS = pytest.mark.browser_context_args(has_touch=True, viewport={"width": 360, "height": 740})
# All that moved on the page by itself so far.
SHIFTS = """() => new Promise(resolve => new PerformanceObserver(list =>
    resolve(list.getEntries().filter(entry => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0))
).observe({type: 'layout-shift', buffered: true}) ?? setTimeout(() => resolve(0), 200))"""


@pytest.fixture
def order(key: ApiKey, upstream: Upstream) -> Order:
    """Five pictures, of which the second failed; Autoenhance has the others, and what they were before."""
    statuses = ("processed", "error", "processed", "processed", "processed")
    images = [{"status": status, "scene": "hall", "reason": "Too dark" * (status == "error")} for status in statuses]
    for kind in ("preview", "watermark", "original"):
        upstream.script("GET", f"*/{kind}", Step(raw=wide(), forever=True))
    return mirrored(key, "12 Rosewood Ave", images=images, shown=4, status="processed", pictures=5, ready=4, failed=1)


@pytest.fixture
def sheet(order: Order, alice: User, log_in: LogIn) -> Page:
    """Alice looks at the order."""
    page = log_in(alice)
    page.goto(order.get_absolute_url())
    return page


def opened(page: Page, n: int) -> Locator:
    """The viewer, opened by a click on picture `n`."""
    page.locator(f"#picture-{n}").click()
    viewer = page.get_by_role("dialog", name=f"Picture {n}")
    expect(viewer).to_be_visible()
    return viewer


class KeysTests:
    def test_arrows_home_and_end_walk_through_and_escape_returns_to_the_frame(self, sheet: Page) -> None:
        opened(sheet, 3)
        told = sheet.locator("#viewer > [role=status]")
        expect(told).to_have_text("3 of 5")
        for key, n in (("ArrowRight", 4), ("ArrowLeft", 3), ("Home", 1), ("ArrowLeft", 1), ("End", 5)):
            sheet.keyboard.press(key)
            expect(told).to_have_text(f"{n} of 5")
            expect(sheet).to_have_url(re.compile(f"/pictures/{n}/$"))
        sheet.keyboard.press("Escape")
        expect(sheet.locator("#viewer")).to_be_hidden()
        expect(sheet.locator("#picture-5")).to_be_focused()
        expect(sheet).to_have_url(re.compile(r"/orders/\d+/$"))

    def test_the_keyboard_alone_opens_flips_and_closes(self, sheet: Page) -> None:
        sheet.locator("#picture-1").focus()
        sheet.keyboard.press("Enter")
        viewer = sheet.locator("#viewer")
        expect(viewer).to_be_visible()
        viewer.get_by_role("link", name="Next").focus()
        sheet.keyboard.press("Enter")
        expect(viewer.get_by_text("Too dark")).to_be_visible()
        expect(viewer.get_by_role("link", name="Next")).to_be_focused()
        viewer.get_by_role("link", name="Back to all pictures").press("Enter")
        expect(sheet.locator("#picture-2")).to_be_focused()

    def test_keys_that_belong_to_the_browser_are_left_to_it(self, sheet: Page) -> None:
        opened(sheet, 3)
        sheet.keyboard.press("Shift+ArrowRight")
        sheet.locator("#viewer").get_by_label("Compare").focus()
        sheet.keyboard.press("ArrowRight")
        expect(sheet.locator("#viewer > [role=status]")).to_have_text("3 of 5")


class AddressTests:
    def test_back_closes_it_however_many_were_looked_at_and_forward_opens_it(self, sheet: Page) -> None:
        opened(sheet, 3)
        sheet.keyboard.press("ArrowRight")
        expect(sheet).to_have_url(re.compile("/pictures/4/$"))
        sheet.go_back()
        expect(sheet.locator("#viewer")).to_be_hidden()
        expect(sheet.locator("#picture-4")).to_be_focused()
        sheet.go_forward()
        expect(sheet.get_by_role("dialog", name="Picture 4")).to_be_visible()

    def test_a_tab_is_named_for_the_picture_while_it_is_looked_at(self, sheet: Page) -> None:
        before = sheet.title()
        opened(sheet, 3)
        expect(sheet).to_have_title(f"Picture 3 · {before}")
        sheet.keyboard.press("ArrowRight")
        expect(sheet).to_have_title(f"Picture 4 · {before}")
        address = sheet.url
        sheet.keyboard.press("Escape")
        expect(sheet).to_have_title(before)
        sheet.goto(address)
        expect(sheet).to_have_title(f"Picture 4 · {before}")

    def test_a_reload_shows_the_page_of_the_picture_and_back_the_sheet(self, sheet: Page) -> None:
        opened(sheet, 3)
        sheet.reload()
        expect(sheet.get_by_role("heading", name="Picture 3")).to_be_visible()
        expect(sheet.get_by_role("dialog")).to_have_count(0)
        sheet.keyboard.press("ArrowRight")
        expect(sheet).to_have_url(re.compile("/pictures/4/$"))
        look(sheet)
        sheet.go_back()
        sheet.go_back()
        expect(sheet.get_by_role("heading", name="Contact sheet")).to_be_visible()

    def test_what_is_gone_is_opened_as_a_page_which_says_so(self, sheet: Page, watch: Watch) -> None:
        OrderDetail.objects.update(images=[])
        sheet.locator("#picture-3").click()
        expect(sheet.get_by_role("heading", name=re.compile("not", re.IGNORECASE))).to_be_visible()
        watch.forgive("404")

    @WITHOUT_SCRIPTS
    def test_links_alone_do_without_scripts(self, sheet: Page) -> None:
        sheet.get_by_role("link", name="Status").click()
        sheet.locator("#picture-2").click()
        expect(sheet.get_by_text("Too dark")).to_be_visible()
        sheet.get_by_role("link", name="Next").click()
        expect(sheet.get_by_role("heading", name="Picture 1")).to_be_visible()
        sheet.get_by_label("Side by side").check()
        expect(sheet.get_by_role("img", name="Picture 1, before")).to_be_visible()
        sheet.get_by_role("link", name="Back to all pictures").click()
        expect(sheet).to_have_url(re.compile("pictures=status#picture-1$"))


class LookTests:
    def test_it_is_accessible_over_the_sheet_before_and_after_too(self, sheet: Page) -> None:
        viewer = opened(sheet, 3)
        look(sheet)
        viewer.get_by_text("Compare").click()
        look(sheet)

    def test_neighbours_are_there_before_they_are_asked_for(self, sheet: Page, watch: Watch) -> None:
        opened(sheet, 3)
        wait_until(lambda: sum(path.endswith(("/pictures/2/", "/pictures/4/")) for path in watch.sent("GET")) == 2)
        before = len(watch.sent("GET"))
        sheet.keyboard.press("ArrowRight")
        expect(sheet.get_by_role("dialog", name="Picture 4")).to_be_visible()
        assert not [path for path in watch.sent("GET")[before:] if path.endswith("/pictures/4/")]

    def test_nothing_moves_when_pictures_come(self, sheet: Page) -> None:
        opened(sheet, 3)
        sheet.keyboard.press("ArrowRight")
        expect(sheet.get_by_role("dialog", name="Picture 4")).to_be_visible()
        sheet.locator("#viewer img").first.evaluate("image => image.decode()")
        assert sheet.evaluate(SHIFTS) == 0

    def test_pictures_that_came_too_late_are_asked_for_again(
        self, order: Order, alice: User, log_in: LogIn, upstream: Upstream
    ) -> None:
        upstream.clear()
        upstream.script("GET", "*/preview", Step(raw=wide(), delay=0.2, forever=True))
        images = [order.detail.image(1) | {"n": n} for n in range(1, 9)]
        OrderDetail.objects.update(images=images)
        page = log_in(alice)
        page.goto(order.get_absolute_url())
        widths = "[...document.querySelectorAll('.frame img')].filter(image => image.naturalWidth === 30).length"
        wait_until(lambda: page.evaluate(widths) == 8)


class CompareTests:
    def test_the_original_is_asked_for_when_it_is_shown(self, sheet: Page, watch: Watch) -> None:
        viewer = opened(sheet, 3)
        before = viewer.get_by_role("img", name="Picture 3, before")
        expect(before).to_be_hidden()
        assert not [path for path in watch.sent("GET") if path.endswith("/before/")]
        viewer.get_by_text("Side by side").click()
        expect(before).to_be_visible()
        expect(viewer.get_by_role("img", name="Picture 3, hall, ready")).to_be_visible()
        sheet.keyboard.press("Escape")
        viewer = opened(sheet, 4)
        expect(viewer.get_by_role("radio", name="After")).to_be_checked()

    def test_arrow_keys_move_the_line_and_it_is_said_how_far(self, sheet: Page) -> None:
        viewer = opened(sheet, 3)
        viewer.get_by_text("Compare").click()
        line = viewer.get_by_role("slider", name="Before and after")
        line.focus()
        for key, said in (("ArrowLeft", "51 % after"), ("Home", "100 % after"), ("End", "0 % after")):
            sheet.keyboard.press(key)
            expect(line).to_have_attribute("aria-valuetext", said)
        expect(sheet.locator("#viewer > [role=status]")).to_have_text("3 of 5")

    def test_a_click_shows_the_other_one_and_a_drag_moves_the_line(self, sheet: Page) -> None:
        viewer = opened(sheet, 3)
        viewer.get_by_text("Compare").click()
        line = viewer.get_by_role("slider")
        for said in ("100 % after", "0 % after"):
            line.click(position={"x": 30, "y": 30})
            expect(line).to_have_attribute("aria-valuetext", said)
        box = line.bounding_box()
        assert box
        sheet.mouse.move(box["x"] + box["width"] - 20, box["y"] + 40)
        sheet.mouse.down()
        sheet.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40, steps=4)
        sheet.mouse.up()
        expect(line).to_have_attribute("aria-valuetext", re.compile("^(4[5-9]|5[0-5]) % after$"))

    def test_the_way_of_looking_stays_from_picture_to_picture(self, sheet: Page) -> None:
        viewer = opened(sheet, 3)
        viewer.get_by_text("Side by side").click()
        viewer.get_by_role("link", name="Next").click()
        expect(sheet.get_by_role("img", name="Picture 4, before")).to_be_visible()

    def test_where_there_is_no_original_it_says_so(self, sheet: Page, upstream: Upstream) -> None:
        upstream.clear()
        upstream.script("GET", "*/preview", Step(raw=wide(), forever=True))
        upstream.script("GET", "*/original", Step(status=404, forever=True))
        viewer = opened(sheet, 3)
        viewer.get_by_text("Compare").click()
        expect(viewer.get_by_text("does not show the original")).to_be_visible()
        expect(viewer.get_by_label("Compare")).to_be_disabled()
        expect(viewer.get_by_role("slider")).to_be_hidden()


class ThumbTests:
    @WITH_THUMBS
    def test_a_swipe_turns_the_page(self, sheet: Page) -> None:
        opened(sheet, 3)
        swipe(sheet, 300, 60)
        expect(sheet.get_by_role("dialog", name="Picture 4")).to_be_visible()
        swipe(sheet, 60, 300)
        expect(sheet.get_by_role("dialog", name="Picture 3")).to_be_visible()
        for name in ("Previous", "Next"):
            box = sheet.get_by_role("link", name=name).bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 44


class GuestTests:
    def test_a_guest_walks_through_without_a_cookie_of_it_and_sees_no_original(
        self, page: Page, order: Order, share: Share, watch: Watch
    ) -> None:
        shared = share()
        page.goto(shared.url)
        page.locator("a", has=page.locator("#picture-1")).click()
        viewer = page.get_by_role("dialog", name="Picture 1")
        expect(viewer).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#viewer > [role=status]")).to_have_text("2 of 3")
        look(page)
        page.keyboard.press("Escape")
        expect(page).to_have_url(re.compile(f"{shared.url}$"))
        assert not [request for request in watch.requests if "before" in request.url or "/orders/" in request.url]
        assert [cookie["name"] for cookie in page.context.cookies()] in ([], ["opened"])


def swipe(page: Page, start: int, end: int) -> None:
    """A thumb across the picture."""
    devtools = page.context.new_cdp_session(page)
    touch = [("touchStart", start), ("touchMove", (start + end) // 2), ("touchMove", end)]
    for kind, x in touch:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": 200}]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
