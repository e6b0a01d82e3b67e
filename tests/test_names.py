"""What a name may be (features 4.1.7)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import names

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = names.clean(text)
    assert names.clean(once) == once


@given(st.text())
def test_a_clean_name_is_trimmed_composed_and_has_single_spaces(text: str) -> None:
    name = names.clean(text)
    assert name == name.strip()
    assert "  " not in name
    assert unicodedata.is_normalized("NFC", name)


@given(st.text())
def test_a_faultless_name_has_no_control_character_and_can_be_sent(text: str) -> None:
    name = names.clean(text)
    if not names.fault(name):
        assert not any(unicodedata.category(sign) == "Cc" for sign in name)
        name.encode()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  12   Rosewood\tAve\n", "12 Rosewood Ave"),
        ("Cafe\u0301", "Café"),
        ("12\u00a0Rosewood", "12 Rosewood"),
        (" \u2003 ", ""),
        (FAMILY, FAMILY),
        ("\u200fשלום 12", "\u200fשלום 12"),
    ],
)
def test_cleans(typed: str, name: str) -> None:
    assert names.clean(typed) == name


@pytest.mark.parametrize("sign", ["\0", "\x7f", "\ud800", "\u202e", "\u2066"])
def test_names_the_sign_that_cannot_be_in_a_name(sign: str) -> None:
    assert names.fault(f"a{sign}b") == sign


@pytest.mark.parametrize("text", ["", "12 Rosewood Ave", FAMILY, "\u200fשלום", "👍🏽", "%_\\'\"<b>"])
def test_finds_no_fault_in_what_people_type(text: str) -> None:
    assert names.fault(text) == ""


@pytest.mark.parametrize("text", ["", "\u200b", "\u2060\u200f", "\u0301"])
def test_knows_what_shows_nothing(text: str) -> None:
    assert names.shows_nothing(text)


@pytest.mark.parametrize("text", ["a", "7", "–", "👍🏽", FAMILY, "\u200fש", "~"])
def test_knows_what_shows_something(text: str) -> None:
    assert not names.shows_nothing(text)
