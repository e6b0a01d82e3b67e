"""Live status in a browser: news come by themselves, and nothing changes under anybody's hands (S2, S3, WCAG 2.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, Shown, Write
from tests.browser.conftest import LogIn, Watch
from tests.cast import mirrored
from tests.upstream import Step, Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STATUS = "**/status/?*"
LATER = 70_000  # ms: longer than any interval
Change = Callable[..., None]


@pytest.fixture
def orders(key: ApiKey) -> list[Order]:
    """1 Elm Row and 2 Elm Row, at work."""
    images = [{"status": "processed"}, {"status": "processing"}]
    fields: dict[str, Any] = {
        "images": images,
        "shown": Shown.PROCESSING,
        "status": "processing",
        "pictures": 2,
        "ready": 1,
    }
    return [mirrored(key, f"{number} Elm Row", **fields) for number in (1, 2)]


@pytest.fixture
def change() -> Change:
    """Something happens to all orders at Autoenhance: change(shown=...)."""
    versions = iter(range(2, 100))

    def happens(**fields: Any) -> None:
        Order.objects.update(version=next(versions), **fields)

    return happens


@pytest.fixture
def in_list(orders: list[Order], alice: User, log_in: LogIn, orders_url: str) -> Page:
    page = log_in(alice)
    page.clock.install()
    page.goto(f"{orders_url}?q=")
    return page


@pytest.fixture
def on_page(orders: list[Order], alice: User, log_in: LogIn) -> Page:
    page = log_in(alice)
    page.clock.install()
    page.goto(orders[0].get_absolute_url())
    return page


def row(page: Page, number: int) -> Locator:
    return page.locator(".list__row", has_text=f"{number} Elm Row")


def polls(page: Page) -> None:
    """A poll comes and is answered."""
    with page.expect_response(STATUS):
        page.clock.fast_forward(LATER)
    page.clock.run_for(1100)


def asks_nothing(page: Page, watch: Watch) -> None:
    """No poll comes, however long one waits."""
    before = asked(watch)
    page.clock.fast_forward(LATER)
    with page.expect_response("**/healthz"):
        page.evaluate("() => { fetch('/healthz') }")
    assert asked(watch) == before


def asked(watch: Watch) -> int:
    """How many polls there were so far."""
    return sum(path.endswith("/status/") for path in watch.sent("GET"))


class NewsTests:
    def test_reach_the_rows_of_a_list_and_are_told_once(self, in_list: Page, change: Change) -> None:
        expect(row(in_list, 1).locator(".chip")).to_contain_text("1/2")
        change(shown=Shown.READY, status="processed", ready=2)
        polls(in_list)
        expect(row(in_list, 1).locator(".chip")).to_have_text("Ready")
        expect(in_list.locator("#announce")).to_contain_text("1 Elm Row: Ready")
        expect(in_list.locator("#announce")).to_contain_text("2 Elm Row: Ready")
        expect(in_list.locator("#tab-5")).to_contain_text("2")

    def test_reach_all_that_an_orders_page_says(self, on_page: Page, change: Change) -> None:
        change(shown=Shown.READY, status="processed", ready=2, name="3 Elm Row")
        polls(on_page)
        expect(on_page.locator("#order-state")).to_contain_text("2 of 2 pictures")
        expect(on_page.locator("#order-state .chip")).to_have_text("Ready")
        expect(on_page.get_by_role("heading", level=1)).to_have_text("3 Elm Row")
        expect(on_page).to_have_title("3 Elm Row · Northlight · Proofsheet")
        expect(on_page.locator("#announce")).to_have_text("3 Elm Row: Ready")

    def test_progress_alone_is_not_read_out(self, on_page: Page, change: Change) -> None:
        change(ready=2)
        polls(on_page)
        expect(on_page.locator("#order-state")).to_contain_text("2 of 2 pictures")
        expect(on_page.locator("#announce")).to_have_text("")

    def test_end_with_what_they_are_about(self, on_page: Page, change: Change, watch: Watch) -> None:
        change(shown=Shown.READY)
        polls(on_page)
        expect(on_page.locator("#poll")).to_have_count(0)
        asks_nothing(on_page, watch)

    def test_a_change_that_is_refused_later_takes_its_note_along(
        self, in_list: Page, orders: list[Order], upstream: Upstream
    ) -> None:
        """Of a finished order, beside one at work; the note came after the page did."""
        Order.objects.filter(pk=orders[0].pk).update(shown=Shown.READY)
        in_list.reload()
        upstream.script("PATCH", "*", Step(status=500))
        in_list.get_by_role("link", name="Rename 1 Elm Row", exact=True).click()
        field = in_list.get_by_role("textbox", name="New name for 1 Elm Row")
        field.fill("3 Elm Row")
        field.press("Enter")
        note = in_list.locator(".name__note", has_text="“3 Elm Row” is not confirmed yet")
        expect(note).to_be_visible()
        in_list.get_by_role("heading", name="Orders").click()
        Write.objects.get().refuse("Not taken.")
        polls(in_list)
        expect(note).to_have_count(0)

    def test_a_ticked_row_stays_ticked(self, in_list: Page, change: Change) -> None:
        box = row(in_list, 1).get_by_role("checkbox")
        box.check()
        box.blur()
        change(shown=Shown.READY)
        polls(in_list)
        expect(row(in_list, 1).locator(".chip")).to_have_text("Ready")
        expect(box).to_be_checked()
        expect(in_list.locator("[data-picked]")).to_have_text("1 selected")


class UndisturbedTests:
    def test_a_half_typed_name_in_a_row_while_the_others_change(self, in_list: Page, change: Change) -> None:
        row(in_list, 1).get_by_role("link", name="Rename").click()
        field = in_list.get_by_label("New name for 1 Elm Row")
        field.fill("half ty")
        change(shown=Shown.READY)
        polls(in_list)
        expect(row(in_list, 2).locator(".chip")).to_have_text("Ready")
        expect(field).to_be_focused()
        expect(field).to_have_value("half ty")
        expect(in_list.locator(".list__row:has(form) .chip")).to_contain_text("Processing")
        field.press("Escape")
        row(in_list, 1).get_by_role("link", name="Rename").blur()
        in_list.clock.run_for(1100)
        expect(row(in_list, 1).locator(".chip")).to_have_text("Ready")

    def test_a_half_typed_name_on_an_orders_page(self, on_page: Page, change: Change) -> None:
        on_page.get_by_role("link", name="Rename").click()
        field = on_page.get_by_label("New name for 1 Elm Row")
        field.fill("half ty")
        change(shown=Shown.READY, name="3 Elm Row")
        polls(on_page)
        expect(on_page.locator("#order-state .chip")).to_have_text("Ready")
        expect(field).to_be_focused()
        expect(field).to_have_value("half ty")
        field.press("Escape")
        on_page.get_by_role("link", name="Rename").blur()
        on_page.clock.run_for(1100)
        expect(on_page.get_by_role("heading", level=1)).to_have_text("3 Elm Row")

    def test_what_has_the_focus(self, on_page: Page, change: Change) -> None:
        frame = on_page.locator("#order-pictures a").first
        frame.focus()
        frame.evaluate("frame => { frame.dataset.mine = 'yes' }")
        change(ready=2)
        polls(on_page)
        expect(on_page.locator("#order-state")).to_contain_text("2 of 2 pictures")
        expect(frame).to_be_focused()
        expect(frame).to_have_attribute("data-mine", "yes")
        frame.blur()
        on_page.clock.run_for(1100)
        expect(frame).not_to_have_attribute("data-mine", "yes")

    def test_what_is_selected(self, in_list: Page, change: Change) -> None:
        name = row(in_list, 1).locator(".name__link")
        name.evaluate("name => getSelection().selectAllChildren(name)")
        change(shown=Shown.READY)
        polls(in_list)
        expect(row(in_list, 2).locator(".chip")).to_have_text("Ready")
        assert in_list.evaluate("() => getSelection().toString()") == "1 Elm Row"
        expect(row(in_list, 1).locator(".chip")).to_contain_text("Processing")
        in_list.evaluate("() => getSelection().removeAllRanges()")
        in_list.clock.run_for(1100)
        expect(row(in_list, 1).locator(".chip")).to_have_text("Ready")

    def test_an_open_menu_and_a_half_typed_search(self, in_list: Page, change: Change) -> None:
        menu = in_list.locator("details.menu").first
        menu.locator("summary").click()
        change(shown=Shown.READY)
        polls(in_list)
        expect(row(in_list, 1).locator(".chip")).to_have_text("Ready")
        expect(menu).to_have_attribute("open", "")
        expect(menu.locator("summary")).to_be_focused()

    def test_an_open_dialog(self, on_page: Page, change: Change) -> None:
        on_page.get_by_role("link", name="Share", exact=True).click()
        dialog = on_page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        change(shown=Shown.READY)
        polls(on_page)
        expect(on_page.locator("#order-state .chip")).to_have_text("Ready")
        expect(dialog).to_be_visible()
        assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")

    def test_going_back_shows_what_is_new(self, in_list: Page, change: Change) -> None:
        row(in_list, 1).locator(".name__link").click()
        expect(in_list.get_by_role("heading", level=1)).to_have_text("1 Elm Row")
        change(shown=Shown.READY)
        in_list.go_back()
        expect(row(in_list, 1).locator(".chip")).to_have_text("Ready")


class QuietTests:
    def test_a_hidden_tab_asks_once_a_minute_and_at_once_when_it_is_seen_again(
        self, on_page: Page, watch: Watch, change: Change
    ) -> None:
        polls(on_page)
        hide(on_page, hidden=True)
        before = asked(watch)
        on_page.clock.run_for(50_000)
        assert asked(watch) == before
        polls(on_page)
        change(shown=Shown.READY)
        with on_page.expect_response(STATUS):
            hide(on_page, hidden=False)
        expect(on_page.locator("#order-state .chip")).to_have_text("Ready")

    def test_paused_updates_stay_so_in_this_browser(self, in_list: Page, watch: Watch, change: Change) -> None:
        pause = in_list.get_by_role("button", name="Pause updates")
        pause.click()
        expect(pause).to_have_attribute("aria-pressed", "true")
        change(shown=Shown.MERGING)
        asks_nothing(in_list, watch)
        expect(in_list.locator("#asof")).to_contain_text("Updates are paused.")
        in_list.reload()
        expect(pause).to_have_attribute("aria-pressed", "true")
        asks_nothing(in_list, watch)
        pause.click()
        polls(in_list)
        expect(pause).to_have_attribute("aria-pressed", "false")


class AsOfTests:
    def test_grows_older_by_itself_and_is_young_again_after_a_look(self, on_page: Page) -> None:
        asof = on_page.locator("#asof")
        on_page.get_by_role("button", name="Pause updates").click()
        on_page.clock.fast_forward(LATER)
        on_page.clock.run_for(1100)
        expect(asof).to_contain_text("as of 1 min ago")
        on_page.get_by_role("button", name="Pause updates").click()
        polls(on_page)
        expect(asof).to_contain_text(" s ago")

    def test_turns_amber_and_says_why_when_nobody_answers(self, on_page: Page, watch: Watch) -> None:
        on_page.route(STATUS, lambda route: route.abort())
        with on_page.expect_event("requestfailed"):
            on_page.clock.fast_forward(LATER)
        on_page.clock.run_for(1100)
        expect(on_page.locator("#asof.asof--stale")).to_contain_text("Proofsheet does not answer.")
        expect(on_page.locator("#toasts")).to_be_empty()
        watch.forgive("htmx:(afterRequest|sendError)|ERR_FAILED")
        on_page.unroute(STATUS)
        polls(on_page)
        expect(on_page.locator("#asof")).not_to_contain_text("Proofsheet does not answer.")


def hide(page: Page, *, hidden: bool) -> None:
    """Bring another tab to the front, or this one."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
            document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        }""",
        hidden,
    )
