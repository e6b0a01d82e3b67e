"""The words that a team's orders are called by, for the second pass of the search (DESIGN section 6)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection, models, transaction

from dashboard.accounts.models import Team
from orders.fold import LONGEST_TOKEN

# Shorter ones are like too many others.
SHORTEST = 4


def is_kept(word: str) -> bool:
    """Whether a word of a folded name is worth keeping; numbers, and what begins with one, are not misspelled words."""
    return len(word) >= SHORTEST and not word[0].isdigit()


class WordManager(models.Manager["Word"]):
    def learn(self, team: Team, folds: Iterable[str]) -> None:
        """Keep the words of these folded names (`Order.find`); a known one costs little.

        In one order, as every lock is taken (F52). Words are never forgotten one by one: the second pass shows only
        orders that match.
        """
        words = sorted(filter(is_kept, set(" ".join(folds).split())))
        if words:
            with connection.cursor() as cursor:  # an import has thousands of them, and models are slow to make
                cursor.execute(
                    "insert into orders_word (team_id, word) select %s, json_array_elements_text(%s)"
                    " on conflict do nothing",
                    [team.pk, json.dumps(words)],
                )

    @transaction.atomic
    def relearn(self) -> None:
        """All words of all teams anew, from the folded names as they are. An import meanwhile waits."""
        with connection.cursor() as cursor:
            # A million names take longer than any page may.
            cursor.execute("set local statement_timeout = 0")
            # An import that found its words here must be seen, or have to add them again.
            cursor.execute("lock table orders_word in exclusive mode")
            cursor.execute("delete from orders_word")
            cursor.execute(
                """
                insert into orders_word (team_id, word)
                select distinct team_id, word from orders_order, string_to_table(find, ' ') as word
                where length(word) >= %s and word !~ '^[0-9]'
                order by team_id, word  -- a team's words lie together
                """,
                [SHORTEST],
            )


class Word(models.Model):
    """A word of four letters or more in the folded name of an order of this team, now or once."""

    pk = models.CompositePrimaryKey("team_id", "word")
    team = models.ForeignKey(Team, models.CASCADE, db_index=False)
    word = models.CharField(max_length=LONGEST_TOKEN, db_collation="C")

    objects = WordManager()

    def __str__(self) -> str:
        return self.word
