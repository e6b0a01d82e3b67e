"""Pages of a search: every order once, in every sort, from places that nobody can misuse."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import Team, User
from orders.models import Order, Shown
from orders.search import search
from orders.search.places import SORTS, Place, decode, encode, place_of, valid
from tests.search.conftest import Remember

EVERY_SORT = [f"{sign}{name}" for name in SORTS for sign in ("", "-")]
DAY = datetime(2026, 3, 1, tzinfo=UTC)
PLACES = st.one_of(
    st.builds(Place, st.sampled_from(["created", "-updated"]), st.datetimes(timezones=st.just(UTC)), st.integers(1, 9)),
    st.builds(Place, st.sampled_from(["name", "-name"]), st.just(" 12 röse "), st.integers(1, 2**63 - 1)),
    st.builds(Place, st.sampled_from(["images", "-images"]), st.integers(0, 99), st.integers(1, 9)),
)


@pytest.fixture
def _ties(remember: Remember) -> None:
    """Orders of which many are alike in whatever they are sorted by."""
    for number in range(9):
        name = ["Élan", "alder", "Birch 2"][number % 3]
        remember(name, created_at=DAY + timedelta(days=number % 2), pictures=number % 4)


@pytest.mark.usefixtures("_ties")
@pytest.mark.parametrize("sort", EVERY_SORT)
def test_pages_hold_every_order_once_and_in_order(team: Team, alice: User, sort: str) -> None:
    whole = search(team, alice, "").ids(sort, None, 100)
    paged: list[int] = []
    place = None
    while (page := search(team, alice, "", sort=sort).ids(sort, place, 2)) and len(paged) < len(whole):
        paged += page
        place = decode(encode(place_of(Order.objects.get(pk=page[-1]), sort)), sort)
        assert place
    assert paged == whole
    assert len(set(whole)) == 9


@pytest.mark.usefixtures("_ties")
def test_names_sort_without_case_and_accents(team: Team, alice: User) -> None:
    orders = Order.objects.in_bulk()
    names = [orders[pk].name for pk in search(team, alice, "").ids("name", None, 100)]
    assert names == ["alder"] * 3 + ["Birch 2"] * 3 + ["Élan"] * 3


@pytest.mark.parametrize("sort", ["", "name;--", "--name", "pk", "find", "-", "NAME"])
def test_a_sort_that_there_is_not_is_newest_first(team: Team, alice: User, sort: str) -> None:
    assert valid(sort) == "-created"
    assert search(team, alice, "", sort=sort).sort == "-created"
    assert search(team, alice, "").ids(sort, None, 25) == []


@given(PLACES)
def test_a_place_comes_back_from_its_token(place: Place) -> None:
    assert decode(encode(place), place.sort) == place


@given(PLACES)
def test_a_place_of_another_sort_is_the_first_page(place: Place) -> None:
    other = "-created" if place.sort != "-created" else "name"
    assert decode(encode(place), other) is None


def token(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


MADE_UP = [
    "",
    "x",
    "%",
    "é",
    "=" * 50,
    "A" * 5000,
    "W" * 3,
    "[[" * 900,
    token(),
    token("-created"),
    token("name", 1, 1),
]
BAD_VALUES: tuple[object, ...] = ("1", None, 1.5, True, 10**30, 2**62, [], {})
MADE_UP += [token("-created", value, 1) for value in BAD_VALUES]
MADE_UP += [token("-created", 1, pk) for pk in ("1", None, 2**63, True, 1.5)]
MADE_UP += [token("name", value, 1) for value in ("\0", "\ud800", "\n", 5)]
MADE_UP += [base64.urlsafe_b64encode(b"[" * 1200).decode()]


@pytest.mark.parametrize("made_up", MADE_UP)
@pytest.mark.parametrize("sort", ["-created", "name"])
def test_a_token_that_nobody_wrote_is_the_first_page(made_up: str, sort: str) -> None:
    assert decode(made_up, sort) is None


@given(st.text(max_size=60), st.sampled_from(EVERY_SORT))
def test_any_token_is_a_place_or_the_first_page(made_up: str, sort: str) -> None:
    place = decode(made_up, sort)
    assert place is None or decode(encode(place), sort) == place


@pytest.mark.parametrize("value", [-(2**62), -62135596800000000, 253402300799999999])
def test_a_place_at_the_end_of_time_is_answered(team: Team, alice: User, value: int) -> None:
    assert search(team, alice, "").ids("-created", decode(token("-created", value, -(2**63)), "-created"), 25) == []


class CountTests:
    def test_counts_up_to_a_limit(self, team: Team, alice: User, remember: Remember) -> None:
        for number in range(3):
            remember(f"{number} Oak Road")
        assert search(team, alice, "oak").count() == (3, True)
        assert search(team, alice, "oak").count(3) == (3, True)
        assert search(team, alice, "oak").count(2) == (2, False)

    def test_counts_each_status_whatever_status_is_asked_for(self, team: Team, alice: User, remember: Remember) -> None:
        for shown in (Shown.ERROR, Shown.ERROR, Shown.READY):
            remember("Oak Road", shown=shown)
        remember("Elm Road", shown=Shown.READY)
        counts = {Shown.ERROR: 2, Shown.READY: 1}
        assert search(team, alice, "oak status:ready").status_counts() == counts
        assert search(team, alice, "").status_counts() == {Shown.ERROR: 2, Shown.READY: 2}
