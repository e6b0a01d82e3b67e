"""Search and saved views in a real browser: features.md section 4.2."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order, Shown, View
from orders.sandbox.store import Store
from tests.browser.conftest import LogIn, Watch
from tests.cast import ALICES_KEY, mirrored, place_upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)


class List:
    """The list of orders on a page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.box = page.get_by_role("searchbox", name="Search")
        self.names = page.locator(".list__row .name__link")
        self.said = page.locator("#announce")

    def open(self, query: str = "") -> List:
        self.page.goto(f"{self.url}?{query}")
        return self

    def shows(self, *names: str) -> None:
        expect(self.names).to_have_text(list(names))

    def is_at(self, query: str) -> None:
        expect(self.page).to_have_url(re.compile(rf"{re.escape(f'{self.url}{query}')}$"))

    def tab(self, label: str) -> Locator:
        return self.page.get_by_role("navigation", name="Status").get_by_role("link", name=re.compile(f"^{label}"))


@pytest.fixture
def orders(key: ApiKey) -> list[Order]:
    """Three streets, the last one first in the list."""
    named = (("3 Oak Lane", Shown.READY), ("2 Elm Row", Shown.ERROR), ("1 Elm Row", Shown.READY))
    return [mirrored(key, name, shown=shown) for name, shown in named]


@pytest.fixture
def listed(alice: User, orders: list[Order], log_in: LogIn, orders_url: str) -> List:
    return List(log_in(alice), orders_url).open()


class TypingTests:
    def test_finds_while_one_types_and_says_how_many(self, listed: List) -> None:
        listed.box.press_sequentially("elm")
        listed.shows("1 Elm Row", "2 Elm Row")
        expect(listed.page.locator("mark")).to_have_text(["Elm", "Elm"])
        expect(listed.said).to_have_text("2 orders")
        expect(listed.box).to_be_focused()
        listed.box.press_sequentially(" nowhere")
        expect(listed.said).to_have_text("0 orders")

    def test_typing_replaces_the_address_and_enter_adds_one(self, listed: List) -> None:
        before = listed.page.evaluate("history.length")
        listed.box.press_sequentially("el")
        listed.is_at("?q=el")
        listed.box.press_sequentially("m")
        listed.is_at("?q=elm")
        assert listed.page.evaluate("history.length") == before
        with listed.page.expect_response(re.compile("q=elm")):
            listed.box.press("Enter")
        listed.is_at("?q=elm")
        assert listed.page.evaluate("history.length") == before + 1
        listed.page.go_back()
        listed.shows("1 Elm Row", "2 Elm Row", "3 Oak Lane")
        expect(listed.page.get_by_role("navigation", name="Main")).to_be_visible()
        expect(listed.box).to_have_value("")

    def test_enter_asks_at_once_and_nothing_asks_after_it(self, listed: List, watch: Watch) -> None:
        listed.page.evaluate(
            """() => {
                const box = document.getElementById("q");
                box.value = "elm";
                box.dispatchEvent(new Event("input", { bubbles: true }));
                box.form.requestSubmit();
            }"""
        )
        listed.shows("1 Elm Row", "2 Elm Row")
        listed.page.wait_for_timeout(400)  # longer than typing is waited for
        assert len([request for request in watch.requests if "q=elm" in request.url]) == 1
        listed.page.go_back()
        listed.is_at("?")

    def test_an_answer_that_comes_late_is_not_shown(self, listed: List, watch: Watch) -> None:
        late: list[Route] = []
        listed.page.route(re.compile(r"\?q=elm$"), lambda route: late.append(route))
        listed.box.press_sequentially("elm")
        listed.page.wait_for_event("request", lambda request: request.url.endswith("?q=elm"))
        listed.box.fill("oak")
        listed.shows("3 Oak Lane")
        with suppress(Error):  # the browser may have given it up already
            late[0].fulfill(body='<section id="results">late</section>')
        watch.forgive("htmx:(afterRequest|sendAbort)")
        listed.page.wait_for_timeout(100)
        listed.shows("3 Oak Lane")

    def test_escape_clears_and_then_leaves(self, listed: List) -> None:
        listed.box.press_sequentially("oak")
        listed.shows("3 Oak Lane")
        listed.box.press("Escape")
        listed.shows("1 Elm Row", "2 Elm Row", "3 Oak Lane")
        expect(listed.box).to_be_focused()
        listed.box.press("Escape")
        expect(listed.box).not_to_be_focused()

    def test_reload_gives_the_same_page(self, listed: List) -> None:
        listed.box.press_sequentially("oak")
        listed.is_at("?q=oak")
        listed.page.reload()
        listed.shows("3 Oak Lane")
        expect(listed.box).to_have_value("oak")


