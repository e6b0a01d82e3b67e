"""Every page, wide and narrow: accessible, within its width, silent, and with requests to us alone.

What the console says and where requests go is checked after every test of this folder, see conftest.py. `make slow`
sets ALL_LOOKS: then the rules hold for both widths in both schemes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders import sync
from orders.models import ApiKey, Order, View
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.browser.conftest import LogIn, Watch
from tests.cast import ALICES_KEY, CHARLIES_KEY, PASSWORD
from tests.confirmed import all_long_ago
from tests.upstream import Step, Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ALL_LOOKS = bool(os.environ.get("ALL_LOOKS"))
WIDTHS = (1280, 360)
# axe would load style sheets once more, and what they import from the wrong place.
USUAL = {"resultTypes": ["violations"], "preload": False}
# The dark scheme changes colours and nothing else.
RULES = {
    "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], **USUAL},
    "dark": {"runOnly": ["color-contrast"], **USUAL},
}


def look(page: Page) -> None:
    """Hold the page that is open against the rules, and against its width where it is narrow."""
    for width, scheme in product(WIDTHS, RULES) if ALL_LOOKS else [(WIDTHS[0], "light")]:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(page, options=RULES[scheme])
        assert found.violations_count == 0, f"{page.url} at {width}, {scheme}: {found.generate_report()}"
    page.set_viewport_size({"width": WIDTHS[-1], "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[-1], f"{page.url} scrolls sideways"


@pytest.fixture
def studio(alice: User, key: ApiKey, store: Store) -> Team:
    """Northlight with half a screen of orders: pictures, failures, odd names and statuses among them."""
    seed(store, ALICES_KEY, count=30)
    sync.import_orders(key)
    return key.team


class OpenPagesTests:
    @pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
    def test_pages_before_the_login(self, db: None, page: Page, settings: Settings, path: str) -> None:
        settings.REGISTRATION_OPEN = True
        page.goto(path)
        look(page)

    def test_a_login_that_is_refused(self, db: None, page: Page) -> None:
        page.goto("/accounts/login/")
        page.get_by_label("E-mail address").fill("alice@example.com")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in", exact=True).click()
        expect(page.locator(".field__error, .notice--error").first).to_be_visible()
        look(page)

    def test_a_sign_up_that_is_closed(self, db: None, page: Page) -> None:
        page.goto("/accounts/signup/")
        look(page)


class AccountTests:
    @pytest.mark.parametrize("path", ["email/", "password/change/", "2fa/", "reauthenticate/", "logout/"])
    def test_pages_of_my_account(self, alice: User, log_in: LogIn, path: str) -> None:
        page = log_in(alice)
        page.goto(f"/accounts/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look(page)

    def test_where_one_is_logged_in_and_what_asks_again_in_its_form(
        self, alice: User, studio: Team, log_in: LogIn
    ) -> None:
        log_in(alice)
        page = log_in(alice)
        all_long_ago()
        for path in ("/settings/sessions/", "/keys/", f"/teams/{studio.slug}/people/"):
            page.goto(path)
            look(page)
        expect(page.get_by_label("Your own password")).to_be_visible()

    def test_the_second_factor_after_the_password(self, alice: User, log_in: LogIn) -> None:
        page = log_in(alice)
        confirm_password(page, "/accounts/2fa/totp/activate/")
        expect(page.get_by_label("QR code of the secret")).to_be_visible()
        look(page)

    def test_a_page_that_does_not_exist(self, alice: User, log_in: LogIn, watch: Watch) -> None:
        page = log_in(alice)
        page.goto("/orders/4711/")
        watch.forgive("404")
        look(page)


class KeyTests:
    def test_no_key_and_no_order_yet(self, alice: User, team: Team, log_in: LogIn, orders_url: str) -> None:
        page = log_in(alice)
        for path in (orders_url, "/keys/"):
            page.goto(path)
            look(page)

    def test_kept_keys(self, alice: User, studio: Team, log_in: LogIn, make_key: Callable[..., ApiKey]) -> None:
        make_key(alice, studio, CHARLIES_KEY, label="Refused").refuse()
        page = log_in(alice)
        page.goto("/keys/")
        expect(page.get_by_role("heading", name="Refused")).to_be_visible()
        look(page)

    def test_a_wrong_key(self, alice: User, team: Team, upstream: Upstream, log_in: LogIn, watch: Watch) -> None:
        page = log_in(alice)
        page.goto("/keys/")
        page.get_by_label("Label").fill("Studio")
        page.get_by_label("API key").fill("ae_nobody_0123456789")
        page.get_by_role("button", name="Test and save").click()
        expect(page.get_by_label("API key")).to_be_focused()
        expect(page.get_by_label("API key")).to_have_value("")
        watch.forgive("422")
        look(page)

    @pytest.mark.parametrize("deed", ["replace", "delete"])
    def test_replacing_and_deleting_after_the_password(
        self, alice: User, key: ApiKey, log_in: LogIn, deed: str
    ) -> None:
        page = log_in(alice)
        confirm_password(page, f"/keys/{key.pk}/{deed}/")
        look(page)


class OrderTests:
    @pytest.fixture
    def page(self, alice: User, studio: Team, log_in: LogIn) -> Page:
        return log_in(alice)

    def test_the_list(self, page: Page, orders_url: str) -> None:
        page.goto(orders_url)
        expect(page.get_by_role("table")).to_be_visible()
        look(page)

    def test_a_search_without_a_hit(self, page: Page, orders_url: str) -> None:
        page.goto(f"{orders_url}?q=nowhere")
        look(page)

    def test_a_search_with_filters_hints_and_the_help_sheet(self, page: Page, orders_url: str) -> None:
        page.goto(f"{orders_url}?q=status:ready+foo:bar+by:me&sort=name")
        expect(page.get_by_text("is not a filter")).to_be_visible()
        look(page)
        page.goto(f"{orders_url}?q=status:ready")
        page.locator(".help summary").click()
        look(page)

    def test_saved_views(self, page: Page, studio: Team, alice: User) -> None:
        for name, owner in (("Needs a look", None), ("My day", alice)):
            view = View.objects.create(team=studio, owner=owner, name=name, text="status:error", sort="name")
            view.pin(alice, True)
        page.goto(f"/teams/{studio.slug}/views/?q=elm")
        expect(page.locator("#pinned .count")).to_have_count(2)
        look(page)
        page.get_by_role("link", name="Rename My day").click()
        expect(page.get_by_role("textbox", name="New name for My day")).to_be_focused()
        look(page)
        page.goto(f"/views/{view.pk}/name/")
        look(page)

    def test_the_editor_in_the_list_and_its_error(self, page: Page, orders_url: str, watch: Watch) -> None:
        page.goto(orders_url)
        page.get_by_role("link", name=re.compile("^Rename ")).first.click()
        field = page.get_by_role("textbox", name=re.compile("^New name for "))
        field.fill("x" * 256)
        field.press("Enter")
        expect(field).to_have_attribute("aria-invalid", "true")
        watch.forgive("422")
        look(page)

    def test_a_conflict_and_a_name_that_is_not_confirmed(
        self, page: Page, orders_url: str, upstream: Upstream, store: Store, watch: Watch
    ) -> None:
        first, second = Order.objects.newest_first()[:2]
        page.goto(orders_url)
        upstream.script("PATCH", "*", Step(process=True, reset="before"))
        open_editor(page, first)
        page.keyboard.type("Not confirmed")
        page.keyboard.press("Enter")
        expect(page.locator(".name__note")).to_be_visible()
        open_editor(page, second)
        there = store.order(second.order_id)
        store.edit_order(there, "Renamed meanwhile", there.sort_order)
        page.keyboard.type("Mine")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Use mine")).to_be_visible()
        watch.forgive("409")
        look(page)

    def test_an_order_with_pictures(self, page: Page) -> None:
        order = Order.objects.filter(failed__gt=0).first()
        page.goto(order.get_absolute_url())
        expect(page.get_by_role("heading", name="Contact sheet")).to_be_visible()
        look(page)

    def test_an_order_without_pictures_and_its_rename_page(self, page: Page) -> None:
        order = Order.objects.filter(pictures=0).first()
        for path in (order.get_absolute_url(), f"/orders/{order.pk}/name/"):
            page.goto(path)
            look(page)

    def test_a_new_order_and_its_error(self, page: Page, orders_url: str, watch: Watch) -> None:
        page.goto(f"{orders_url}new/")
        look(page)
        page.get_by_label("Name").fill("  ")
        page.get_by_role("button", name="Create order").click()
        expect(page.get_by_text("A name is needed.")).to_be_visible()
        watch.forgive("422")
        look(page)


class KeyboardTests:
    def test_the_whole_way_without_a_pointer(self, page: Page, order: Order, store: Store, orders_url: str) -> None:
        page.goto("/")
        go_to(page, page.get_by_label("E-mail address"))
        page.keyboard.type("alice@example.com")
        go_to(page, page.get_by_label("Password"))
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        go_to(page, page.get_by_role("searchbox", name="Search"))
        page.keyboard.type("rosewood")
        page.keyboard.press("Enter")
        go_to(page, page.get_by_role("link", name="12 Rosewood Ave", exact=True))
        page.keyboard.press("Enter")
        go_to(page, page.get_by_role("link", name="Rename 12 Rosewood Ave"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("textbox", name="New name for 12 Rosewood Ave")).to_be_focused()
        page.keyboard.type("14 Rosewood Ave")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Rename 14 Rosewood Ave")).to_be_focused()
        assert store.order(order.order_id).name == "14 Rosewood Ave"


def go_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is there."""
    expect(target).to_be_visible()
    for _ in range(30):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {target}")


def confirm_password(page: Page, path: str) -> None:
    """Open a page that asks for the password again first, a while after the login."""
    all_long_ago()
    page.goto(path)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile(f"(?<!=){path}$"))


def open_editor(page: Page, order: Order) -> None:
    page.locator(f"#order-{order.pk} .name__edit").click()
    expect(page.get_by_role("textbox", name=f"New name for {order.label}", exact=True)).to_be_focused()
