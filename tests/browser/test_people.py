"""From an invitation to the team, by two people in two browsers; and the pages on the way, accessible and in width."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from dashboard.accounts.models import Team, User
from tests.browser.conftest import LogIn
from tests.browser.test_pages import look
from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_somebody_invited_signs_up_and_is_made_a_viewer(
    browser: Browser, base_url: str, log_in: LogIn, alice: User, bob: User, team: Team
) -> None:
    page = log_in(alice)
    page.goto("/teams/northlight/people/")
    page.get_by_label("E-mail address").fill("dora@example.com")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("status").first).to_contain_text("The invitation to dora@example.com is on its way.")
    look(page)

    link = re.search(r"/invitations/\S+/", mail.outbox[0].body)
    assert link
    context = browser.new_context(base_url=base_url)
    join(context.new_page(), link[0])
    context.close()

    page.reload()
    page.get_by_label("Role of Dora").select_option("viewer")
    page.get_by_role("button", name="Change the role of Dora").click()
    expect(page.get_by_role("status").first).to_contain_text("Dora is viewer now.")


def join(page: Page, link: str) -> None:
    page.goto(link)
    look(page)
    page.get_by_role("button", name="Sign up to join").click()
    expect(page.get_by_label("E-mail address")).to_be_disabled()
    page.get_by_label("Your name").fill("Dora")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_url(re.compile("/teams/northlight/orders/$"))


@pytest.mark.parametrize("path", ["/teams/northlight/roles/", "/teams/northlight/settings/", "/teams/new/"])
def test_the_other_pages_of_a_team(log_in: LogIn, alice: User, team: Team, path: str) -> None:
    page = log_in(alice)
    page.goto(path)
    look(page)
