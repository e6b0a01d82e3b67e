"""orders/models/pace.py: one rate towards Autoenhance for everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connection

from orders.models import Pace


@pytest.mark.django_db
class ReserveTests:
    def test_lets_a_second_s_worth_leave_at_once_then_one_by_one(self) -> None:
        waits = [Pace.reserve(10) for _ in range(16)]
        assert waits[:10] == pytest.approx([0] * 10, abs=0.05)
        assert waits[10:] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], abs=0.3)

    def test_forgets_a_queue_that_is_over(self) -> None:
        Pace.reserve(10)
        Pace.objects.update(free_at="2026-01-01T00:00Z")
        assert [Pace.reserve(10) for _ in range(10)] == [0] * 10

    def test_keeps_a_single_row(self) -> None:
        for _ in range(3):
            Pace.reserve(10)
        assert Pace.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_gives_each_place_once_whoever_asks() -> None:
    def reserve(_: int) -> float:
        try:
            return Pace.reserve(10)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(reserve, range(40)))
    # 40 at 10 a second, of which a second's worth may leave at once: the last leaves after about 3 seconds.
    assert 2.0 < waits[-1] <= 3.1
    assert all(later - earlier < 0.5 for earlier, later in pairwise(waits))
