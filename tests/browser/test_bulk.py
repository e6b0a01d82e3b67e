"""Ticking rows of the list, and renaming them all at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.accounts.models import User
from orders import sync
from orders.models import ApiKey, Order
from orders.sandbox.store import Store
from tests.browser.conftest import LogIn
from tests.browser.test_pages import look
from tests.cast import ALICES_KEY, mirrored, place_upstream
from tests.upstream import Step, Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)
NAMES = ["12 Rosewood Ave", "14 Rosewood Ave", "3 Oak Lane"]

Run = Callable[[], None]
OpenList = Callable[..., Page]


@pytest.fixture
def three(key: ApiKey, store: Store, upstream: Upstream) -> list[Order]:
    """Three orders of alice's account, imported; as NAMES."""
    for name in NAMES:
        place_upstream(store, ALICES_KEY, name)
    sync.import_orders(key)
    return [Order.objects.get(name=name) for name in NAMES]


@pytest.fixture
def two_pages(key: ApiKey) -> None:
    """27 orders, of which a page has 25."""
    for n in range(27):
        mirrored(key, f"{n} Elm Row")


@pytest.fixture
def in_list(alice: User, log_in: LogIn, orders_url: str) -> OpenList:
    """Alice's list, at this query."""

    def open_list(query: str = "") -> Page:
        page = log_in(alice)
        page.goto(orders_url + query)
        return page

    return open_list


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Select {name}", exact=True)


def bar(page: Page) -> Locator:
    return page.get_by_role("form", name="With the selected orders")


class SelectingTests:
    def test_the_bar_comes_with_the_first_tick_and_counts(self, three: list[Order], in_list: OpenList) -> None:
        page = in_list()
        expect(bar(page)).to_be_hidden()
        box(page, NAMES[0]).check()
        expect(bar(page)).to_contain_text("1 selected")
        box(page, NAMES[1]).check()
        expect(bar(page)).to_contain_text("2 selected")
        expect(page.locator("#announce")).to_have_text("2 selected")
        bar(page).get_by_role("button", name="Clear the selection").click()
        expect(bar(page)).to_be_hidden()
        expect(page.locator("#announce")).to_have_text("0 selected")

    def test_the_box_in_the_head_takes_the_page_and_then_all_can_be_taken(
        self, two_pages: None, in_list: OpenList
    ) -> None:
        page = in_list()
        page.get_by_role("checkbox", name="Select all on this page").check()
        expect(bar(page)).to_contain_text("25 selected")
        box(page, "26 Elm Row").uncheck()
        expect(bar(page)).to_contain_text("24 selected")
        bar(page).get_by_role("checkbox", name="Select all 27 orders").check()
        expect(bar(page)).to_contain_text("27 orders selected")
        bar(page).get_by_role("button", name="Rename").click()
        expect(page.get_by_text("27 orders stay as they are")).to_be_visible()

    def test_survives_other_pages_and_a_reload(self, two_pages: None, in_list: OpenList) -> None:
        page = in_list()
        box(page, "26 Elm Row").check()
        page.get_by_role("link", name="Next page").click()
        expect(bar(page)).to_contain_text("1 selected")
        box(page, "0 Elm Row").check()
        page.reload()
        expect(box(page, "0 Elm Row")).to_be_checked()
        expect(bar(page)).to_contain_text("2 selected")
        bar(page).get_by_role("button", name="Rename").click()
        expect(page.get_by_text("2 orders stay as they are")).to_be_visible()
        page.go_back()
        page.get_by_role("link", name="First page").click()
        expect(box(page, "26 Elm Row")).to_be_checked()

    def test_another_search_clears_it_and_says_so(self, three: list[Order], in_list: OpenList) -> None:
        page = in_list()
        box(page, NAMES[0]).check()
        page.get_by_role("searchbox", name="Search").press_sequentially("rosewood")
        expect(page).to_have_url(re.compile("rosewood$"))
        expect(page.locator("#announce")).to_have_text("The search changed, so nothing is selected any more.")
        expect(box(page, NAMES[0])).not_to_be_checked()
        expect(bar(page)).to_be_hidden()


