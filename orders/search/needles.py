"""What a folded name must contain, as plain pieces of text: the one rule that the SQL and the marks share.

A name is stored as " 12 rosewood street ", so white space in a needle stands for the edge of a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orders.fold import TOKEN, plain, tokens, written_out
from orders.search.language import Filter, Query, Term, Text

# The name must contain one of them.
Needles = tuple[str, ...]
# For each word that is spelled otherwise: what it may have meant (the second pass).
Similar = Mapping[str, Sequence[str]]

# More words than any address has: one piece of text may hold very many.
MOST_WORDS = 20


def needles(query: Query, similar: Similar | None = None) -> list[Needles]:
    """What the words of the query and its `name:` filters need, all of it; empty when there are no words.

    With `similar` it is the second pass: its words may be spelled as there, and numbers may go on.
    """
    wanted: list[Needles] = []
    for text in query.texts:
        wanted += _of_phrase(text.text) if text.quoted else [_of_word(word, similar) for word in tokens(text.text)]
    if wanted and (unfinished := _unfinished(query.terms)):
        wanted[-1] = (*wanted[-1], f" {unfinished}")
    names = [term for term in query.filters if term.name == "name" and not term.negated]
    return [*wanted[:MOST_WORDS], *(needle for term in names for needle in of_name(term))]


def of_name(term: Filter) -> list[Needles]:
    """What a `name:` filter needs."""
    return _of_phrase(term.value) if term.quoted else [_of_word(word, None) for word in tokens(term.value)]


def telling(wanted: Sequence[Needles]) -> list[Needles]:
    """Those that are not implied by others ("rose" is by "rosewood"), the longest first.

    A name that lacks a long one, as most do, is not looked at any further.
    """
    kept: list[Needles] = []
    for needles in sorted(wanted, key=lambda needles: (len(needles), -len(needles[0]))):
        if not any(_implies(other, needles) for other in kept):
            kept.append(needles)
    return kept


def _implies(these: Needles, those: Needles) -> bool:
    return all(any(needle in longer for needle in those) for longer in these)


def _of_phrase(text: str) -> list[Needles]:
    words = tokens(text)
    return [(f" {' '.join(words)} ",)] if words else []


def _of_word(word: str, similar: Similar | None) -> Needles:
    """A word may stand inside a longer one; a number may not (12 is not 112), and 12b begins a word."""
    if word.isdigit():
        return (f" {word} ",) if similar is None else (f" {word}",)
    here = f" {word}" if word[0].isdigit() else word
    return (here, *(f" {other} " for other in (similar or {}).get(word, ()) if other != word))


def _unfinished(terms: Sequence[Term]) -> str:
    """The last word as it was typed if it is short for another: "st" is Street, or Stables on its way; else ""."""
    if not terms or not isinstance(terms[-1], Text) or terms[-1].quoted:
        return ""
    typed = TOKEN.findall(plain(terms[-1].text))[-1:]
    return next((word for word in typed if word.isalpha() and written_out(word) != word), "")
