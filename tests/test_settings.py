"""/settings/: my name, the length of my lists, and the way to the rest of my account."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.forms import SettingsForm
from dashboard.accounts.models import Team, User
from tests.cast import AsUser

URL = "/settings/"


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.mark.django_db
class SettingsTests:
    def test_saves_what_teammates_see_and_the_length_of_lists(self, client: Client, alice: User) -> None:
        answer = client.post(URL, {"name": " Alice Ames ", "page_size": "50"})
        assert (answer.status_code, answer["Location"]) == (302, URL)
        alice.refresh_from_db()
        assert (alice.name, alice.page_size) == ("Alice Ames", 50)
        assert "Your settings are saved" in client.get(URL).content.decode()

    def test_begins_with_what_is_so(self, client: Client, alice: User) -> None:
        form = client.get(URL).context["form"]
        assert (form["name"].value(), form["page_size"].value()) == ("Alice", 25)

    @pytest.mark.parametrize("wrong", [{"name": " "}, {"name": "x" * 151}, {"name": "a\0b"}, {"page_size": "26"}, {}])
    def test_keeps_what_was_typed_and_saves_nothing_of_what_cannot_be(
        self, client: Client, alice: User, wrong: dict[str, str]
    ) -> None:
        answer = client.post(URL, {"name": "Anna", "page_size": "50", **wrong} if wrong else {})
        assert answer.status_code == 422
        assert answer.context["user"].name == "Alice"
        alice.refresh_from_db()
        assert (alice.name, alice.page_size) == ("Alice", 25)

    def test_changes_nobody_and_nothing_else(self, client: Client, alice: User, bob: User) -> None:
        smuggled = {"email": "x@example.com", "is_active": "", "id": bob.pk, "user": bob.pk, "password": "x"}
        client.post(URL, {"name": "Anna", "page_size": "50", **smuggled})
        before = (alice.email, alice.password)
        alice.refresh_from_db()
        bob.refresh_from_db()
        assert (alice.email, alice.password, alice.is_active, bob.name) == (*before, True, "Bob")

    def test_leads_to_everything_about_my_account(self, client: Client, alice: User) -> None:
        page = client.get(URL).content.decode()
        leave = f"/teams/northlight/people/{alice.pk}/leave/"
        account = ("/accounts/email/", "/accounts/password/change/", "/accounts/2fa/")
        for address in (*account, "/teams/new/", "/teams/northlight/people/", leave, "/settings/delete/"):
            assert f'href="{address}"' in page
            assert client.get(address).status_code in (200, 302)

    def test_is_in_the_menu_of_every_page(self, client: Client) -> None:
        assert f'href="{URL}"' in client.get("/teams/northlight/orders/").content.decode()


@given(name=st.text(), size=st.text())
def test_any_text_is_taken_or_refused(name: str, size: str) -> None:
    form = SettingsForm(User(name="Alice"), {"name": name, "page_size": size})
    if form.is_valid():
        assert 0 < len(form.cleaned_data["name"]) <= 150
        assert form.cleaned_data["page_size"] in (25, 50, 100)
