"""One rate towards Autoenhance for all processes on all machines (features fact 7)."""

from __future__ import annotations

from django.db import connection, models


class Pace(models.Model):
    """When the next request may leave. One row; a leaky bucket (GCRA) in one statement."""

    name = models.CharField(max_length=20, primary_key=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def reserve(cls, per_second: int) -> float:
        """Take the next place in the queue; seconds to wait until it comes.

        Up to one second's worth may leave at once after a quiet time.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                insert into orders_pace (name, free_at)
                values ('autoenhance', clock_timestamp() - interval '1 second' + interval '1 second' / %(rate)s)
                on conflict (name) do update set free_at =
                    greatest(orders_pace.free_at, clock_timestamp() - interval '1 second')
                    + interval '1 second' / %(rate)s
                returning extract(epoch from free_at - clock_timestamp())
                """,
                {"rate": per_second},
            )
            (wait,) = cursor.fetchone()
        return max(0.0, float(wait))
