"""/settings/theme/: light, dark or the system's, decided in the first byte of every page."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from tests.cast import HTMX, AsUser
from tests.guests import Shared

URL = "/settings/theme/"
HERE = "/teams/northlight/orders/?q=elm"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


class ThemeTests:
    @pytest.mark.parametrize("chosen", ["light", "dark"])
    def test_is_in_the_first_bytes_of_the_next_page(self, client: Client, chosen: str) -> None:
        answer = client.post(URL, {"theme": chosen}, headers={"Referer": f"http://testserver{HERE}"})
        assert (answer.status_code, answer["Location"]) == (302, f"http://testserver{HERE}")
        page = client.get(HERE).content.decode()
        assert f'data-theme="{chosen}"' in page[:400]
        assert f'<meta name="color-scheme" content="{chosen}">' in page
        assert page.count('<meta name="theme-color"') == 1
        assert f'value="{chosen}" aria-pressed="true"' in page
        assert page.count('name="theme" value=') == 3

    def test_is_the_systems_until_somebody_chooses_and_when_they_choose_that(self, client: Client) -> None:
        before = client.get(HERE).content.decode()
        client.post(URL, {"theme": "dark"})
        client.post(URL, {"theme": "system"})
        for page in (before, client.get(HERE).content.decode()):
            assert "data-theme" not in page
            assert '<meta name="color-scheme" content="light dark">' in page
            assert page.count('<meta name="theme-color"') == 2
            assert 'value="system" aria-pressed="true"' in page

    def test_keeps_it_for_a_year_out_of_reach_of_scripts_and_other_sites(
        self, client: Client, settings: Settings
    ) -> None:
        for https in (False, True):
            settings.HTTPS = https
            cookie = client.post(URL, {"theme": "dark"}).cookies["theme"]
            assert (cookie["max-age"], cookie["samesite"], cookie["path"]) == (31_536_000, "Lax", "/")
            assert (bool(cookie["httponly"]), bool(cookie["secure"])) == (True, https)

    def test_lets_htmx_load_the_page_again_as_it_is_now(self, client: Client) -> None:
        answer = client.post(URL, {"theme": "dark"}, headers=HTMX)
        assert (answer.status_code, answer["HX-Refresh"], answer.cookies["theme"].value) == (200, "true", "dark")

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "x"])
    def test_never_leads_elsewhere(self, client: Client, elsewhere: str) -> None:
        """T56"""
        assert client.post(URL, {"theme": "dark"}, headers={"Referer": elsewhere})["Location"] == "/"

    @pytest.mark.parametrize("wrong", ["", "sepia", "dark\r\nX: y", "LIGHT"])
    def test_keeps_nothing_that_no_button_sends(self, client: Client, wrong: str) -> None:
        answer = client.post(URL, {"theme": wrong})
        assert answer.status_code == 400
        assert "theme" not in answer.cookies

    def test_a_cookie_that_we_did_not_make_is_no_theme(self, client: Client) -> None:
        client.cookies["theme"] = '"><script>'
        page = client.get(HERE).content.decode()
        assert "data-theme" not in page
        assert '"><script>' not in page


def test_login_and_guests_go_by_their_system(shared: Shared) -> None:
    for path in ("/accounts/login/", shared.url):
        page = Client().get(path).content.decode()
        assert '<meta name="color-scheme" content="light dark">' in page
        assert "data-theme" not in page
