"""The share dialog in a real browser: features.md section 4.4."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dashboard.accounts.models import User
from orders import tokens
from orders.models import ApiKey, Order, ShareLink
from tests.browser.conftest import LogIn, Watch
from tests.browser.test_pages import look
from tests.cast import mirrored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)


@pytest.fixture
def order(key: ApiKey) -> Order:
    """One of alice's, in the mirror alone."""
    return mirrored(key, "12 Rosewood Ave", images=[{}])


@pytest.fixture
def on_page(order: Order, alice: User, log_in: LogIn) -> Page:
    """Alice's browser on the order's page."""
    page = log_in(alice)
    page.goto(order.get_absolute_url())
    return page


def opener(page: Page) -> Locator:
    return page.get_by_role("link", name="Share", exact=True)


def opened(page: Page) -> Locator:
    """The dialog, opened with the keyboard."""
    opener(page).press("Enter")
    dialog = page.get_by_role("dialog", name="Share 12 Rosewood Ave")
    expect(dialog).to_be_visible()
    return dialog


def made(page: Page, dialog: Locator) -> str:
    """The address of a link that is made with the keyboard alone."""
    expect(dialog.get_by_label("Label")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", name="is ready")).to_be_focused()
    return dialog.locator("#made-address").inner_text()


class DialogTests:
    def test_starts_at_the_first_field_and_gives_the_focus_back(self, on_page: Page) -> None:
        dialog = opened(on_page)
        expect(dialog.get_by_label("Label")).to_be_focused()
        look(on_page)
        on_page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(opener(on_page)).to_be_focused()
        dialog = opened(on_page)
        dialog.get_by_role("button", name="Close").click()
        expect(opener(on_page)).to_be_focused()

    def test_makes_a_link_that_opens_and_shows_its_address_once(self, on_page: Page) -> None:
        dialog = opened(on_page)
        address = made(on_page, dialog)
        expect(dialog.get_by_role("status")).to_have_text("The link is ready.")
        look(on_page)
        assert ShareLink.objects.opened_with(address.split("/")[-2]) is not None
        on_page.keyboard.press("Escape")
        expect(opened(on_page).locator(".share__link")).to_contain_text("Link 1")
        expect(on_page.locator("#made-address")).to_have_count(0)

    def test_copies_the_address_and_says_so_where_it_is_heard(self, context: BrowserContext, on_page: Page) -> None:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        dialog = opened(on_page)
        address = made(on_page, dialog)
        copy = dialog.get_by_role("button", name="Copy the address")
        copy.press("Enter")
        expect(copy.or_(dialog.get_by_role("button", name="Copied the address"))).to_contain_text("Copied")
        expect(dialog.get_by_role("status")).to_have_text("Copied")
        assert on_page.evaluate("navigator.clipboard.readText()") == address

    def test_where_the_clipboard_is_refused_the_address_is_selected(self, on_page: Page) -> None:
        dialog = opened(on_page)
        address = made(on_page, dialog)
        on_page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
        dialog.get_by_role("button", name="Copy the address").click()
        on_page.wait_for_function("getSelection().toString() !== ''")
        assert on_page.evaluate("getSelection().toString()") == address

    def test_asks_for_a_password_only_where_one_is_typed_and_says_what_is_wrong(
        self, on_page: Page, watch: Watch
    ) -> None:
        dialog = opened(on_page)
        password = dialog.get_by_label("This password")
        expect(password).to_be_hidden()
        dialog.get_by_label("Password", exact=True).select_option("this one")
        password.fill("sesame ")
        password.press("Enter")
        expect(password).to_be_focused()
        expect(dialog.get_by_text("begins or ends with a blank")).to_be_visible()
        expect(password).to_have_value("sesame ")
        look(on_page)
        watch.forgive("status of 422")
        assert not ShareLink.objects.exists()

    def test_revokes_in_one_click(self, on_page: Page) -> None:
        dialog = opened(on_page)
        made(on_page, dialog)
        dialog.get_by_role("button", name="Revoke Link 1").click()
        expect(dialog.locator(".share__link")).to_contain_text("Revoked")
        expect(dialog.get_by_role("status")).to_contain_text("Nobody can open it any more.")
        assert not ShareLink.objects.live().exists()


@WITHOUT_SCRIPTS
def test_without_scripts_it_is_a_page(on_page: Page) -> None:
    opener(on_page).click()
    on_page.get_by_label("Label").fill("Client")
    on_page.get_by_role("button", name="Make a link").click()
    expect(on_page.locator("#made-address")).to_have_text(re.compile(f"/s/{tokens.PATTERN}/$"))
    on_page.get_by_role("button", name="Revoke Client").click()
    expect(on_page.get_by_text("Client is revoked.")).to_be_visible()


def test_all_links_of_the_team(on_page: Page, alice: User, order: Order) -> None:
    for label in ("Client", "Agent"):
        ShareLink.make(tokens.issue(), order, alice, "", label=label)
    on_page.get_by_role("navigation", name="Main").get_by_role("link", name="Links").click()
    look(on_page)
    for label in ("Client", "Agent"):
        on_page.get_by_role("checkbox", name=f"Select {label}").check()
    on_page.get_by_role("button", name="Revoke the selected").click()
    expect(on_page.get_by_role("heading", name="Revoke 2 links?")).to_be_visible()
    look(on_page)
    on_page.get_by_role("button", name="Revoke 2 links").click()
    expect(on_page.get_by_text("2 links are revoked.")).to_be_visible()
    on_page.get_by_role("link", name="Agent").click()
    look(on_page)
