"""The content policy at work in a browser: what does not come from our files does not run (T61, S9).

That no page of ours is in breach of it is checked after every test of this folder, see conftest.py: a breach is a word
in the console.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from dashboard.accounts.models import User
from tests.browser.conftest import LogIn, Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

INJECT = """(tag) => {
  const made = document.createElement(tag);
  made.textContent = tag === "script" ? "window.ran = true" : "body { --ran: yes }";
  document.body.append(made);
}"""
LOADS = """(src) => new Promise((tell) => {
  Object.assign(new Image(), { src, onload: () => tell(true), onerror: () => tell(false) });
})"""
RAN = "window.ran === true || getComputedStyle(document.body).getPropertyValue('--ran') !== ''"


@pytest.mark.parametrize("tag", ["script", "style"])
def test_t61_what_is_written_into_a_page_does_not_run(alice: User, log_in: LogIn, watch: Watch, tag: str) -> None:
    page = log_in(alice)
    page.goto("/keys/")
    page.evaluate(INJECT, tag)
    assert page.evaluate(RAN) is False
    watch.forgive("Content Security Policy")


def test_t61_no_picture_that_is_not_a_file_of_ours_is_loaded(page: Page, db: None, watch: Watch) -> None:
    page.goto("/accounts/login/")
    assert page.evaluate(LOADS, "data:image/gif;base64,R0lGODlhAQABAAAAACw=") is False
    watch.forgive("Content Security Policy")
