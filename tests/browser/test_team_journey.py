"""Two people and a guest, each in a clean browser of their own: from an invitation to a link that is over (issue 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from dashboard.accounts.models import User
from orders.models import Event, LinkDay, Order
from tests.browser.conftest import LogIn, Watch
from tests.cast import ALICES_KEY, PASSWORD
from tests.upstream import Upstream
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OLD, NEW = "12 Rosewood Ave", "14 Rosewood Ave"
Come = Callable[[], Page]


@pytest.fixture
def come(browser: Browser, base_url: str) -> Iterator[Come]:
    """Somebody else, in a browser that has never been here; what it may complain about is the end of a link."""
    with ExitStack() as leaving:

        def enter() -> Page:
            context = browser.new_context(base_url=base_url)
            watches.append(Watch(context, base_url))
            leaving.callback(context.close)
            return context.new_page()

        watches: list[Watch] = []
        yield enter
        assert [text for watch in watches for text in watch.complaints if "404" not in text] == []
        assert [url for watch in watches for url in watch.strangers()] == []


def test_a_team_shares_an_order_with_a_guest_and_ends_it(
    order: Order, alice: User, log_in: LogIn, come: Come, upstream: Upstream
) -> None:
    ana, ben, guest = log_in(alice), come(), come()
    join(ben, invited(ana))
    open_the_key(ana)
    rename(ben)
    assert [call.headers["x-api-key"] for call in upstream.calls("PATCH")] == [ALICES_KEY]
    assert ALICES_KEY[-4:] not in ben.content()

    guest.clock.install()
    guest.goto(shared(ben))
    expect(guest.get_by_role("heading", name=NEW)).to_be_visible()
    wait_until(LinkDay.objects.exists)

    revoke(ana)
    guest.clock.fast_forward("02:00")
    expect(guest.get_by_role("heading", name="This link opens nothing")).to_be_visible()
    assert "Rosewood" not in guest.content()
    assert list(Event.objects.filter(order_id=order.pk).order_by("pk").values_list("kind", "actor", "through")) == [
        ("renamed", "Ben", "Alice: Studio"),
        ("link_made", "Ben", ""),
        ("link_opened", "", ""),
        ("link_revoked", "Alice", ""),
    ]


def invited(ana: Page) -> str:
    """The address in the mail that Ben gets."""
    ana.goto("/teams/northlight/people/")
    ana.get_by_label("E-mail address").fill("ben@example.com")
    ana.get_by_role("button", name="Send invitation").click()
    expect(ana.get_by_role("status").first).to_contain_text("The invitation to ben@example.com is on its way.")
    (sent,) = mail.outbox
    assert sent.to == ["ben@example.com"]
    link = re.search(r"/invitations/\S+/", str(sent.body))
    assert link
    return link[0]


def join(ben: Page, link: str) -> None:
    ben.goto(link)
    ben.get_by_role("button", name="Sign up to join").click()
    ben.get_by_label("Your name").fill("Ben")
    ben.get_by_label("Password").fill(PASSWORD)
    ben.get_by_role("button", name="Sign up").click()
    ben.get_by_role("link", name=OLD, exact=True).click()
    expect(ben.locator(".notice", has_text="Alice")).to_be_visible()
    expect(ben.get_by_role("link", name=f"Rename {OLD}")).to_have_count(0)


def open_the_key(ana: Page) -> None:
    """To her teammates."""
    ana.goto("/keys/")
    ana.get_by_role("switch").click()
    expect(ana.get_by_role("switch")).to_have_attribute("aria-checked", "true")


def rename(ben: Page) -> None:
    ben.reload()
    ben.get_by_role("link", name=f"Rename {OLD}", exact=True).click()
    field = ben.get_by_role("textbox", name=f"New name for {OLD}")
    field.fill(NEW)
    field.press("Enter")
    expect(ben.get_by_role("heading", name=NEW)).to_be_visible()


def shared(ben: Page) -> str:
    """The address of the link that Ben makes."""
    ben.get_by_role("link", name="Share", exact=True).click()
    ben.get_by_role("button", name="Make a link").click()
    return ben.locator("#made-address").inner_text()


def revoke(ana: Page) -> None:
    """Among all links of the team."""
    ana.goto("/teams/northlight/links/")
    ana.get_by_role("button", name="Revoke Link 1").click()
    expect(ana.get_by_text("Link 1 is revoked.")).to_be_visible()
