"""One way to compare names and queries (DESIGN section 6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.fold import LONGEST_BYTES, LONGEST_TOKEN, fold, tokens

ANY_TEXT = st.text(st.characters())  # lone surrogates as well


@given(ANY_TEXT)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(ANY_TEXT)
def test_no_token_is_too_long_or_has_a_space(text: str) -> None:
    assert all(0 < len(word) <= LONGEST_TOKEN and not word.isspace() for word in tokens(text))


@given(st.lists(st.text(min_size=1), max_size=400).map(" ".join))
def test_a_fold_fits_into_an_index_row_between_spaces(text: str) -> None:
    folded = fold(text)
    assert len(folded.encode()) <= LONGEST_BYTES
    assert folded.startswith(" ")
    assert folded.endswith(" ")


@given(st.text(max_size=60))
def test_a_name_is_found_by_each_of_its_own_words(text: str) -> None:
    assert all(f" {word} " in fold(text) for word in tokens(text))


def test_keeps_whole_words_up_to_the_limit() -> None:
    folded = fold("rosewood " * 400)
    assert set(folded.split()) == {"rosewood"}
    assert len(folded.encode()) > LONGEST_BYTES - len("rosewood ")


def test_counts_the_spaces_too() -> None:
    nearly_full = "x" * 39 + " "  # twenty of these would be one byte too long
    assert len(fold(nearly_full * 20).split()) == LONGEST_BYTES // 40 - 1


def test_cuts_a_word_that_is_too_long() -> None:
    assert fold("x" * 5000) == f" {'x' * LONGEST_TOKEN} "


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("12 Rosewood St", " 12 rosewood street "),
        ("12 ROSEWOOD STREET", " 12 rosewood street "),
        ("Café Größe", " cafe grosse "),
        ("Cafe\u0301", " cafe "),
        ("4/7 High St., #12", " 4 7 high street apartment 12 "),
        ("ⅳ １２", " iv 12 "),
        ("İstanbul", " istanbul "),
        ("", " "),
        ("--- 👍 ---", " "),
    ],
)
def test_folds(text: str, folded: str) -> None:
    assert fold(text) == folded
