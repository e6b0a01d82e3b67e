"""What is not confirmed yet tells by itself what became of it, on a page that asks for nothing else (C3, R4)."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, Shown, Write
from tests.browser.conftest import LogIn
from tests.cast import mirrored
from tests.upstream import Step, Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SOON = 6000  # ms: longer than the interval


def renames(page: Page, upstream: Upstream) -> None:
    """The answer of Autoenhance is lost."""
    upstream.script("PATCH", "*", Step(status=500))
    page.get_by_role("link", name="Rename 1 Elm Row", exact=True).click()
    field = page.get_by_role("textbox", name="New name for 1 Elm Row")
    field.fill("3 Elm Row")
    field.press("Enter")
    expect(page.locator(".name__note")).to_contain_text("“3 Elm Row” is not confirmed yet")


@pytest.mark.parametrize("heading", [False, True])
def test_a_rename_in_place(
    key: ApiKey, alice: User, log_in: LogIn, orders_url: str, upstream: Upstream, heading: bool
) -> None:
    """Of a finished order, in the list and on its own page."""
    order, page = mirrored(key, "1 Elm Row", shown=Shown.READY), log_in(alice)
    page.clock.install()
    page.goto(order.get_absolute_url() if heading else f"{orders_url}?q=")
    expect(page.locator("#poll")).to_have_count(0)
    renames(page, upstream)
    Write.objects.update(state=Write.State.DONE)
    Order.objects.update(name="3 Elm Row")
    page.clock.fast_forward(SOON)
    expect(page.locator(f"#order-{order.pk}-name {'h1' if heading else 'a.name__link'}")).to_have_text("3 Elm Row")
    expect(page.locator(".name__note")).to_have_count(0)
    expect(page.locator("#announce")).to_have_text("Renamed to 3 Elm Row")


def test_a_new_order(key: ApiKey, alice: User, log_in: LogIn, orders_url: str) -> None:
    """In a list without any other."""
    write, _ = Write.intend_create(key, alice, str(uuid.uuid4()), "5 Elm Row")
    other, _ = Write.intend_create(key, alice, str(uuid.uuid4()), "7 Elm Row")
    page = log_in(alice)
    page.clock.install()
    page.goto(orders_url)
    lines = page.locator("#pending")
    expect(lines).to_contain_text("Being made")
    order = mirrored(key, "5 Elm Row", order_id=write.order_id, shown=Shown.WAITING)
    Write.objects.filter(pk=write.pk).update(state=Write.State.DONE)
    page.clock.fast_forward(SOON)
    expect(lines.get_by_role("link", name="5 Elm Row")).to_have_attribute("href", order.get_absolute_url())
    expect(page.locator("#announce")).to_have_text("5 Elm Row: Waiting")
    other.refuse("The account has no credits.")
    page.clock.fast_forward(SOON)
    expect(lines).to_contain_text("The account has no credits.")
    expect(lines.get_by_role("link", name="Look again")).to_have_count(0)
