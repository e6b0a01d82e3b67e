"""Numbers, dates and ages after a qualifier's colon, as intervals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orders.search.values import moments, numbers

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "interval"),
    [
        ("5", (5, 6)),
        ("=5", (5, 6)),
        (">5", (6, None)),
        (">=5", (5, None)),
        ("<5", (None, 5)),
        ("<=5", (None, 6)),
        ("5..10", (5, 11)),
        ("0", (0, 1)),
    ],
)
def test_reads_numbers(value: str, interval: tuple[int | None, int | None]) -> None:
    assert numbers(value) == interval


@pytest.mark.parametrize(
    ("value", "interval"),
    [
        ("2026-01-31", ("2026-01-31", "2026-02-01")),
        (">2026-01-31", ("2026-02-01", None)),
        (">=2026-01-31", ("2026-01-31", None)),
        ("<2026-01-31", (None, "2026-01-31")),
        ("<=2026-01-31", (None, "2026-02-01")),
        ("2026-12", ("2026-12-01", "2027-01-01")),
        ("2026", ("2026-01-01", "2027-01-01")),
        ("2026-01..2026-02-03", ("2026-01-01", "2026-02-04")),
        ("today", ("2026-11-21", "2026-11-22")),
        ("<Yesterday", (None, "2026-11-20")),
    ],
)
def test_reads_dates(value: str, interval: tuple[str | None, str | None]) -> None:
    assert moments(value, NOW) == tuple(bound and day(bound) for bound in interval)


@pytest.mark.parametrize("value", ["<7d", "<=7d", "7d", "<1w", "<168h"])
def test_an_age_with_less_is_later_than_that(value: str) -> None:
    assert moments(value, NOW) == (NOW - timedelta(days=7), None)


def test_an_age_with_more_is_earlier_than_that() -> None:
    assert moments(">7d", NOW) == (None, NOW - timedelta(days=7))


def test_days_are_those_of_the_zone() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    start, _ = moments("today", datetime(2026, 11, 21, 16, 0, tzinfo=UTC).astimezone(tokyo))
    assert start == datetime(2026, 11, 22, tzinfo=tokyo)


def test_a_day_of_the_clock_change_has_its_own_length() -> None:
    start, end = moments("2026-03-29", NOW.astimezone(ZoneInfo("Europe/Berlin")))
    assert start
    assert end
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=23)


@pytest.mark.parametrize("value", ["", "x", ">", "5..", "..5", "5...6", ">5..6", "1e3", "-1", "٣", "9999999999", "5 6"])
def test_refuses_what_is_no_number(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - who calls it has the sentence for people
        numbers(value)


@pytest.mark.parametrize(
    "value", ["", "banana", "2026-13", "2026-02-30", "26-01-01", "0001-01-01", "7x", "<", "7", "tomorrow", "2026-1-1"]
)
def test_refuses_what_is_no_date(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - who calls it has the sentence for people
        moments(value, NOW)


def test_reads_the_longest_age() -> None:
    assert moments(">99999w", NOW)[1] == NOW - timedelta(weeks=99999)


@pytest.mark.parametrize("value", ["9999-12-31", "9999-12", "9999"])
def test_the_end_of_time_has_nothing_behind_it(value: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        moments(value, NOW)
