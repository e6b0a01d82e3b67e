"""orders/tokens.py: what a share link's address is made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.tokens import hash_of
from orders import tokens


def test_a_token_is_recognised_and_no_two_are_alike() -> None:
    issued = {tokens.issue() for _ in range(1000)}
    assert len(issued) == 1000
    assert all(tokens.is_ours(token) and re.fullmatch(tokens.PATTERN, token) for token in issued)


def test_holds_256_random_bits_behind_a_prefix_that_scanners_find() -> None:
    secret = tokens.issue().removeprefix("ps_")[: -tokens.CHECKSUM]
    assert len(secret) * 6 >= 256


@given(st.integers(0, len(tokens.issue()) - 1), st.sampled_from("abcXYZ019_-"))
def test_t31_one_wrong_sign_is_noticed_without_a_look_up(at: int, sign: str) -> None:
    token = tokens.issue()
    mistyped = token[:at] + sign + token[at + 1 :]
    assert tokens.is_ours(mistyped) == (mistyped == token)


@given(st.text())
def test_t32_nothing_that_anybody_types_is_a_token(text: str) -> None:
    assert not tokens.is_ours(text)


@pytest.mark.parametrize("text", ["", ":token", "null", "ps_", "ps_" + "a" * 49, "é" * 52])
def test_t32_what_is_no_token_is_refused(text: str) -> None:
    assert not tokens.is_ours(text)
    assert "/" not in tokens.PATTERN


def test_t32_a_line_end_is_no_part_of_a_token() -> None:
    assert not tokens.is_ours(tokens.issue() + "\n")


def test_only_a_hash_of_it_is_kept() -> None:
    token = tokens.issue()
    assert re.fullmatch("[0-9a-f]{64}", hash_of(token))
    assert hash_of(token) != hash_of(tokens.issue())
