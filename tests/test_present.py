"""Times and rows in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.accounts.models import Team, User
from orders.models import Order
from orders.search import search
from orders.views.listing import Address
from orders.views.present import ago, day_name, moment
from orders.views.rows import Row, rows

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


def listed(team: Team, user: User, sort: str) -> list[Row]:
    """Orders created 0, 1, 13 and 14 hours before noon UTC, which is midnight in Auckland; changed an hour later."""
    orders = [
        Order(pk=hours + 1, created_at=NOON - timedelta(hours=hours), updated_at=NOON - timedelta(hours=hours - 1))
        for hours in (0, 1, 13, 14)
    ]
    address = Address("/list/", "", sort)
    return rows(orders, [], search(team, user, ""), address, address.to())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sort", "headings"),
    [
        ("-created", [True, True, False, False]),
        ("-updated", [True, False, True, False]),
        ("name", [False, False, False, False]),
    ],
)
def test_sorted_by_a_time_each_day_of_the_team_has_one_heading(
    team: Team, alice: User, sort: str, headings: list[bool]
) -> None:
    team.time_zone = TEAM.time_zone
    assert [bool(row.day) for row in listed(team, alice, sort)] == headings


@pytest.mark.django_db
def test_a_row_says_the_day_where_no_heading_does(team: Team, alice: User) -> None:
    assert listed(team, alice, "-created")[0].clock == "12:00"
    assert listed(team, alice, "-images")[0].clock == "30 Jun 2026"
    assert listed(team, alice, "-updated")[0].clock == "13:00"
