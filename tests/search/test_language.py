"""Text to tree and back: the parser refuses nothing, and what it prints reads the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.models import User
from orders.search import QUALIFIERS, Query, for_everybody, parse
from orders.search.language import MOST_TERMS, Filter, Text

# Pieces that mean something to the parser, in any order, and any text besides.
PIECES = st.sampled_from(
    [
        '"',
        "-",
        ":",
        " ",
        "..",
        ">=",
        "<",
        "status:",
        "error",
        "created:",
        "2026-01-01",
        "name:",
        "x y",
        "é",
        "foo:",
        "7d",
    ]
)
QUERIES = st.one_of(st.text(st.characters(), max_size=80), st.lists(PIECES, max_size=20).map("".join))


@given(QUERIES)
def test_what_it_prints_reads_the_same(text: str) -> None:
    query = parse(text)
    assert parse(str(query)) == query
    assert str(parse(str(query))) == str(query)


@given(QUERIES)
def test_never_keeps_more_terms_than_an_address_has(text: str) -> None:
    assert len(parse(text).terms) <= MOST_TERMS


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("  \t ", []),
        ("12 rose", [Text("12"), Text("rose")]),
        ('"12 high st" x', [Text("12 high st", quoted=True), Text("x")]),
        ("status:error", [Filter("status", "error")]),
        ("Status:ERROR", [Filter("status", "error")]),
        ("-status:processed", [Filter("status", "ready", negated=True)]),
        ('name:"12 high st"', [Filter("name", "12 high st", quoted=True)]),
        ('created:>="2026-01-01"', [Filter("created", ">=2026-01-01", quoted=True)]),
        ('by:"ana duarte" x', [Filter("by", "ana duarte", quoted=True), Text("x")]),
        ('""', []),
        ('a"b"c', [Text("a"), Text("b", quoted=True), Text("c")]),
        ("10:30", [Text("10:30")]),
    ],
)
def test_reads(text: str, terms: list[Text | Filter]) -> None:
    query = parse(text)
    assert list(query.terms) == terms
    assert query.hints == ()


@pytest.mark.parametrize(
    ("text", "terms", "hint"),
    [
        ("foo:bar rose", ["foo:bar", "rose"], "“foo:” is not a filter"),
        ("is:public", ["is:public"], "after “is:” comes open, stale, stuck, shared or deleted"),
        ("created:banana", ["created:banana"], "after “created:” comes a date"),
        ("images:many", ["images:many"], "after “images:” comes a number"),
        ("status:", ["status:"], "after “status:” comes waiting"),
        ("name:---", ["name:---"], "after “name:” comes a word"),
        ('"rosewood st', ["rosewood", "st"], "quotation mark"),
        ("-drone", ["-drone"], "write -name:drone"),
        ("x " * 30, ["x"] * MOST_TERMS, "Only the first 20 words"),
    ],
)
def test_searches_for_what_it_cannot_read_as_text_and_says_so(text: str, terms: list[str], hint: str) -> None:
    query = parse(text)
    assert list(query.terms) == [Text(term) for term in terms]
    assert len(query.hints) == 1
    assert hint in query.hints[0]


def test_a_broken_filter_with_a_value_in_quotation_marks_keeps_the_phrase() -> None:
    assert parse('status:"no such"').terms == (Text("status:"), Text("no such", quoted=True))


@pytest.mark.parametrize("text", ["Flat: 3", "https://example.com/x", "a-b", "12 - 14", "--- !"])
def test_has_no_hint_about_ordinary_text(text: str) -> None:
    assert parse(text).hints == ()


def test_leaves_out_what_postgres_cannot_keep() -> None:
    assert str(parse("ro\0se \ud800")) == "rose ?"


def test_a_hint_is_given_once() -> None:
    assert len(parse("foo:a foo:b").hints) == 1


class ChangingTests:
    """Chips and tabs: the same query with a filter more, less or another."""

    def test_replaces_a_filter(self) -> None:
        query = parse("status:error rose -status:ready")
        assert str(query.with_filter("status", "waiting")) == "rose status:waiting"

    def test_quotes_a_value_where_it_must(self) -> None:
        assert str(Query().with_filter("by", "ana duarte")) == 'by:"ana duarte"'

    def test_refuses_a_value_that_makes_no_sense(self) -> None:
        with pytest.raises(ValueError, match="banana"):
            Query().with_filter("created", "banana")

    def test_leaves_a_filter_out(self) -> None:
        assert str(parse("a status:error b").without_filter("status")) == "a b"

    @given(QUERIES, st.sampled_from(list(QUALIFIERS["status"].choices)))
    def test_a_changed_query_reads_the_same_too(self, text: str, status: str) -> None:
        query = parse(text).with_filter("status", status)
        assert parse(str(query)) == query or len(query.terms) > MOST_TERMS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("by:me", "by:ana@example.com"),
        ('12 -by:"ME" status:error', '12 -by:"ana@example.com" status:error'),
        ('by:ben "by:me"  key:me me', 'by:ben "by:me"  key:me me'),
        ("", ""),
    ],
)
def test_for_everybody_it_says_who_me_is(text: str, expected: str) -> None:
    assert for_everybody(text, User(email="ana@example.com")) == expected
