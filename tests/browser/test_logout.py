"""After the logout nothing of what was seen is left in the browser (T71)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.accounts.models import User
from orders.models import Order
from tests.browser.conftest import LogIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEPT = "JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}) + document.cookie"


def test_t71_going_back_shows_the_login_and_nothing_is_stored(
    alice: User, order: Order, orders_url: str, log_in: LogIn
) -> None:
    page: Page = log_in(alice)
    page.goto(orders_url)
    page.get_by_role("searchbox").fill("rosewood")
    expect(page).to_have_url(re.compile("q=rosewood"))
    page.goto(f"/orders/{order.pk}/")
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    assert "osewood" not in page.evaluate(KEPT)
    for _ in range(3):
        page.go_back()
        assert "osewood" not in page.get_by_role("main").inner_text()
    expect(page).to_have_url(re.compile("/accounts/login/"))