class LinkTests:
    def test_a_tab_changes_the_box_and_the_address(self, listed: List) -> None:
        listed.box.fill("elm")
        listed.shows("1 Elm Row", "2 Elm Row")
        listed.tab("Error").click()
        listed.shows("2 Elm Row")
        listed.is_at("?q=elm+status%3Aerror")
        expect(listed.box).to_have_value("elm status:error")
        expect(listed.tab("Error")).to_be_focused()
        expect(listed.tab("Error")).to_have_attribute("aria-current", "page")
        listed.page.go_back()
        expect(listed.page.get_by_role("heading", name="Orders")).to_be_visible()
        expect(listed.box).to_have_value("elm")

    def test_removing_a_filter_keeps_the_focus_near(self, listed: List) -> None:
        listed.open("q=elm+status:error+by:me")
        listed.page.get_by_role("link", name=re.compile("^Status Error")).click()
        listed.shows("1 Elm Row", "2 Elm Row")
        expect(listed.page.get_by_role("link", name=re.compile("^By me"))).to_be_focused()
        expect(listed.box).to_have_value("elm by:me")
        listed.page.get_by_role("link", name="Clear all").click()
        listed.shows("1 Elm Row", "2 Elm Row", "3 Oak Lane")
        expect(listed.box).to_have_value("")

    def test_a_head_sorts_and_typing_keeps_that(self, listed: List) -> None:
        head = listed.page.get_by_role("columnheader", name="Name")
        head.get_by_role("link").click()
        expect(head).to_have_attribute("aria-sort", "ascending")
        expect(head.get_by_role("link")).to_be_focused()
        head.get_by_role("link").click()
        listed.shows("3 Oak Lane", "2 Elm Row", "1 Elm Row")
        listed.box.press_sequentially("elm")
        listed.shows("2 Elm Row", "1 Elm Row")
        listed.is_at("?q=elm&sort=-name")

    def test_a_phone_sorts_by_a_menu(self, listed: List) -> None:
        listed.page.set_viewport_size({"width": 360, "height": 800})
        listed.page.get_by_text("Sorted: Newest first").click()
        listed.page.get_by_role("link", name="Oldest first").click()
        listed.shows("3 Oak Lane", "2 Elm Row", "1 Elm Row")
        expect(listed.page.locator(".filters summary")).to_be_focused()

    def test_a_renamed_row_stays_where_it_is(self, listed: List, key: ApiKey, store: Store) -> None:
        made = place_upstream(store, ALICES_KEY, "2 Elm Row")
        Order.objects.filter(name="2 Elm Row").update(order_id=made)
        listed.open("sort=name")
        listed.page.get_by_role("link", name="Rename 2 Elm Row").click()
        expect(listed.page.get_by_role("textbox", name="New name for 2 Elm Row")).to_be_focused()
        listed.page.keyboard.type("Zenith House")
        listed.page.keyboard.press("Enter")
        listed.shows("1 Elm Row", "Zenith House", "3 Oak Lane")


class IdTests:
    def test_a_pasted_id_goes_to_the_order(self, listed: List, orders: list[Order]) -> None:
        listed.box.fill(orders[0].order_id)
        expect(listed.page.get_by_role("heading", name="3 Oak Lane")).to_be_visible()
        listed.page.go_back()
        listed.shows("1 Elm Row", "2 Elm Row", "3 Oak Lane")

    def test_an_id_that_is_new_is_looked_for_by_itself(self, listed: List, store: Store) -> None:
        listed.box.fill(place_upstream(store, ALICES_KEY, "4 New Street"))
        expect(listed.page.get_by_role("heading", name="4 New Street")).to_be_visible()

    def test_an_id_that_nobody_knows_is_said_to_be_so(self, listed: List) -> None:
        listed.box.fill("0c5f7e0e-9d43-4d0c-8f2c-8a3b4d5e6f70")
        expect(listed.said).to_have_text("Autoenhance does not list this id in your accounts.")


class SavedTests:
    def test_saving_pinning_and_renaming_a_view(self, listed: List) -> None:
        page = listed.open("q=elm").page
        page.get_by_role("link", name="Save this view").click()
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("Elms")
        page.keyboard.press("Enter")
        page.get_by_role("button", name=re.compile("^In my side bar")).click()
        bar = page.get_by_role("navigation", name="Saved views")
        expect(bar.get_by_role("link", name="Elms 2")).to_be_visible()
        page.get_by_role("link", name="Rename Elms").click()
        expect(page.get_by_role("textbox", name="New name for Elms")).to_be_focused()
        page.keyboard.type("All elms")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Rename All elms")).to_be_focused()
        expect(page.locator("#announce")).to_have_text("Renamed to All elms")
        bar.get_by_role("link", name="Elms").click()
        listed.shows("1 Elm Row", "2 Elm Row")

    def test_deleting_asks_first(self, listed: List, team: Team) -> None:
        View.objects.create(team=team, name="Elms", text="elm")
        page = listed.page
        page.goto(f"/teams/{team.slug}/views/")
        page.get_by_text("More for Elms").locator("..").click()
        page.get_by_text("Delete it").click()
        assert View.objects.exists()
        page.get_by_role("button", name="Yes, for the whole team").click()
        expect(page.get_by_text("Elms is deleted.")).to_be_visible()


class WithoutScriptsTests:
    @WITHOUT_SCRIPTS
    def test_searches_filters_sorts_and_turns_pages(self, listed: List, key: ApiKey) -> None:
        for n in range(30):
            mirrored(key, f"{n} Birch Close", shown=Shown.WAITING)
        listed.box.fill("birch")
        listed.box.press("Enter")
        listed.is_at("?q=birch")
        listed.tab("Waiting").click()
        listed.page.get_by_role("columnheader", name="Name").get_by_role("link").click()
        listed.page.get_by_role("link", name="Next page").click()
        expect(listed.names).to_have_count(5)
        listed.page.get_by_role("button", name="50", exact=True).click()
        listed.page.get_by_role("link", name="First page").click()
        expect(listed.names).to_have_count(30)
        listed.is_at("?q=birch+status%3Awaiting&sort=name")

    @WITHOUT_SCRIPTS
    def test_an_id_that_is_new_is_looked_for_by_a_button(self, listed: List, store: Store) -> None:
        listed.box.fill(place_upstream(store, ALICES_KEY, "4 New Street"))
        listed.box.press("Enter")
        listed.page.get_by_role("button", name="Look for this id at Autoenhance").click()
        expect(listed.page.get_by_role("heading", name="4 New Street")).to_be_visible()
