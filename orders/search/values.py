"""What stands after the colon of a number's or date's qualifier, as an interval. Pure; ValueError if it makes no sense.

`5`, `>5`, `>=5`, `<5`, `<=5`, `=5`, `5..10`; dates are a year, a month or a day: `2026`, `2026-01`, `2026-01-31`,
`today`, `yesterday`; ages are `12h`, `7d`, `2w`, and `<7d` is less than 7 days ago (DESIGN section 6).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TypeVar

T = TypeVar("T", int, datetime)

_RANGE = re.compile(r"(?P<op>>=|<=|[<>=]|)(?P<first>[^.<>=]+)|(?P<low>[^.<>=]+)\.\.(?P<high>[^.<>=]+)")
_NUMBER = re.compile(r"[0-9]{1,9}")
_AGE = re.compile(r"(?P<op>>=|<=|[<>=]|)(?P<count>[0-9]{1,5})(?P<unit>[hdw])")
_DAY = re.compile(r"(?P<year>[12][0-9]{3})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def numbers(value: str) -> tuple[int | None, int | None]:
    """The whole numbers that `value` means: from, and up to but without; None is unbounded."""
    return _interval(value, _number)


def moments(value: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The time that `value` means: from, and up to but without; None is unbounded. Days are those of `now`'s zone."""
    if age := _AGE.fullmatch(value):
        then = now - int(age["count"]) * _UNITS[age["unit"]]
        return (None, then) if age["op"].startswith(">") else (then, None)
    return _interval(value, lambda word: _days(word, now))


def _interval(value: str, read: Callable[[str], tuple[T, T]]) -> tuple[T | None, T | None]:
    match = _RANGE.fullmatch(value)
    if not match:
        raise ValueError(value)
    if match["low"]:
        return read(match["low"])[0], read(match["high"])[1]
    start, end = read(match["first"])
    bounds: dict[str, tuple[T | None, T | None]] = {
        ">": (end, None),
        ">=": (start, None),
        "<": (None, start),
        "<=": (None, end),
    }
    return bounds.get(match["op"], (start, end))


def _number(word: str) -> tuple[int, int]:
    if not _NUMBER.fullmatch(word):
        raise ValueError(word)
    return int(word), int(word) + 1


def _days(word: str, now: datetime) -> tuple[datetime, datetime]:
    """The year, month or day: its first moment and that of the next."""
    first = _named(word, now.date())
    if first is None:
        match = _DAY.fullmatch(word)
        if not match:
            raise ValueError(word)
        first = date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
        if not match["day"]:
            months = 1 if match["month"] else 12
            return _midnight(first, now), _midnight(_later(first, months), now)
    return _midnight(first, now), _midnight(first + timedelta(days=1), now)


def _named(word: str, today: date) -> date | None:
    return {"today": today, "yesterday": today - timedelta(days=1)}.get(word.lower())


def _later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo)
