"""The main journey in a real browser: with scripts, without, and with the network closed to all but us."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.accounts.models import Team
from orders.models import Order
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, PASSWORD, place_upstream
from tests.upstream import Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
pytest_plugins = ["tests.jobs"]

WITHOUT_SCRIPTS = pytest.mark.browser_context_args(java_script_enabled=False)
# Nothing listens there, so the browser reaches nothing but this machine.
NO_WAY_OUT = pytest.mark.browser_context_args(proxy={"server": "http://127.0.0.1:9", "bypass": "localhost,127.0.0.1"})
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@pytest.fixture
def closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket and no name look-up of this process leads anywhere but to this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self: socket.socket, address: Any) -> None:
        assert self.family == socket.AF_UNIX or address[0] in LOOPBACK, f"connects to {address}"
        connect(self, address)

    def look_up_here(host: Any, *rest: Any, **options: Any) -> Any:
        assert host in LOOPBACK, f"looks up {host}"
        return look_up(host, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)


@pytest.fixture
def elsewhere(store: Store) -> str:
    """The id of an order that alice's account has at Autoenhance, and that we do not know yet."""
    place_upstream(store, ALICES_KEY, "3 Harbour Street")
    return place_upstream(store, ALICES_KEY, "12 Rosewood Ave")


class Journey:
    """Alice's way through the product, in steps of what she does and then sees."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def log_in(self) -> None:
        self.page.goto("/")
        self.page.get_by_label("E-mail address").fill("alice@example.com")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Log in")
        expect(self.heading("Connect your Autoenhance key")).to_be_visible()

    def add_key(self) -> None:
        self.page.get_by_role("link", name="Add a key").click()
        self.page.get_by_label("Label").fill("Studio")
        self.page.get_by_label("API key").fill(ALICES_KEY)
        self.press("Test and save")
        expect(self.page.get_by_text("Studio works. Newest order: 12 Rosewood Ave")).to_be_visible()

    def find(self, words: str, name: str) -> None:
        self.page.get_by_role("link", name="Orders", exact=True).first.click()
        self.page.get_by_role("searchbox").fill(words)
        self.page.get_by_role("searchbox").press("Enter")
        expect(self.page.locator(".pager").get_by_text("1 order", exact=True)).to_be_visible()
        expect(self.page.get_by_role("link", name=name, exact=True)).to_be_visible()

    def create(self, name: str) -> None:
        self.page.get_by_role("link", name="New order").click()
        self.page.get_by_label("Name").fill(name)
        self.press("Create order")
        expect(self.heading(name)).to_be_visible()
        expect(self.heading("Next: add pictures")).to_be_visible()

    def open(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).click()
        expect(self.heading(name)).to_be_visible()

    def rename(self, old: str, new: str) -> None:
        self.page.get_by_role("link", name=f"Rename {old}").click()
        self.page.get_by_label(f"New name for {old}").fill(new)
        self.press("Save")
        expect(self.page.get_by_role("link", name=f"Rename {new}")).to_be_visible()

    def refresh(self, status: str) -> None:
        self.press("Refresh")
        expect(self.page.get_by_label("Progress").get_by_text(status, exact=True)).to_be_visible()

    def log_out(self) -> None:
        self.page.get_by_text("my account").locator("..").click()
        self.press("Log out")
        self.page.goto("/")
        expect(self.heading("Log in")).to_be_visible()

    def heading(self, name: str) -> Any:
        return self.page.get_by_role("heading", name=name, exact=True)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def travel(
    page: Page, team: Team, upstream: Upstream, store: Store, elsewhere: str, run_jobs: Callable[[], None]
) -> Callable[[], None]:
    """The whole way, and what is true at its end."""

    def go() -> None:
        journey = Journey(page)
        journey.log_in()
        journey.add_key()
        run_jobs()
        journey.find("rosewood 12", "12 Rosewood Ave")
        journey.create("7 Mill Lane")
        journey.rename("7 Mill Lane", "8 Mill Lane")
        journey.find("mill", "8 Mill Lane")
        journey.rename("8 Mill Lane", "9 Mill Lane")
        expect(page).to_have_url(re.compile(r"\?q=mill(#|$)"))
        journey.find("rosewood", "12 Rosewood Ave")
        journey.open("12 Rosewood Ave")
        store.delete_order(store.order(elsewhere))
        journey.refresh("Deleted")
        journey.log_out()
        made = Order.objects.get(name="9 Mill Lane")
        assert store.order(made.order_id).name == "9 Mill Lane"
        assert len(upstream.calls("POST", "/v3/orders/")) == 1

    return go


def test_the_main_journey_works(travel: Callable[[], None]) -> None:
    travel()


@WITHOUT_SCRIPTS
def test_the_main_journey_works_without_scripts(travel: Callable[[], None]) -> None:
    travel()


@NO_WAY_OUT
def test_the_main_journey_works_with_the_network_closed(closed_network: None, travel: Callable[[], None]) -> None:
    with pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 443))
    travel()
