"""Passkeys, with an authenticator that is software: made, used to log in and to confirm, cancelled (T50, T53)."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.accounts.models import User
from tests.browser.conftest import LogIn
from tests.browser.test_pages import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}


@pytest.fixture
def phone(context: BrowserContext, page: Page) -> str:
    """A phone that holds passkeys and always knows its owner; its id."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {**KEY, "isUserVerified": True, "automaticPresenceSimulation": True}
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return str(made["authenticatorId"])


@pytest.fixture
def keeper(phone: str, alice: User, log_in: LogIn) -> Page:
    """The page of alice, who has just added a passkey."""
    page = log_in(alice)
    page.goto("/accounts/2fa/webauthn/add/")
    look(page)
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Add").click()
    expect(page).to_have_url(re.compile("/accounts/2fa/recovery-codes/$"))
    return page


class PasskeyTests:
    def test_is_added_listed_and_comes_with_recovery_codes(self, keeper: Page, alice: User) -> None:
        keeper.goto("/accounts/2fa/webauthn/")
        expect(keeper.get_by_text("Opens the account alone")).to_be_visible()
        look(keeper)
        kinds = set(Authenticator.objects.filter(user=alice).values_list("type", flat=True))
        assert kinds == {"webauthn", "recovery_codes"}

    def test_opens_the_account_without_a_password(self, keeper: Page, context: BrowserContext) -> None:
        context.clear_cookies()
        keeper.goto("/accounts/login/")
        keeper.get_by_role("button", name="Log in with a passkey").click()
        expect(keeper.locator(".rail__foot")).to_contain_text("Alice")

    def test_confirms_who_one_is(self, keeper: Page) -> None:
        keeper.goto("/accounts/reauthenticate/?next=/keys/")
        keeper.get_by_role("link", name=re.compile("security key", re.IGNORECASE)).click()
        look(keeper)
        keeper.get_by_role("button", name="Use a passkey").click()
        expect(keeper).to_have_url(re.compile("/keys/$"))

    def test_none_on_this_device_is_said_on_the_page(self, phone: str, page: Page, db: None) -> None:
        page.goto("/accounts/login/")
        page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no such key')) }")
        page.get_by_role("button", name="Log in with a passkey").click()
        expect(page.get_by_role("alert")).to_contain_text("That did not work")
