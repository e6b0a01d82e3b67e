"""Bad input is answered like any other, in bounded time (the issue's "Bad input", S7)."""

from __future__ import annotations

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.accounts.models import Team, User
from orders.search import search
from orders.search.places import SORTS
from tests.search.conftest import Remember

# A page, a count, counts of each status, and what the second pass costs.
MOST_QUERIES = 40
PIECES = [*"\"'%_\\&!|()*:-<>=.,;#\0\t", "status:", "name:", "by:", "key:", "id:", "created:", "images:", "is:"]
PIECES += ["..", "7d", "rosewood", "rosewod", "12", "0b8f6c1e", "é", "\ud800", "--", "error", "2026-02-30"]
PIECES += ["99999999999999999999", "'' or 1=1"]
ANY_TEXT = st.one_of(
    st.text(st.characters(), max_size=200), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
)

BAD = ["\0", "foo & !", '"', '"""', "created:banana", "sort=name;--", "%_\\" * 60, "x" * 100_000, "a " * 50_000]
BAD += ['"' * 100_000, "status:" * 10_000, "-" * 5000, "(" * 5000, "١٢", "\u202e12", "🏠" * 300, "a/b" * 5000]
BAD += ["9" * 300]


@pytest.fixture(autouse=True)
def _orders(remember: Remember) -> None:
    remember("12 Rosewood Ave")


def answer(team: Team, user: User, text: str, sort: str = "-created") -> None:
    """Everything that a page asks of a search."""
    found = search(team, user, text, sort=sort)
    found.ids(sort, None, 25)
    number, exact = found.count()
    assert number <= 1
    assert exact
    assert all(isinstance(hint, str) and hint for hint in found.hints)
    assert found.status_counts() is not None
    assert found.similar is not None
    assert found.chips is not None
    assert "".join(piece for piece, _ in found.marks("12 Rosewood Ave")) == "12 Rosewood Ave"


@pytest.mark.parametrize("text", BAD)
def test_answers_bad_input_in_bounded_time_and_queries(team: Team, alice: User, text: str) -> None:
    began = time.monotonic()
    with CaptureQueriesContext(connection) as queries:
        answer(team, alice, text)
    assert len(queries) <= MOST_QUERIES
    assert time.monotonic() - began < 2


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.one_of(st.text(st.characters(), max_size=200), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
)
def test_answers_whatever_is_typed(team: Team, alice: User, text: str) -> None:
    answer(team, alice, text)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), sort=st.sampled_from([*SORTS, "-name", "x"]))
def test_answers_in_every_sort(team: Team, alice: User, text: str, sort: str) -> None:
    answer(team, alice, text, sort)
