"""How a bulk rename makes new names of old ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.names import clean
from orders.rules import Rule


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (Rule(find="ave", replace="Avenue"), "12 Rosewood Ave", "12 Rosewood Avenue"),
        (Rule(find="ave", replace="Avenue", match_case=True), "12 Rosewood Ave", "12 Rosewood Ave"),
        (Rule(find="o", replace="0"), "Oslo Road", "0sl0 R0ad"),
        (Rule(find=".*", replace="x"), "12 Elm", "12 Elm"),
        (Rule(find="Elm", replace=r"\1 \g<0>"), "12 Elm", r"12 \1 \g<0>"),
        (Rule(find=" – twilight"), "12 Elm – twilight", "12 Elm"),
        (Rule(start="2026 "), "12 Elm", "2026 12 Elm"),
        (Rule(end=" (old)"), "12 Elm", "12 Elm (old)"),
        (Rule(find="Elm", replace="Oak", start="A ", end=" Z"), "12 Elm", "A 12 Oak Z"),
        (Rule(find="Cafe\u0301", replace="Bar"), "Café 12", "Bar 12"),
        (Rule(start="  a  "), " 12  Elm ", "a 12 Elm"),
        (Rule(replace="x"), "12 Elm", "12 Elm"),
        (Rule(start="New"), "", "New"),
    ],
)
def test_makes_the_new_name(rule: Rule, old: str, new: str) -> None:
    assert rule(old) == new


@given(st.builds(Rule, st.text(), st.text(), st.booleans(), st.text(), st.text()), st.text())
def test_whatever_is_typed_makes_a_tidy_name(rule: Rule, name: str) -> None:
    assert rule(name) == clean(rule(name))


@given(st.builds(Rule, replace=st.text(), match_case=st.booleans()), st.text())
def test_a_rule_without_anything_to_do_changes_nothing(rule: Rule, name: str) -> None:
    assert not rule
    assert rule(name) == clean(name)
