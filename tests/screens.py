"""`make screens`: every page and state, in both themes and at both widths, as pictures to look at. Asserts nothing.

Run by name, so that an ordinary run leaves it out. The pictures are called PAGE-THEME-WIDTH.png.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page
from pytest_django import Settings

from dashboard.accounts.models import Invitation, Team, User
from dashboard.accounts.roles import Role
from orders import strips, sync, tokens
from orders.models import ApiKey, Order, ShareLink, View
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.browser.conftest import LogIn
from tests.cast import ALICES_KEY, CHARLIES_KEY

pytest_plugins = ["tests.browser.conftest"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLDER = Path(os.environ.get("SCREENS") or Path(configured.BASE_DIR) / ".screens")
WIDTHS = {1280: 860, 360: 740}
THEMES = ("light", "dark")
ERRORS = ("400", "403", "403_csrf", "404", "500", "503")

Photograph = Callable[..., None]
Deed = Callable[[Page], object]


@pytest.fixture
def photograph(page: Page) -> Photograph:
    """photograph(name, path=..., deed, deed, ...): what is there after these deeds, four times."""

    def take(name: str, path: str = "", *deeds: Deed) -> None:
        page.set_viewport_size({"width": 1280, "height": 860})
        if path:
            page.goto(path)
        for deed in deeds:
            deed(page)
        page.wait_for_load_state("networkidle")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                page.screenshot(path=FOLDER / f"{name}-{theme}-{width}.png", full_page=True)

    return take


@pytest.fixture(autouse=True)
def watch() -> None:
    """Nobody minds here what a page complains about."""


@pytest.fixture
def studio(alice: User, bob: User, vera: User, key: ApiKey, store: Store) -> Team:
    """Northlight at work: sixty orders with their strips, views, links, an invitation, and a key that is refused."""
    seed(store, ALICES_KEY, count=60)
    sync.import_orders(key)
    for order in Order.objects.newest_first()[:25]:
        strips.make(order)
    for name, owner in (("Needs a look", None), ("In the works", None), ("My day", alice)):
        View.objects.create(team=key.team, owner=owner, name=name, text="status:error").pin(alice, True)
    Invitation.objects.invite(key.team, alice, "dora@example.com", Role.MEMBER)
    return key.team


@pytest.fixture
def mine(studio: Team, alice: User, log_in: LogIn) -> str:
    """Alice is logged in; the address of her list."""
    alice.last_team = studio
    alice.save()
    log_in(alice)
    return f"/teams/{studio.slug}/"


def press(name: str, role: str = "button") -> Deed:
    return lambda page: page.get_by_role(role, name=re.compile(name)).first.click()  # type: ignore[arg-type]


def settle(page: Page) -> None:
    """What moves has come to rest."""
    page.wait_for_timeout(600)


def test_before_the_login(db: None, photograph: Photograph, settings: Settings) -> None:
    photograph("login", "/accounts/login/")
    photograph("login-empty", "", press("^Log in"))
    photograph("password-reset", "/accounts/password/reset/")
    photograph("signup-closed", "/accounts/signup/")
    settings.REGISTRATION_OPEN = True
    photograph("signup", "/accounts/signup/")


def test_nothing_yet(alice: User, team: Team, log_in: LogIn, photograph: Photograph) -> None:
    log_in(alice)
    for part in ("orders", "links", "activity", "people", "views"):
        photograph(f"empty-{part}", f"/teams/{team.slug}/{part}/")
    photograph("empty-keys", "/keys/")


def test_the_list(mine: str, photograph: Photograph) -> None:
    here = f"{mine}orders/"
    photograph("list", here, settle)
    photograph("list-menu", "", lambda page: page.locator(".rail__foot summary").click())
    photograph("list-help", here, lambda page: page.locator(".help summary").click())
    photograph("list-filtered", f"{here}?q=status:ready+foo:bar+by:me&sort=name")
    photograph("list-nothing", f"{here}?q=nowhere")
    photograph("list-similar", f"{here}?q=rosewod")
    photograph(
        "list-selected", here, *(lambda page, n=n: page.locator(".list__row input").nth(n).check() for n in (0, 2))
    )
    photograph("list-editing", here, press("^Rename", "link"))
    photograph(
        "list-refused", "", lambda page: page.locator(".name__form [name=name]").fill("x" * 256), press("^Save"), settle
    )
    photograph("palette", here, lambda page: page.keyboard.press("Control+k"), settle)
    photograph("shortcuts", here, lambda page: page.keyboard.press("?"), settle)


def test_an_order(mine: str, photograph: Photograph) -> None:
    for name, order in orders().items():
        photograph(f"order-{name}", order.get_absolute_url(), settle)
    page = orders()["failed"].get_absolute_url()
    photograph("order-renaming", page, press("^Rename", "link"))
    photograph("order-rename-page", f"{page}name/")
    photograph("share", page, press("^Share", "link"), settle)
    photograph("share-made", "", lambda page: page.keyboard.press("Enter"), settle)
    photograph("share-page", f"{page}links/")
    photograph("order-print", page, settle, lambda page: page.emulate_media(media="print"))


def orders() -> dict[str, Order]:
    """An order of each kind that looks different."""
    every = Order.objects.newest_first()
    return {
        "ready": every.filter(shown=4, failed=0, pictures__gt=5)[0],
        "failed": every.filter(failed__gt=0)[0],
        "working": every.filter(shown=3)[0],
        "waiting": every.filter(pictures=0, shown=1)[0],
    }


def test_the_other_pages_of_a_team(mine: str, studio: Team, alice: User, photograph: Photograph) -> None:
    share(orders()["ready"], alice, "Rosewood client")
    share(orders()["failed"], alice, "Agency", password="secret", expires_at=timezone.now() + timedelta(hours=5))
    for part in ("orders/new", "orders/sync", "links", "activity", "people", "roles", "settings", "delete", "views"):
        photograph(part.replace("/", "-"), f"{mine}{part}/")
    photograph("new-refused", f"{mine}orders/new/", press("^Create"))
    photograph(
        "names", f"{mine}orders/", lambda page: page.locator(".list__row input").first.check(), press("^Rename$")
    )
    photograph("view-name", f"/views/{View.objects.all()[0].pk}/name/")
    photograph("link", f"/links/{ShareLink.objects.all()[0].pk}/")
    photograph("leave", f"{mine}people/{alice.pk}/leave/")
    photograph("team-new", "/teams/new/")


def test_my_account(mine: str, key: ApiKey, make_key: Callable[..., ApiKey], photograph: Photograph) -> None:
    make_key(key.user, key.team, CHARLIES_KEY, label="Refused").refuse()
    photograph("keys", "/keys/")
    photograph("key-replace", f"/keys/{key.pk}/replace/")
    photograph("key-delete", f"/keys/{key.pk}/delete/")
    photograph("key-webhook", f"/keys/{key.pk}/webhook/")
    for path in (
        "settings/",
        "settings/delete/",
        "accounts/email/",
        "accounts/password/change/",
        "accounts/2fa/",
        "accounts/logout/",
    ):
        photograph(path.strip("/").replace("/", "-"), f"/{path}")
    photograph("second-factor", "/accounts/2fa/totp/activate/")


def test_a_viewer(studio: Team, vera: User, log_in: LogIn, photograph: Photograph) -> None:
    log_in(vera)
    photograph("viewer-list", f"/teams/{studio.slug}/orders/", settle)
    photograph("viewer-order", orders()["ready"].get_absolute_url(), settle)
    photograph("viewer-refused", f"/teams/{studio.slug}/orders/new/")


def test_a_guest(studio: Team, alice: User, photograph: Photograph) -> None:
    for name, order in orders().items():
        photograph(f"guest-{name}", f"/s/{share(order, alice)}/", settle)
    photograph("guest-status", f"/s/{share(orders()['ready'], alice, reveals='status')}/")
    photograph("guest-password", f"/s/{share(orders()['ready'], alice, password='secret')}/")
    photograph("guest-ended", f"/s/{tokens.issue()}/")


def share(order: Order, user: User, label: str = "Client", password: str = "", **fields: object) -> str:
    """A link; its token."""
    token = tokens.issue()
    ShareLink.make(token, order, user, password, label=label, **fields)
    return token


def test_errors(photograph: Photograph, context: BrowserContext, base_url: str) -> None:
    for code in ERRORS:
        body = render_to_string(f"{code}.html", {"request": None})
        context.route(f"**/{code}", lambda route, _, body=body: route.fulfill(body=body, content_type="text/html"))
        photograph(f"error-{code}", f"/{code}")


def test_the_style_guide(mine: str, photograph: Photograph, settings: Settings) -> None:
    settings.DEBUG = True
    photograph("styleguide", "/styleguide/")