class RenamingTests:
    def test_from_the_list_to_every_new_name_and_back(
        self, three: list[Order], in_list: OpenList, run_jobs: Run, store: Store
    ) -> None:
        page = in_list("?q=rosewood")
        for name in NAMES[:2]:
            box(page, name).check()
        bar(page).get_by_role("button", name="Rename").click()
        page.get_by_label("Find").fill("ave")
        page.get_by_label("Replace by").fill("Avenue")
        expect(page.get_by_role("row", name="12 Rosewood Ave 12 Rosewood Avenue")).to_be_visible()
        expect(page.locator("#announce")).to_contain_text("2 names would change")
        page.get_by_role("button", name="Rename 2 orders").click()
        expect(page.get_by_role("heading", name="0 of 2")).to_be_visible()
        run_jobs()
        expect(page.get_by_role("heading", name="2 orders renamed")).to_be_visible()
        expect(page.locator("#announce")).to_contain_text("2 orders renamed")
        assert store.order(three[0].order_id).name == "12 Rosewood Avenue"
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("button", name="Rename 2 orders").click()
        run_jobs()
        expect(page.get_by_role("heading", name="2 orders renamed")).to_be_visible()
        assert store.order(three[0].order_id).name == NAMES[0]

    @WITHOUT_SCRIPTS
    def test_works_without_scripts(
        self, three: list[Order], in_list: OpenList, run_jobs: Run, store: Store, upstream: Upstream
    ) -> None:
        page = in_list()
        for name in NAMES:
            box(page, name).check()
        bar(page).get_by_role("button", name="Rename").click()
        page.get_by_label("Put before every name").fill("2026 ")
        page.get_by_role("button", name="Show what would change").click()
        expect(page.get_by_role("row", name="3 Oak Lane 2026 3 Oak Lane")).to_be_visible()
        upstream.script("PATCH", f"*{three[2].order_id}", Step(status=422))
        page.get_by_role("button", name="Rename 3 orders").click()
        run_jobs()
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_role("heading", name="2 orders renamed, 1 not renamed")).to_be_visible()
        page.get_by_role("button", name="Try the failed one again").click()
        page.get_by_role("button", name="Rename 1 order").click()
        run_jobs()
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_role("heading", name="1 order renamed")).to_be_visible()
        assert [store.order(order.order_id).name for order in three] == [f"2026 {name}" for name in NAMES]


class LooksTests:
    def test_every_step(
        self, two_pages: None, three: list[Order], in_list: OpenList, run_jobs: Run, upstream: Upstream
    ) -> None:
        page = in_list()
        page.get_by_role("checkbox", name="Select all on this page").check()
        look(page)
        bar(page).get_by_role("checkbox", name=re.compile("Select all 30 orders")).check()
        bar(page).get_by_role("button", name="Rename").click()
        page.get_by_label("Find").fill("elm row")
        page.get_by_label("Replace by").fill("Elm Row")
        page.get_by_label("Put before every name").fill("x" * 242)
        expect(page.get_by_role("heading", name="28 names would change")).to_be_visible()
        expect(page.get_by_text("this one has 257.").first).to_be_visible()
        look(page)
        page.get_by_label("Yes, rename 28 orders").check()
        page.get_by_role("button", name="Rename 28 orders").click()
        expect(page.get_by_role("heading", name="2 of 30")).to_be_visible()
        look(page)
        run_jobs()
        expect(page.get_by_role("heading", name="1 order renamed, 29 not renamed")).to_be_visible()
        look(page)
        page.get_by_role("link", name="Rename many").click()
        expect(page.get_by_role("heading", name="My latest")).to_be_visible()
        look(page)
