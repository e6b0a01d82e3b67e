"""Every error of a request is seen where it happened, and nothing that was typed is lost (R13, F66 to F70, X6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from dashboard.accounts.models import User
from orders.models import Order
from tests.browser.conftest import LogIn, Watch
from tests.upstream import Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOTHING, UNSURE = "Nothing was saved", "It is not known whether this was saved"
# What a person reads, and what it says of what they sent.
ANSWERS: dict[int | str, tuple[str, str]] = {
    400: ("Proofsheet does not take this", NOTHING),
    401: ("You are logged out", NOTHING),
    403: ("You may not do this any more", NOTHING),
    404: ("not here any more", NOTHING),
    413: ("too much at once", NOTHING),
    429: ("too often", NOTHING),
    500: ("answered with an error", UNSURE),
    503: ("answered with an error", UNSURE),
    "network": ("did not answer", UNSURE),
    "timeout": ("did not answer", UNSURE),
}


@dataclass
class Deed:
    """Something that a page does by a request: where it begins, how, to which address, and what was typed for it."""

    page: Callable[[Order], str]
    prepare: Callable[[Page], None]
    press: Callable[[Page], None]
    path: str
    typed: Callable[[Page], Locator] | None = None
    reads: bool = False


def open_rename(page: Page) -> None:
    page.get_by_role("link", name="Rename 12 Rosewood Ave").click()
    page.get_by_role("textbox", name="New name").fill("typed")


def search(page: Page) -> None:
    page.get_by_role("searchbox").press("Enter")


DEEDS = {
    "rename": Deed(
        lambda order: order.get_absolute_url(),
        open_rename,
        lambda page: page.get_by_role("textbox", name="New name").press("Enter"),
        r"/orders/\d+/name/",
        lambda page: page.get_by_role("textbox", name="New name"),
    ),
    "create": Deed(
        lambda order: "/teams/northlight/orders/new/",
        lambda page: page.get_by_label("Name").fill("typed"),
        lambda page: page.get_by_role("button", name="Create order").click(),
        r"/orders/new/",
        lambda page: page.get_by_label("Name"),
    ),
    "search": Deed(
        lambda order: "/teams/northlight/orders/",
        lambda page: page.evaluate("document.getElementById('q').value = 'typed'"),
        search,
        r"/orders/\?q=typed",
        lambda page: page.get_by_role("searchbox"),
        reads=True,
    ),
    "share": Deed(
        lambda order: order.get_absolute_url(),
        lambda page: None,
        lambda page: page.get_by_role("link", name="Share", exact=True).click(),
        r"/orders/\d+/links/",
        reads=True,
    ),
    "follow": Deed(
        lambda order: order.get_absolute_url(),
        lambda page: None,
        lambda page: page.get_by_role("button", name="Follow").click(),
        r"/orders/\d+/follow/",
    ),
    "refresh": Deed(
        lambda order: order.get_absolute_url(),
        lambda page: None,
        lambda page: page.get_by_role("button", name="Refresh").click(),
        r"/orders/\d+/refresh/",
    ),
}


def fail(page: Page, path: str, answer: int | str) -> None:
    """From now on the address answers like this."""

    def handle(route: Route) -> None:
        if "hx-request" not in route.request.headers:
            route.fallback()
        elif answer == "network":
            route.abort("connectionfailed")
        elif answer != "timeout":
            route.fulfill(status=int(answer), headers={"X-Request-Id": f"reference-{answer}"}, body="<b>an error</b>")

    page.route(re.compile(path), handle)


@pytest.mark.parametrize("name", DEEDS)
def test_an_error_is_seen_where_it_happened_and_what_was_typed_stays(
    order: Order, alice: User, log_in: LogIn, upstream: Upstream, watch: Watch, name: str
) -> None:
    """R13, F68 (no network), F69: every class of errors for this deed.

    After each the next try is made with what is still there.
    """
    deed, page = DEEDS[name], log_in(alice)
    page.goto(deed.page(order))
    deed.prepare(page)
    for answer, (what, saved) in ANSWERS.items():
        fail(page, deed.path, answer)
        page.evaluate(f"htmx.config.timeout = {200 if answer == 'timeout' else 60_000}")
        deed.press(page)
        error = page.get_by_text(what)
        expect(error).to_be_visible()
        expect(page.locator("[role=alert]").filter(has_text=what)).to_have_count(1)
        if answer == 401 or not deed.reads:
            expect(error).to_contain_text(saved)
        if isinstance(answer, int) and answer != 401:
            expect(error).to_contain_text(f"Reference reference-{answer}")
        if deed.typed:
            expect(deed.typed(page)).to_have_value("typed")
        page.unroute_all()
    watch.forgive("Response Status Error|status of|htmx:|ERR_")
    assert upstream.calls("POST") == upstream.calls("PATCH") == []


def test_what_failed_beside_a_pencil_has_room_elsewhere(order: Order, alice: User, log_in: LogIn, watch: Watch) -> None:
    """Nothing was typed, so nothing is said of it."""
    page = log_in(alice)
    page.goto("/teams/northlight/orders/")
    fail(page, r"/orders/\d+/name/", "network")
    page.get_by_role("link", name="Rename 12 Rosewood Ave").click()
    expect(page.locator("#toasts")).to_have_text("Proofsheet did not answer. Try again.")
    expect(page.locator(".name [data-error]:visible")).to_have_count(0)
    watch.forgive("htmx:|ERR_")


def test_what_failed_is_not_said_any_more_once_something_works(
    order: Order, alice: User, log_in: LogIn, watch: Watch
) -> None:
    page = log_in(alice)
    page.goto(order.get_absolute_url())
    fail(page, r"/orders/\d+/refresh/", "network")
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("did not answer")).to_be_visible()
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_text("did not answer")).to_be_hidden()
    watch.forgive("htmx:|ERR_")


def test_a_page_that_was_asked_for_plainly_is_an_error_page_in_our_clothes(
    order: Order, alice: User, log_in: LogIn, watch: Watch
) -> None:
    page = log_in(alice)
    page.goto("/orders/999999/")
    expect(page.get_by_role("heading", name="There is nothing here for you")).to_be_visible()
    page.get_by_role("link", name="To my orders").click()
    expect(page.get_by_role("link", name="12 Rosewood Ave", exact=True)).to_be_visible()
    watch.forgive("404")
