"""What one person may take of the rate (T44)."""

from __future__ import annotations

from django.db import connection, models

# A quarter of the rate goes to one person, and after a quiet time two seconds' worth of that at once: whoever asks
# without end leaves three quarters to the others, and is refused at a row of their own, before everybody's.
SHARE, AT_ONCE = 0.25, 2.0


class Allowance(models.Model):
    """A leaky bucket for each person; guests have one together."""

    name = models.CharField(max_length=40, primary_key=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def take(cls, name: str, per_second: float) -> bool:
        """Whether this person may ask once more, under an installation's rate of `per_second`."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                insert into orders_allowance as mine (name, free_at)
                values (%(name)s, clock_timestamp() + interval '1 second' * (%(cost)s - %(at_once)s))
                on conflict (name) do update set free_at = interval '1 second' * %(cost)s
                    + greatest(mine.free_at, clock_timestamp() - interval '1 second' * %(at_once)s)
                where mine.free_at <= clock_timestamp()
                """,
                {"name": name, "cost": 1 / (per_second * SHARE), "at_once": AT_ONCE},
            )
            return bool(cursor.rowcount)
