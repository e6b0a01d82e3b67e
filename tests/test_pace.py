"""orders/models/pace.py: one rate, one pause and one circuit for everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from orders.models import Pace, Standing, now
from orders.models.pace import LONGEST_PAUSE, MOST_FAILURES, Turn, Verdict
from tests.hurry import break_down, passes

pytestmark = pytest.mark.django_db
RATE = 10


def ask(**how: Any) -> Turn:
    return Pace.reserve(RATE, **how)


class RateTests:
    def test_lets_a_second_s_worth_leave_at_once_then_one_by_one(self) -> None:
        waits = [ask().wait for _ in range(16)]
        assert waits[:10] == pytest.approx([0] * 10, abs=0.05)
        assert waits[11:] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5], abs=0.3)

    def test_forgets_a_queue_that_is_over(self) -> None:
        ask()
        passes(1000)
        assert [ask().wait for _ in range(10)] == [0] * 10

    def test_keeps_a_single_row(self) -> None:
        for _ in range(3):
            ask()
        assert Pace.objects.count() == 1

    def test_has_no_place_further_ahead_than_asked_for(self) -> None:
        while (turn := ask(ahead=0.5)).verdict is Verdict.GO:
            last = turn
        assert turn.verdict is Verdict.FULL
        assert last.wait <= 0.5
        assert 0 < turn.wait <= 0.1 + 0.05
        passes(turn.wait)
        assert ask(ahead=0.5).verdict is Verdict.GO

    def test_leaves_a_part_of_it_to_the_more_urgent(self) -> None:
        assert [ask(ahead=-0.5).verdict for _ in range(7)] == [Verdict.GO] * 6 + [Verdict.FULL]
        assert [ask().wait for _ in range(4)] == [0] * 4

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.sampled_from([3.0, -0.25, -0.5]), st.floats(0, 0.3)), max_size=30))
    def test_is_kept_whoever_asks_when(self, asked: list[tuple[float, float]]) -> None:
        """In any span, no more leave than it has room for and a second's worth besides."""
        Pace.objects.all().delete()
        left, clock = [], 0.0
        for ahead, pause in asked:
            passes(pause)
            clock += pause
            turn = ask(ahead=ahead)
            left += [clock + turn.wait] if turn.verdict is Verdict.GO else []
        left.sort()
        for first in range(len(left)):
            for last in range(first, len(left)):
                assert last - first <= (left[last] - left[first] + 0.2) * RATE + RATE


class PauseTests:
    def test_nobody_sends_before_it_is_over(self) -> None:
        """F07."""
        Pace.limited(ask(), 7)
        for ahead in (3.0, -0.5):
            turn = ask(ahead=ahead)
            assert turn.verdict is Verdict.LIMITED
            assert turn.wait == pytest.approx(7, abs=0.2)
        passes(6.5)
        assert ask().verdict is Verdict.LIMITED
        passes(0.6)
        assert ask().verdict is Verdict.GO

    def test_is_not_shortened_by_a_second_one(self) -> None:
        first, second = ask(), ask()
        Pace.limited(first, 7)
        Pace.limited(second, 1)
        assert ask().wait == pytest.approx(7, abs=0.2)
        assert Pace.objects.get().slowed_to == 0.5

    def test_afterwards_the_rate_comes_back_by_and_by(self) -> None:
        Pace.limited(ask(), 1)
        passes(1.0)
        assert self.gap() == pytest.approx(0.2, rel=0.1)
        passes(15)
        assert self.gap() == pytest.approx(1 / 7.5, rel=0.1)
        passes(600)
        assert self.gap() == pytest.approx(0.1, rel=0.1)

    def gap(self) -> float:
        """Seconds between two requests, when many want to leave."""
        before = ask().left_at, Pace.objects.get().free_at
        ask()
        return (Pace.objects.get().free_at - before[1]).total_seconds()

    def test_what_waited_does_not_leave_all_at_once(self) -> None:
        Pace.limited(ask(), 1)
        passes(1)
        assert [ask().wait for _ in range(4)] == pytest.approx([0, 0.2, 0.4, 0.6], abs=0.1)

    @pytest.mark.parametrize(("share", "most"), [(1, 1), (1 / 2, 2), (1 / 8, 8), (1 / 120, LONGEST_PAUSE)])
    def test_doubles_with_full_jitter_when_nobody_says_how_long(self, share: float, most: int) -> None:
        """F09: after a share of the rate was left, and half of that is."""
        pauses = [self.pause(share) for _ in range(30)]
        assert max(pauses) <= most + 0.1
        assert max(pauses) - min(pauses) >= most / 2

    def pause(self, share: float) -> float:
        """Seconds of one."""
        Pace.objects.all().delete()
        turn = ask()
        Pace.objects.update(slowed_to=share, limited_until=turn.left_at)
        Pace.limited(turn, None)
        until = Pace.standing().limited_until
        return (until - turn.left_at).total_seconds() if until else 0.0


