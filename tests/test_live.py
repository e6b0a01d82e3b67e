"""How often an open page asks, and when what it shows is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import live
from orders.models import Shown

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
OPEN = (Shown.PROCESSING, Shown.MERGING)
ages = st.integers(0, 10_000_000).map(lambda seconds: timedelta(seconds=seconds))


@dataclass
class Aged:
    """An order that changed so long ago; with `run_at` it has not been told how many pictures are ready."""

    shown: int
    quiet: timedelta = timedelta()
    pictures: int = 3
    run_at: datetime | None = None

    @property
    def updated_at(self) -> datetime:
        return AT - self.quiet

    @updated_at.setter
    def updated_at(self, at: datetime) -> None:
        self.quiet = AT - at


class IntervalTests:
    @pytest.mark.parametrize("shown", OPEN)
    def test_begins_with_five_seconds_while_an_order_is_at_work_and_slows_down(self, shown: Shown) -> None:
        every = [
            live.interval(Aged(shown, timedelta(minutes=minutes)), AT, AT) or 0 for minutes in (0, 1, 10, 60, 6000)
        ]
        assert every[:2] == [5, 5]
        assert 5 < every[2] < every[3] == every[4] <= 60

    @pytest.mark.parametrize("shown", [Shown.WAITING, Shown.UNKNOWN])
    def test_is_longer_while_an_order_waits(self, shown: Shown) -> None:
        assert live.interval(Aged(shown), AT, AT) == 15

    @pytest.mark.parametrize("shown", [Shown.READY, Shown.ERROR, Shown.DELETED])
    def test_ends_with_the_order_once_we_have_looked(self, shown: Shown) -> None:
        assert live.interval(Aged(shown), AT, AT) is None
        assert live.interval(Aged(shown), AT - timedelta(days=1), AT) == live.LOOKING

    @given(quiet=ages, more=ages, shown=st.sampled_from(OPEN))
    def test_never_gets_shorter_while_nothing_happens(self, quiet: timedelta, more: timedelta, shown: int) -> None:
        first, then = (live.interval(Aged(shown, age), AT, AT) for age in (quiet, quiet + more))
        assert first is not None
        assert then is not None
        assert 5 <= first <= then <= 60

    @given(quiet=ages, shown=st.sampled_from(OPEN))
    def test_what_is_old_is_two_intervals_old_at_least(self, quiet: timedelta, shown: int) -> None:
        order = Aged(shown, quiet)
        every = live.interval(order, AT, AT)
        assert every is not None
        assert live.late(order, AT).total_seconds() >= 2 * every - 1


def test_pages_that_were_opened_together_do_not_ask_together() -> None:
    written = {live.jittered(10) for _ in range(200)}
    assert len(written) > 50
    assert all(9000 <= int(text.removesuffix("ms")) <= 11000 for text in written)
