"""Time that passes for the limiter, without waiting for it."""

from __future__ import annotations

from django.db import connection

from orders.models import Pace
from orders.models.pace import MOST_FAILURES


def passes(seconds: float) -> None:
    """As if so much time had passed since everything that the limiter remembers."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update orders_pace set free_at = free_at - ago, limited_until = limited_until - ago,
                failing_since = failing_since - ago, probe_at = probe_at - ago
            from make_interval(secs => %s) as ago
            """,
            [seconds],
        )


def break_down(failures: int = MOST_FAILURES) -> None:
    """So many requests fail, one after the other: with as many as by default, Autoenhance counts as down."""
    for _ in range(failures):
        Pace.failed(Pace.reserve(50))