class CircuitTests:
    def test_opens_after_some_failures_in_a_row(self) -> None:
        break_down(MOST_FAILURES - 1)
        turn = ask()
        assert turn.verdict is Verdict.GO
        assert Pace.failed(turn)
        assert ask().verdict is Verdict.DOWN

    def test_one_success_ends_the_row(self) -> None:
        break_down(MOST_FAILURES - 1)
        Pace.passed(ask())
        break_down(MOST_FAILURES - 1)
        assert ask().verdict is Verdict.GO

    def test_stays_shut_for_failures_far_apart(self) -> None:
        for _ in range(3 * MOST_FAILURES):
            break_down(1)
            passes(20)
        assert ask().verdict is Verdict.GO

    def test_those_under_way_when_the_first_failed_count_once(self) -> None:
        """Those of them that succeed do not end the row either."""
        turns = [ask() for _ in range(2 * MOST_FAILURES)]
        assert not any(Pace.failed(turn) for turn in turns)
        assert ask().verdict is Verdict.GO

    def test_one_and_only_one_looks_when_it_is_time(self) -> None:
        break_down()
        passes(1.1)
        assert [ask(may_probe=False).verdict, ask().probe, ask().verdict] == [Verdict.DUE, True, Verdict.DOWN]

    def test_a_look_that_succeeds_closes_it(self) -> None:
        break_down()
        passes(1.1)
        Pace.passed(ask())
        assert [ask().verdict, Pace.standing()] == [Verdict.GO, Standing()]

    def test_only_a_look_closes_it(self) -> None:
        break_down(1)
        late = ask()
        break_down()
        Pace.passed(late)
        assert ask().verdict is Verdict.DOWN

    def test_looks_become_rarer_down_to_ten_seconds(self) -> None:
        break_down()
        for most in (1, 2, 4, 8, 10, 10):
            assert most / 2 - 0.1 <= ask().wait <= max(most, 1)
            passes(most)
            Pace.failed(ask())

    def test_another_may_look_when_the_first_died_of_it(self) -> None:
        break_down()
        passes(1.1)
        assert ask().probe
        passes(9)
        assert not ask().probe
        passes(1.1)
        assert ask().probe

    def test_a_pause_that_is_asked_for_closes_it(self) -> None:
        break_down()
        passes(1.1)
        Pace.limited(ask(), 3)
        passes(3)
        assert ask().verdict is Verdict.GO


class SecondTryTests:
    def test_there_is_none_that_was_not_saved_up(self) -> None:
        assert ask(again=True).verdict is Verdict.SPENT

    def test_of_any_fifty_requests_at_most_a_tenth_is_tried_again(self) -> None:
        """R10."""
        saved = [Pace.reserve(10_000) for _ in range(200)]
        tried = 0
        for _ in range(50):
            Pace.reserve(10_000)
            tried += Pace.reserve(10_000, again=True).verdict is Verdict.GO
        assert len(saved) == 200
        assert 0 < tried <= 5


class StandingTests:
    def test_all_is_clear_at_first_and_after_a_success(self) -> None:
        assert Pace.standing().clear
        Pace.passed(ask())
        assert Pace.standing().clear

    def test_says_until_when_nobody_may_ask(self) -> None:
        Pace.limited(ask(), 60)
        until = Pace.standing().limited_until
        assert until
        assert timedelta(seconds=58) < until - now() <= timedelta(seconds=60)
        passes(60)
        assert Pace.standing().clear

    def test_says_since_when_nothing_answers(self) -> None:
        before = now()
        break_down()
        since = Pace.standing().down_since
        assert since
        assert before < since < now()

    def test_says_when_somebody_should_look(self) -> None:
        break_down()
        assert not Pace.standing().due
        passes(1.1)
        assert Pace.standing().due

    def test_does_not_claim_what_nobody_has_tried_for_long(self) -> None:
        break_down()
        passes(90)
        assert Pace.standing().down_since is None

    def test_is_one_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1):
            Pace.standing()


class CostTests:
    def test_a_request_is_one_statement_and_an_ordinary_success_none(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        ask()
        with django_assert_num_queries(1):
            Pace.passed(ask())

    def test_no_statement_waits_for_a_disk(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select relpersistence from pg_class where relname in ('orders_pace', 'orders_allowance')")
            assert cursor.fetchall() == [("u",), ("u",)]


@pytest.mark.django_db(transaction=True)
def test_gives_each_place_once_whoever_asks() -> None:
    def reserve(_: int) -> float:
        try:
            return Pace.reserve(RATE, ahead=10).wait
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(reserve, range(40)))
    # 40 at 10 a second, of which a second's worth may leave at once: the last leaves after about 3 seconds.
    assert 1.9 < waits[-1] <= 3.1
    assert all(later - earlier < 0.5 for earlier, later in pairwise(waits))


@pytest.mark.django_db(transaction=True)
def test_one_of_many_wins_the_right_to_look() -> None:
    break_down()
    passes(1.1)

    def probes(_: int) -> bool:
        try:
            return ask().probe
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(probes, range(32))) == 1
