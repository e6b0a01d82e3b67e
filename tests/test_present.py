"""Times and rows in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import Team
from orders.models import Order
from orders.views.lists import _address, _place
from orders.views.present import ago, day_name, moment, rows

TEAM = Team(name="Northlight", slug="northlight", time_zone="Pacific/Auckland")
NOON = datetime(2026, 6, 30, 12, 0, 5, tzinfo=UTC)


def test_a_moment_is_in_the_zone_of_the_team() -> None:
    at = moment(NOON, TEAM, NOON + timedelta(seconds=14))
    assert at.iso == "2026-07-01T00:00:05+12:00"
    assert at.exact == "1 Jul 2026, 00:00 NZST"
    assert (at.short, at.ago) == ("00:00", "14 s ago")


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=59.9), "59 s ago"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=400), "400 days ago"),
    ],
)
def test_an_age_is_in_the_largest_unit_that_fits(age: timedelta, words: str) -> None:
    assert ago(age) == words


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 11, 21), "Today"),
        (date(2026, 11, 20), "Yesterday"),
        (date(2026, 11, 18), "Wednesday 18 November"),
        (date(2025, 11, 18), "Tuesday 18 November 2025"),
    ],
)
def test_names_a_day(day: date, name: str) -> None:
    assert day_name(day, date(2026, 11, 21)) == name


def test_each_day_of_the_team_has_one_heading() -> None:
    ages = (0, 1, 13, 14)  # hours before noon UTC, which is midnight in Auckland
    orders = [Order(pk=hours + 1, created_at=NOON - timedelta(hours=hours)) for hours in ages]
    days = [row.day for row in rows(orders, TEAM, "/", can_rename=False)]
    assert [bool(day) for day in days] == [True, True, False, False]


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, 10**18 - 1))
def test_the_place_after_an_order_is_exact_in_every_year(created_at: datetime, pk: int) -> None:
    after = _address("", Order(pk=pk, created_at=created_at)).removeprefix("?after=")
    assert _place(after) == (created_at, pk)


@given(st.text())
def test_a_place_that_nobody_wrote_is_the_beginning_or_a_place(after: str) -> None:
    assert _place(after) is None or "-" in after


@pytest.mark.parametrize("after", ["", "1", "1-", "-1", "x-1", "1-1-1", "9" * 18 + "-1", "9" * 40 + "-1", "١-١"])
def test_a_wrong_place_is_the_beginning(after: str) -> None:
    assert _place(after) is None
