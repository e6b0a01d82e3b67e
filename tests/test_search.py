"""Plain search: every word, a number as a whole (DESIGN section 6)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.models import ApiKey, Order
from orders.search import matching
from tests.cast import mirrored

pytestmark = pytest.mark.django_db

NAMES = ["12 Rosewood Ave", "112 Rosewood Avenue", "12 Röse Court", "Flat 3, 12 High St", "100% wood_work \\ Ltd"]


@pytest.fixture(autouse=True)
def _orders(key: ApiKey) -> None:
    for name in NAMES:
        mirrored(key, name)


def found(text: str) -> list[str]:
    return sorted(matching(Order.objects.all(), text).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("rosewood", ["112 Rosewood Avenue", "12 Rosewood Ave"]),
        ("12 rose", ["12 Rosewood Ave", "12 Röse Court"]),
        ("AVE rosewood 12", ["12 Rosewood Ave"]),
        ("osewoo", ["112 Rosewood Avenue", "12 Rosewood Ave"]),
        ("street 12", ["Flat 3, 12 High St"]),
        ("röse ct", ["12 Röse Court"]),
        ("2", []),
        ("wood_w", ["100% wood_work \\ Ltd"]),
        ("_", ["100% wood_work \\ Ltd"]),
        ("rosewood nowhere", []),
    ],
)
def test_finds(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize("text", ["", "   ", "--- !", "👍", "\\", "%"])
def test_finds_everything_by_a_text_without_words(text: str) -> None:
    assert found(text) == sorted(NAMES)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=500))
def test_answers_whatever_is_typed(text: str) -> None:
    assert set(found(text)) <= set(NAMES)


def test_answers_the_longest_text_with_as_many_words() -> None:
    assert found("a " * 250) == sorted(name for name in NAMES if "a" in name.lower())
