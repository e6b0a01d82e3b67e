"""The second pass, taken only when nothing is found: each word goes to the nearest words of this team."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from dashboard.accounts.models import Team
from orders.fold import tokens
from orders.models.words import is_kept
from orders.search.language import Query
from orders.search.needles import Similar

NEAREST = 5
EDITS = 2
# A word of three letters may be one of four that lost a letter; with more edits it would be like all others.
SHORTEST = 3
# A longer text is no address with a slip in it.
MOST_WORDS = 12
# So many are ranked to find the nearest.
RANKED = 50
# All words of a query together; a vocabulary that takes longer is not worth waiting for.
MOST_MILLISECONDS = 1000

NEAR = """
    select word, levenshtein_less_equal(word, %(word)s, %(edits)s) as edits
    from orders_word
    where team_id = %(team)s and length(word) between %(shortest)s and %(longest)s
      and levenshtein_less_equal(word, %(word)s, %(edits)s) <= %(edits)s
    order by edits, word
    limit %(ranked)s
"""
INSIDE = "select exists(select from orders_word where team_id = %(team)s and strpos(word, %(word)s) > 0)"


def misspelled(query: Query) -> list[str]:
    """The words of the query that may be meant otherwise: numbers, and all but the shortest words.

    Those in quotation marks are meant as they are.
    """
    words = (word for text in query.texts if not text.quoted for word in tokens(text.text))
    return [word for word in dict.fromkeys(words) if word.isdigit() or _is_spelled(word)]


def similar(team: Team, query: Query) -> dict[str, list[str]] | None:
    """For each such word, numbers aside, the nearest words of this team, at most NEAREST.

    None where there is no second pass: a word is like none here, nothing can be meant otherwise, or far too much.
    """
    words = misspelled(query)
    if not words or len(words) > MOST_WORDS:
        return None
    # The longest is the likeliest to be like none.
    spelled = sorted(filter(_is_spelled, words), key=len, reverse=True)
    if not spelled:
        return {}
    near: dict[str, list[str]] = {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {MOST_MILLISECONDS // len(spelled)}")
            for word in spelled:
                found = _near(cursor, team, word)
                if found is None:
                    break
                near[word] = found
            cursor.execute("set local statement_timeout to default")
    except OperationalError:
        return None
    return near if len(near) == len(spelled) else None


def _is_spelled(word: str) -> bool:
    return len(word) >= SHORTEST and not word[0].isdigit()


def _near(cursor: CursorWrapper, team: Team, word: str) -> list[str] | None:
    """The words of this team that are nearest to `word`; None when no name can have it, not even in a longer word."""
    edits = EDITS if is_kept(word) else 1
    asked: dict[str, int | str] = {"team": team.pk, "word": word, "edits": edits, "ranked": RANKED}
    asked |= {"shortest": len(word) - edits, "longest": len(word) + edits}
    cursor.execute(NEAR, asked)
    near = _nearest(word, cursor.fetchall())
    if near or not is_kept(word):
        return near
    cursor.execute(INSIDE, asked)
    return [] if cursor.fetchone()[0] else None


def met(query: Query, similar: Similar, words: set[str]) -> list[str]:
    """Which of `words`, those of the names that were found, stand for another one that was typed."""
    typed = misspelled(query)
    numbers = [word for word in sorted(words) if word.startswith(tuple(filter(str.isdigit, typed)))]
    near = [other for word in typed for other in similar.get(word, ()) if other in words]
    return [word for word in dict.fromkeys([*near, *numbers[:NEAREST]]) if word not in typed]


def _nearest(asked: str, found: list[tuple[str, int]]) -> list[str]:
    """The nearest of them. Two letters that changed places are one slip; the first letter is mostly right."""
    swapped = set(_swapped(asked))

    def distance(word: str, edits: int) -> tuple[int, bool, int, str]:
        return (1 if word in swapped else edits, word[0] != asked[0], abs(len(word) - len(asked)), word)

    return [word for word, _ in sorted(found, key=lambda pair: distance(*pair))[:NEAREST]]


def _swapped(word: str) -> Iterator[str]:
    """The word with each two neighbouring letters swapped."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
