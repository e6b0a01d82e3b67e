"""/shortcuts/ and the table behind it: what each key does, and that none does anything for whoever turned keys off."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from dashboard.accounts.models import Team, User
from orders.models import ApiKey
from orders.shortcuts import SHORTCUTS, attributes, sheet, shortcuts
from tests.cast import HTMX, AsUser, mirrored

URL = "/shortcuts/"
ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


def without_single_keys(user: User) -> None:
    User.objects.filter(pk=user.pk).update(single_keys=False)


@pytest.mark.django_db
class SheetTests:
    def test_is_printed_from_the_table(self, client: Client) -> None:
        page = client.get(URL).content.decode()
        for shortcut in SHORTCUTS.values():
            assert f"<dt>{shortcut.says}</dt>" in page
        assert "<kbd>Ctrl</kbd><kbd>K</kbd>" in page
        assert "<h1>Keyboard shortcuts</h1>" in page

    def test_is_a_part_for_the_dialog(self, client: Client) -> None:
        answer = client.get(URL, headers=HTMX)
        assert b"<html" not in answer.content
        assert "HX-Request" in answer["Vary"]

    def test_every_page_leads_there(self, client: Client) -> None:
        for address in ("/keys/", "/settings/", "/accounts/email/"):
            assert f'href="{URL}" hx-get="{URL}"' in client.get(address).content.decode()

    def test_lists_what_works_for_this_person(self, client: Client, alice: User) -> None:
        without_single_keys(alice)
        page = client.get(URL).content.decode()
        assert re.findall("<kbd>(.)</kbd>", page) == ["K", "⌘", "K"]
        assert "<kbd>F2</kbd>" in page
        assert "You have turned keys of a single character off" in page


@pytest.mark.django_db
class PageTests:
    def test_elements_say_which_key_presses_them(self, client: Client, key: ApiKey) -> None:
        order = mirrored(key, "1 Elm Row")
        listed, page = (client.get(at).content.decode() for at in ("/teams/northlight/orders/", f"/orders/{order.pk}/"))
        for name in ("palette", "help", "search", "create", "next", "previous", "select", "rename"):
            assert attributes(True)[name] in listed
        for name in ("rename", "share"):
            assert attributes(True)[name] in page

    def test_none_does_once_single_keys_are_off(self, client: Client, alice: User, key: ApiKey) -> None:
        """WCAG 2.1.4; keys that type nothing stay."""
        mirrored(key, "1 Elm Row")
        without_single_keys(alice)
        page = client.get("/teams/northlight/orders/").content.decode()
        assert set(re.findall('aria-keyshortcuts="(.*?)"', page)) == {"Control+K Meta+K", "F2"}
        assert "data-next" not in page

    def test_the_setting_turns_them_off_and_on(self, client: Client, alice: User) -> None:
        for ticked in ({}, {"single_keys": "on"}):
            client.post("/settings/", {"name": "Alice", "page_size": "25", **ticked})
            alice.refresh_from_db()
            assert alice.single_keys is bool(ticked)
            assert client.get("/settings/").context["form"]["single_keys"].value() is bool(ticked)


@pytest.mark.parametrize("name", [name for name, shortcut in SHORTCUTS.items() if shortcut.attribute])
def test_each_has_something_to_press(name: str) -> None:
    assert f"{{{{ shortcuts.{name} }}}}" in TEMPLATES


def test_no_element_names_a_key_of_its_own() -> None:
    assert not re.search("aria-keyshortcuts|data-next=|data-previous=", TEMPLATES)
    assert set(re.findall(r"{{ shortcuts\.(\w+) }}", TEMPLATES)) <= set(SHORTCUTS)


def test_no_key_does_two_things_in_one_place() -> None:
    for where, _those in sheet(True):
        keys = [key for each in SHORTCUTS.values() if each.where == where for key in each.keys]
        assert len(keys) == len(set(keys))


def test_a_stranger_has_none() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert shortcuts(request) == {"shortcuts": {}}
