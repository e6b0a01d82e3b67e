"""A new order in a real browser: one, whatever is pressed how often (C2, F57, F58)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from dashboard.accounts.models import User
from orders.models import ApiKey, Order
from tests.browser.conftest import LogIn, Watch
from tests.upstream import Step, Upstream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAME = "7 Mill Lane"
HERE = "/v3/orders/"
# Where both end. Chromium itself lets only one of two submissions out, so these are not.
SEND_TWICE = """() => {
    const form = document.querySelector("main form");
    const send = async () => (await fetch(form.action, {method: "POST", body: new FormData(form)})).url;
    return Promise.all([send(), send()]);
}"""


@pytest.fixture
def form(alice: User, key: ApiKey, log_in: LogIn, orders_url: str) -> Page:
    """The form of a new order, filled in."""
    page = log_in(alice)
    page.goto(f"{orders_url}new/")
    page.get_by_label("Name").fill(NAME)
    return page


def create(page: Page) -> None:
    page.get_by_role("button", name="Create order").click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()


def test_a_double_click_makes_one_order(form: Page, upstream: Upstream) -> None:
    form.get_by_role("button", name="Create order").dblclick()
    expect(form.get_by_role("heading", name=NAME)).to_be_visible()
    assert len(upstream.calls("POST", HERE)) == 1
    assert Order.objects.get().name == NAME


def test_a_form_that_is_sent_twice_at_once_leads_to_one_order(form: Page, upstream: Upstream) -> None:
    upstream.script("POST", HERE, Step(process=True, delay=0.3))
    first, second = form.evaluate(SEND_TWICE)
    assert first == second == form.url.partition("/teams/")[0] + Order.objects.get().get_absolute_url()
    assert len(upstream.calls("POST", HERE)) == 1


def test_a_reload_of_the_result_makes_no_other(form: Page, upstream: Upstream) -> None:
    create(form)
    form.reload()
    expect(form.get_by_role("heading", name=NAME)).to_be_visible()
    assert len(upstream.calls("POST", HERE)) == 1


def test_going_back_gives_an_empty_form_instead_of_the_one_that_was_sent(form: Page) -> None:
    sent = form.locator("[name=order_id]").input_value()
    create(form)
    form.go_back()
    expect(form.get_by_label("Name")).to_have_value("")
    assert form.locator("[name=order_id]").input_value() != sent


def test_a_retry_after_a_lost_answer_makes_no_other(form: Page, upstream: Upstream, watch: Watch) -> None:
    lose_the_answer(form, upstream)
    with form.expect_response(lambda response: response.request.method == "POST"):
        form.get_by_role("button", name="Create order").click()
    expect(form.get_by_text("Not confirmed yet.")).to_be_visible()
    assert len(watch.sent("POST")) == 2
    assert len(upstream.calls("POST", HERE)) == 1


def test_a_reload_after_a_lost_answer_sends_nothing_again(form: Page, upstream: Upstream, watch: Watch) -> None:
    lose_the_answer(form, upstream)
    form.reload()
    expect(form.get_by_label("Name")).to_have_value("")
    assert len(watch.sent("POST")) == 1
    assert len(upstream.calls("POST", HERE)) == 1


def lose_the_answer(form: Page, upstream: Upstream) -> None:
    """Create the order, which Autoenhance does without being able to say so."""
    upstream.script("POST", HERE, Step(process=True, reset="before"))
    form.get_by_role("button", name="Create order").click()
    expect(form.get_by_text("Not confirmed yet.")).to_be_visible()
    expect(form.get_by_label("Name")).to_have_value(NAME)
