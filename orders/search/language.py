"""The query language (DESIGN section 6): text to tree and back. Pure: asks no database, and refuses nothing.

    query  = terms that must all match, with white space between them
    term   = word | "words next to each other" | [-]name:value | [-]name:"value"

What cannot be read as a filter is searched as text, and a hint says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from orders.search.qualifiers import QUALIFIERS

# More than any address has; what comes after them would only make the query longer.
MOST_TERMS = 20

_PIECE = re.compile(
    r"""
      (?P<dash>-?)(?P<name>[a-zA-Z]+):(?: (?P<op>[<>=]*)"(?P<quoted_value>[^"]*)" | (?P<value>[^\s"]+) )
    | "(?P<phrase>[^"]*)"
    | (?P<word>[^\s"]+)
    | (?P<stray>")
    """,
    re.VERBOSE,
)
_WORD = re.compile(r'[^\s"]+')
_QUALIFIED = re.compile(r"-?(?P<name>[a-zA-Z]+):(?!//)")
_LEFT_OUT = re.compile(r"-+[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Text:
    """Words to find in the name: one piece as it was typed, or a phrase that stood in quotation marks."""

    text: str
    quoted: bool = False

    def __str__(self) -> str:
        return f'"{self.text}"' if self.quoted else self.text


@dataclass(frozen=True, slots=True)
class Filter:
    """A qualifier of the table with a value that it can read."""

    name: str
    value: str
    negated: bool = False
    quoted: bool = False

    def __str__(self) -> str:
        value = f'"{self.value}"' if self.quoted else self.value
        return f"{'-' if self.negated else ''}{self.name}:{value}"


Term = Text | Filter


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked, as a tree: `str()` prints it, and reading that again gives an equal Query."""

    terms: tuple[Term, ...] = ()
    hints: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    @property
    def texts(self) -> list[Text]:
        return [term for term in self.terms if isinstance(term, Text)]

    @property
    def filters(self) -> list[Filter]:
        return [term for term in self.terms if isinstance(term, Filter)]

    def asks_for(self, name: str, value: str) -> bool:
        """Whether it has this filter, and not its negation."""
        return any((term.name, term.value, term.negated) == (name, value, False) for term in self.filters)

    def without(self, *unwanted: Term) -> Query:
        return replace(self, terms=tuple(term for term in self.terms if term not in unwanted))

    def without_filter(self, name: str) -> Query:
        """This query without all filters of this name, negated or not."""
        return self.without(*(term for term in self.filters if term.name == name))

    def spelled_out(self, email: str) -> Query:
        """This query as it finds the same for everybody: with the address of who asks instead of `by:me`."""
        terms = (
            replace(term, value=email)
            if isinstance(term, Filter) and (term.name, term.value.lower()) == ("by", "me")
            else term
            for term in self.terms
        )
        return replace(self, terms=tuple(terms))

    def with_filter(self, name: str, value: str) -> Query:
        """This query with `name:value` instead of any other filter of that name; ValueError for a bad value."""
        value = QUALIFIERS[name].read(value)
        added = Filter(name, value, quoted=_WORD.fullmatch(value) is None)
        rest = self.without_filter(name)
        return replace(rest, terms=(*rest.terms, added))


def parse(text: str) -> Query:
    """The tree of any text whatsoever; at most MOST_TERMS terms of it."""
    # Postgres takes neither NUL nor a lone surrogate.
    text = text.replace("\0", "").encode(errors="replace").decode()
    hints: list[str] = []
    terms: list[Term] = []
    for term in _terms(text, hints):
        if len(terms) == MOST_TERMS:
            hints.append(_("Only the first %d words were searched for.") % MOST_TERMS)
            break
        terms.append(term)
    return Query(tuple(terms), tuple(dict.fromkeys(hints)))


def _terms(text: str, hints: list[str]) -> Iterator[Term]:
    position = 0
    while piece := _PIECE.search(text, position):
        position = piece.end()
        if piece["stray"]:
            hints.append(_("A quotation mark has no partner, so it was left out."))
        elif piece["phrase"] is not None:
            if piece["phrase"].strip():
                yield Text(piece["phrase"], quoted=True)
        elif found := _filter(piece):
            yield found
        else:
            word = _WORD.match(text, piece.start())
            assert word  # noqa: S101 - only the stray quotation mark begins otherwise
            position = word.end()
            if hint := _hint(word.group()):
                hints.append(hint)
            yield Text(word.group())


def _filter(piece: re.Match[str]) -> Filter | None:
    """The filter of this piece; None if it is a word, or no filter that the table knows."""
    qualifier = QUALIFIERS.get((piece["name"] or "").lower())
    if qualifier is None:
        return None
    quoted = piece["value"] is None
    value = piece["op"] + piece["quoted_value"] if quoted else piece["value"]
    try:
        value = qualifier.read(value)
    except ValueError:
        return None
    return Filter(qualifier.name, value, bool(piece["dash"]), quoted)


def _hint(word: str) -> str:
    """Why `word` is searched as text although it looks like a filter; "" if it does not."""
    if match := _QUALIFIED.match(word):
        qualifier = QUALIFIERS.get(match["name"].lower())
        if qualifier is None and match.end() == len(word):
            return ""
        if qualifier is None:
            return _("“%s:” is not a filter, so it was searched for as text.") % match["name"]
        return _("“%(word)s” was searched for as text: after “%(name)s:” comes %(wants)s.") % {
            "word": word,
            "name": qualifier.name,
            "wants": qualifier.wants,
        }
    if _LEFT_OUT.match(word):
        return _("To leave a word out, write -name:%s.") % word.lstrip("-")
    return ""
