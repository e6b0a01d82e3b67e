"""Which pieces of a name matched, for <mark>: the needles of the search, found again in the name as it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from orders.fold import TOKEN, plain, written_out
from orders.search.needles import Needles

# A place in a text: from, and up to but without.
Span = tuple[int, int]


def marks(name: str, wanted: Iterable[Needles]) -> list[tuple[str, bool]]:
    """The name in pieces, True where it matched; together they are the whole name."""
    folded, spans = _folded(name)
    marked = [False] * len(name)
    for needle in {needle for needles in wanted for needle in needles}:
        for start in _places(folded, needle):
            within = [span for span in spans[start : start + len(needle)] if span]
            for position in range(within[0][0], within[-1][1]):
                marked[position] = True
    runs = groupby(zip(name, marked, strict=True), key=lambda pair: pair[1])
    return [("".join(sign for sign, _ in run), matched) for matched, run in runs]


def _folded(name: str) -> tuple[str, list[Span | None]]:
    """The name as it is stored for search, and where in the name each letter comes from; spaces come from nowhere.

    A word that was written out ("St" as "street") comes from the whole short one.
    """
    letters = [(letter, position) for position, sign in enumerate(name) for letter in plain(sign)]
    origins = [position for _, position in letters] + [len(name)]
    folded, spans = " ", list[Span | None]([None])
    for match in TOKEN.finditer("".join(letter for letter, _ in letters)):
        word = written_out(match.group())
        ends = range(match.start(), match.end())
        if match.group().startswith(word):
            spans += [(origins[end], max(origins[end] + 1, origins[end + 1])) for end in ends[: len(word)]]
        else:
            spans += [(origins[match.start()], origins[match.end()])] * len(word)
        spans.append(None)
        folded += f"{word} "
    return folded, spans


def _places(text: str, needle: str) -> Iterator[int]:
    """Where `needle` begins in `text`; places may overlap (" a a a ")."""
    place = text.find(needle)
    while place >= 0:
        yield place
        place = text.find(needle, place + 1)
