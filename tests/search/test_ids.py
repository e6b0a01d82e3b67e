"""An order's id in the search box goes to the order, if it is this team's."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import Team, User
from orders.search import search
from orders.search.ids import pasted_id
from tests.search.conftest import Remember

ID = "0b8f6c1e-4f5d-4c39-9a31-1f3a0c7f2d11"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"  {ID} ",
        ID.upper(),
        f"https://app.autoenhance.ai/orders/{ID}",
        f"https://api.autoenhance.ai/v3/orders/{ID}/?x=1",
    ],
)
def test_goes_to_the_order(team: Team, alice: User, remember: Remember, text: str) -> None:
    order = remember("Oak Road", order_id=ID)
    found = search(team, alice, text)
    assert (found.jump, found.unknown_id) == (order, "")


def test_goes_to_a_deleted_order(team: Team, alice: User, remember: Remember) -> None:
    assert search(team, alice, remember("Oak Road", deleted=True).order_id).jump


def test_goes_to_an_order_whose_id_is_no_uuid(team: Team, alice: User, remember: Remember) -> None:
    order = remember("Oak Road", order_id="2026-studio_Shoot-7")
    assert search(team, alice, "2026-studio_Shoot-7").jump == order


@pytest.mark.parametrize("text", [ID, f"https://app.autoenhance.ai/orders/{ID}"])
def test_an_order_of_another_team_is_as_unknown_as_none(
    team: Team, alice: User, charlie: User, remember: Remember, text: str
) -> None:
    remember("Oak Road", order_id=ID)
    theirs = search(Team.objects.of(charlie).get(), charlie, text)
    assert (theirs.jump, theirs.unknown_id) == (None, ID)
    assert theirs.ids("-created", None, 25) == []


@pytest.mark.parametrize(
    "text", ["rosewood", "12", "IMG_20260131_0012", "12 Rosewood Avenue", "https://example.com/orders/1"]
)
def test_ordinary_text_is_no_unknown_id(team: Team, alice: User, text: str) -> None:
    found = search(team, alice, text)
    assert (found.jump, found.unknown_id) == (None, "")


def test_the_configured_service_is_autoenhance_too() -> None:
    assert pasted_id("http://127.0.0.1:9/v3/orders/abc", "127.0.0.1") == "abc"
    assert pasted_id("http://127.0.0.1:9/v3/orders/abc") == ""


@pytest.mark.parametrize(
    "text",
    [
        f"https://autoenhance.ai.example.com/orders/{ID}",
        f"https://notautoenhance.ai/orders/{ID}",
        f"ftp://app.autoenhance.ai/orders/{ID}",
        "https://app.autoenhance.ai/orders/",
        "https://app.autoenhance.ai/orders/..%2f..",
        "https://app.autoenhance.ai/images/1",
        "https://[app.autoenhance.ai/orders/1",
    ],
)
def test_no_other_address_has_an_id(text: str) -> None:
    assert pasted_id(text) == ""


@given(st.text(max_size=100))
def test_any_text_is_read(text: str) -> None:
    assert pasted_id(text, "127.0.0.1") in (text, "")


def test_ordinary_text_is_not_looked_up(team: Team, alice: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(team, alice, "12 rosewood ave")
    assert len(queries) == 0


def test_an_unknown_id_has_no_second_pass(team: Team, alice: User) -> None:
    found = search(team, alice, str(uuid.uuid4()))
    with CaptureQueriesContext(connection) as queries:
        assert found.ids("-created", None, 25) == []
    assert len(queries) == 1
