"""From signing up to one's own orders in a real browser: at most three screens, each with one thing to do (issue 6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order, now
from orders.sandbox.store import Store
from tests.browser.conftest import LogIn
from tests.cast import ALICES_KEY, PASSWORD, place_upstream
from tests.upstream import Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IN_OSLO = pytest.mark.browser_context_args(timezone_id="Europe/Oslo")
RIGHT_TO_LEFT = "document.documentElement.dir = 'rtl'"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def newcomer(page: Page, upstream: Upstream, store: Store, settings: Settings) -> Page:
    """Dora has signed up, confirmed her address and logged in for the first time."""
    settings.REGISTRATION_OPEN = True
    place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
    page.goto("/accounts/signup/")
    page.get_by_label("Your name").fill("Dora")
    page.get_by_label("E-mail address").fill("dora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    (link,) = re.findall(r"/accounts/confirm-email/\S+/", str(mail.outbox[-1].body))
    page.goto(link)
    page.get_by_role("button", name="Yes, confirm it").click()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill("dora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    return page


def one_deed(page: Page) -> Locator:
    """The one thing that the screen asks for."""
    deeds = page.locator("main .button--primary:visible")
    expect(deeds).to_have_count(1)
    return deeds


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name, exact=True)


def fill_by_keyboard(page: Page) -> None:
    """Dora types her key, and leaves the form with Enter."""
    page.get_by_label("Label").focus()
    page.keyboard.type("Studio")
    page.keyboard.press("Tab")
    expect(page.get_by_label("API key")).to_be_focused()
    page.keyboard.type(ALICES_KEY)
    page.keyboard.press("Enter")


@IN_OSLO
def test_three_screens_lead_a_newcomer_to_her_orders_by_keyboard_alone(
    newcomer: Page, run_jobs: Callable[[], None]
) -> None:
    screens = [newcomer.url]
    expect(heading(newcomer, "Connect your Autoenhance key")).to_be_visible()
    one_deed(newcomer).press("Enter")
    expect(heading(newcomer, "My keys")).to_be_visible()
    screens.append(newcomer.url)
    one_deed(newcomer)
    fill_by_keyboard(newcomer)
    expect(newcomer.get_by_text("Studio works. Newest order: 12 Rosewood Ave")).to_be_visible()
    expect(heading(newcomer, "Reading the orders")).to_be_visible()
    screens.append(newcomer.url)
    run_jobs()
    expect(newcomer.get_by_role("link", name="12 Rosewood Ave", exact=True)).to_be_visible()
    assert len(screens) == 3
    assert screens[2].startswith(screens[0].partition("?")[0])
    assert newcomer.url == screens[2]
    assert Team.objects.get(name="Dora").time_zone == "Europe/Oslo"
    assert " CE" in str(newcomer.locator(".list__row time").get_attribute("title"))


class NothingYetTests:
    def test_no_orders_says_when_it_was_looked_and_offers_the_first(
        self, log_in: LogIn, alice: User, key: ApiKey, orders_url: str
    ) -> None:
        ApiKey.objects.update(imported_at=now())
        page = log_in(alice)
        page.goto(orders_url)
        expect(heading(page, "No orders yet")).to_be_visible()
        expect(page.get_by_text("Last checked ")).to_be_visible()
        one_deed(page).click()
        expect(heading(page, "New order")).to_be_visible()

    def test_nothing_found_repeats_what_was_searched_and_clears_it(
        self, log_in: LogIn, alice: User, key: ApiKey, orders_url: str
    ) -> None:
        page = log_in(alice)
        page.goto(f"{orders_url}?q=harbour")
        expect(heading(page, "Nothing found for “harbour”")).to_be_visible()
        page.get_by_role("link", name="Clear the search").click()
        expect(page.get_by_role("searchbox")).to_have_value("")

    def test_a_viewer_of_a_team_without_keys_learns_whom_to_ask(
        self, log_in: LogIn, vera: User, orders_url: str
    ) -> None:
        page = log_in(vera)
        page.goto(orders_url)
        one_deed(page).click()
        expect(heading(page, "People")).to_be_visible()

    def test_without_a_team_one_can_be_started(self, log_in: LogIn, vera: User, settings: Settings) -> None:
        settings.REGISTRATION_OPEN = True
        Team.objects.all().delete()
        page = log_in(vera)
        page.goto("/")
        one_deed(page).click()
        expect(heading(page, "New team")).to_be_visible()


class RefusedKeyTests:
    """Autoenhance refuses the key: its owner is led to replace it, others learn whom to ask; the orders stay."""

    @pytest.fixture(autouse=True)
    def _refused(self, order: Order) -> None:
        long_ago = now() - timedelta(days=3)
        Order.objects.update(created_at=long_ago, updated_at=long_ago)
        ApiKey.objects.update(refused_at=long_ago, imported_at=long_ago)

    def test_its_owner_replaces_it(self, log_in: LogIn, alice: User, orders_url: str) -> None:
        page = log_in(alice)
        page.goto(orders_url)
        expect(page.get_by_text("Autoenhance refuses the key Studio.")).to_be_visible()
        expect(page.get_by_role("link", name="12 Rosewood Ave", exact=True)).to_be_visible()
        page.get_by_role("link", name="Replace the key").click()
        expect(page.get_by_label("API key")).to_be_visible()

    def test_others_learn_whom_to_ask(self, log_in: LogIn, bob: User, orders_url: str) -> None:
        page = log_in(bob)
        page.goto(orders_url)
        expect(page.get_by_text("Only Alice can replace it.")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_from_right_to_left_nothing_sticks_out(
    log_in: LogIn, alice: User, order: Order, orders_url: str, width: int
) -> None:
    page = log_in(alice)
    page.set_viewport_size({"width": width, "height": 800})
    for address in (orders_url, "/keys/", "/settings/"):
        page.goto(address)
        page.evaluate(RIGHT_TO_LEFT)
        assert page.evaluate(OVERFLOW) <= 0
