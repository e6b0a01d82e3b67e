"""Every page there is, and in whose browser: for what has to hold on all of them.

The routes of tests/access.py are walked, so that a new page is here by itself; those of allauth have to be named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData
from pytest_django import Settings

from dashboard.accounts.models import Invitation, User
from dashboard.accounts.roles import Role
from orders import tokens
from orders.models import ApiKey, Order, ShareLink, Shown, View
from tests.access import OURS, OWN_ACCOUNT, PUBLIC_ACCOUNT
from tests.cast import PASSWORD, AsUser, mirrored, person
from tests.confirmed import just_confirmed
from tests.test_access_matrix import DECLARED, address, things_of

ERRORS = ("400", "403", "403_csrf", "404", "405", "413", "429", "500", "503")
ANYBODYS = (
    "account_login",
    "account_signup",
    "account_inactive",
    "account_email_verification_sent",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
)
# Answers for scripts and files, and what only leads on.
NO_PAGES = {"mfa_login_webauthn", "mfa_download_recovery_codes"}
# Of alice, who has every second factor; and of dora, who has neither one nor a password.
WITHOUT = {"account_set_password", "mfa_activate_totp", "mfa_generate_recovery_codes"}
PICTURES: list[dict[str, Any]] = [
    {"status": status, "scene": "hall", "reason": "Too dark" * (status == "error")}
    for status in ("processed", "error", "processing", "processed", "waiting")
]


@dataclass(frozen=True)
class Place:
    """A page: its route, or the state that it is in; its address; and the browser of whoever sees it there."""

    name: str
    url: str
    browser: Client

    def html(self) -> str | None:
        """What is there; None where that is no page."""
        answer = self.browser.get(self.url)
        assert answer.status_code == 200, f"{self.name}, {self.url}: {answer.status_code} {answer.get('Location', '')}"
        is_page = answer["Content-Type"].startswith("text/html")
        return b"".join(answer).decode() if is_page else None


@pytest.fixture
def places(key: ApiKey, as_user: AsUser, settings: Settings) -> list[Place]:
    """Every page of alice's, who has a bit of everything; of guests, of somebody without an account, of developers."""
    settings.DEBUG = settings.REGISTRATION_OPEN = True
    cache.clear()  # limits are counted in it
    things = things_of(key)
    fill(key)
    mine = just_confirmed(as_user(key.user))
    theirs = [Place(name, address(name, things), mine) for name in DECLARED if OURS[name].get[0] == 200]
    guide = Place("orders:styleguide", reverse("orders:styleguide"), mine)
    every = [*theirs, guide, *states(key, things["order"], mine), *accounts(key.user, mine), *in_between(as_user)]
    assert {place.name for place in every} >= (PUBLIC_ACCOUNT | OWN_ACCOUNT) - NO_PAGES
    return every


def errors() -> dict[str, str]:
    """The pages of errors, by their name."""
    return {name: render_to_string(f"{name}.html", {"request": None}) for name in ERRORS}


def fill(key: ApiKey) -> None:
    """An order in each condition, and views of them."""
    for shown in Shown:
        for images in ([], PICTURES):
            counts = {"pictures": len(images), "ready": min(len(images), 2), "failed": min(len(images), 1)}
            mirrored(key, f"{shown} Elm Row", images=images, shown=shown, status=shown.name.lower(), **counts)
    for name, owner in (("Needs a look", None), ("My day", key.user)):
        View.objects.create(team=key.team, owner=owner, name=name, text="status:error").pin(key.user, True)


def states(key: ApiKey, order: Order, mine: Client) -> Iterator[Place]:
    """What the same address shows at other times, and to others."""
    orders = reverse("orders:list", args=[key.team.slug])
    for name, query in {"hints": "status:ready+foo:bar+by:me", "nothing": "nowhere", "similar": "elmm"}.items():
        yield Place(f"list, {name}", f"{orders}?q={query}", mine)
    for each in Order.objects.filter(team=key.team).exclude(pk=order.pk).order_by("pk"):
        yield Place(f"order, {each.shown} {each.pictures}", each.get_absolute_url(), mine)
        yield Place(f"guest, {each.shown} {each.pictures}", link(each, key.user), Client())
    sheet = Order.objects.filter(team=key.team, failed=1)[0]
    yield Place("picture, failed", reverse("orders:picture", args=[sheet.pk, 2]), mine)
    yield Place("guest, password", f"{link(order, key.user, 'sesame')}unlock/", Client())
    yield Place("guest, status", link(order, key.user, reveals="status"), Client())
    _, token = Invitation.objects.invite(key.team, key.user, "emil@example.com", Role.MEMBER)
    yield Place("people:invitation", reverse("people:invitation", args=[token]), Client())


def link(order: Order, user: User, password: str = "", **settings: Any) -> str:
    """The address of a new share link."""
    token = tokens.issue()
    ShareLink.make(token, order, user, password, label="Client", **settings)
    return reverse("orders:guest", args=[token])


def accounts(alice: User, mine: Client) -> Iterator[Place]:
    """allauth's pages that anybody can open, and alice's own."""
    TOTP.activate(alice, generate_totp_secret())
    RecoveryCodes.activate(alice)
    passkey = {"pk": add_passkey(alice).pk}
    yield from (Place(name, reverse(name), Client()) for name in ANYBODYS)
    confirmation = EmailConfirmationHMAC(EmailAddress.objects.create(user=person("Fay"), email="other@example.com"))
    yield Place("account_confirm_email", reverse("account_confirm_email", args=[confirmation.key]), Client())
    for name in [*sorted(OWN_ACCOUNT - WITHOUT - NO_PAGES), "account_logout"]:
        arguments = passkey if name in {"mfa_edit_webauthn", "mfa_remove_webauthn"} else {}
        yield Place(name, reverse(name, kwargs=arguments), mine)


def add_passkey(user: User) -> Authenticator:
    """One that nobody holds."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    kept = AttestedCredentialData.create(Aaguid.NONE, b"0123456789abcdef", public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    attested = AttestationObject.create("none", AuthenticatorData.create(bytes(32), flags, 0, kept), {})
    said = b'{"type":"webauthn.create","challenge":"","origin":"http://localhost"}'
    response = {"clientDataJSON": websafe_encode(said), "attestationObject": websafe_encode(attested)}
    credential = {"id": websafe_encode(kept.credential_id), "type": "public-key", "response": response}
    data = {"name": "Phone", "credential": credential | {"rawId": credential["id"]}}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)


def in_between(as_user: AsUser) -> Iterator[Place]:
    """The pages of somebody who is half way in; and of dora, who has no second factor and no password."""
    half_way, by_code, forgetful = Client(), Client(), Client()
    half_way.post(reverse("account_login"), {"login": "alice@example.com", "password": PASSWORD})
    yield Place("mfa_authenticate", reverse("mfa_authenticate"), half_way)
    dora = person("Dora")
    by_code.post(reverse("account_request_login_code"), {"email": dora.email})
    yield Place("account_confirm_login_code", reverse("account_confirm_login_code"), by_code)
    forgetful.post(reverse("account_reset_password"), {"email": dora.email})
    found = re.search(r"/accounts/password/reset/key/\S+/", str(mail.outbox[-1].body))
    assert found
    yield Place("account_reset_password_from_key", forgetful.get(found[0])["Location"], forgetful)
    dora.set_unusable_password()
    dora.save()
    browser = just_confirmed(as_user(dora))
    yield from (Place(name, reverse(name), browser) for name in sorted(WITHOUT))
