"""The checker itself: for each invariant a history that violates it, and one beside it that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.canary import CORE
from tests.slow.faults.checker import Here, World, check, linearizable
from tests.slow.faults.history import Op
from tests.slow.faults.service import Sent, There

KEY, OTHER = "ae_alice_0123456789", "ae_bob_0123456789"
CREATE = Op("c", "Alice", "create", "o1", "1 Elm Row", 1, 2, "ok", 302, "r1")
RENAME = Op("c", "Alice", "rename", "o1", "2 Elm Row", 3, 4, "ok", 302, "r2")
POST = Sent(1.5, "POST", "/v3/orders/", KEY, "o1", "1 Elm Row")
PATCH = Sent(3.5, "PATCH", "/v3/orders/o1", KEY, "o1", "2 Elm Row")
GOOD = World(
    ops=[CREATE, RENAME],
    there={"o1": There("2 Elm Row", KEY, False)},
    here=[Here("o1", "northlight", "2 Elm Row", False)],
    journal=[POST, PATCH],
    teams={KEY: "northlight", OTHER: "northlight"},
    permitted={"o1": KEY},
    states={"o1": "done"},
)
ROW = GOOD.here[0]
FAILED, UNCLEAR = replace(CREATE, told="fail"), replace(CREATE, told="unclear")
NONE: dict[str, Any] = {"there": {}, "here": [], "journal": []}
# What is changed in the good world, and the invariants that are violated then.
BAD: dict[str, tuple[dict[str, Any], set[str]]] = {
    "an ok create is not there": ({**NONE, "ops": [CREATE]}, {"I1"}),
    "an ok create is not here": ({"here": []}, {"I1", "I5"}),
    "an ok create is here twice": ({"here": [ROW, replace(ROW, team="faraway")]}, {"I1", "I5"}),
    "a failed create is there": ({"ops": [FAILED]}, {"I2"}),
    "an unclear create is never settled": ({"ops": [UNCLEAR, RENAME], "states": {"o1": "unclear"}}, {"I3"}),
    "an unclear create is there and not here": ({"ops": [UNCLEAR], "here": []}, {"I3", "I5"}),
    "one form made two orders": (
        {
            "journal": [POST, PATCH, replace(POST, order_id="o2")],
            "there": GOOD.there | {"o2": There("1 Elm Row", KEY, False)},
            "here": [ROW, Here("o2", "northlight", "1 Elm Row", False)],
        },
        {"I3"},
    ),
    "an ok rename vanished": (
        {"there": {"o1": There("1 Elm Row", KEY, False)}, "here": [replace(ROW, name="1 Elm Row")]},
        {"I4"},
    ),
    "a refused rename was made": ({"ops": [CREATE, replace(RENAME, told="fail")]}, {"I4"}),
    "another name here": ({"here": [replace(ROW, name="3 Elm Row")]}, {"I5"}),
    "deleted there and not here": ({"there": {"o1": There("2 Elm Row", KEY, True)}}, {"I5"}),
    "somebody else's order here": ({"here": [ROW, Here("o9", "northlight", "9 Elm Row", False)]}, {"I5"}),
    "an order that is not here": ({"there": GOOD.there | {"o9": There("9 Elm Row", KEY, False)}}, {"I5"}),
    "through another key": ({"journal": [POST, replace(PATCH, key=OTHER)]}, {"I6"}),
    "a key for a look": ({"journal": [POST, replace(PATCH, method="GET")]}, {"I6"}),
    "a key of nobody": ({"journal": [Sent(1, "GET", "/v3/orders/", "ae_nobody", "", "")]}, {"I6"}),
    "to another host": ({"strays": 1}, {"I6"}),
    "a key in the log": ({"sinks": {"the log": f"... {CORE.upper()} ..."}}, {"I7"}),
    "an answer of 500": ({"ops": [CREATE, replace(RENAME, status=500)]}, {"I8"}),
    "an answer without a reference": ({"ops": [CREATE, replace(RENAME, request_id="")]}, {"I8"}),
    "a process that is stuck": ({"unanswered": 1}, {"I8"}),
}


def test_nothing_is_wrong_in_a_good_world() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(("change", "violated"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_seen(change: dict[str, Any], violated: set[str]) -> None:
    assert {violation.invariant for violation in check(replace(GOOD, **change))} == violated


@pytest.mark.parametrize("state", ["done", "refused"])
def test_an_unclear_create_may_have_happened_or_not(state: str) -> None:
    world = replace(GOOD, ops=[UNCLEAR], states={"o1": state})
    assert check(world if state == "done" else replace(world, **NONE)) == []


def write(value: str, began: float, ended: float, told: str = "ok") -> Op:
    return Op("c", "Alice", "rename", "o1", value, began, ended, told, 302, "r")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("writes", "final", "expected"),
    [
        ([], "a", True),
        ([], "b", False),
        ([write("b", 1, 2), write("c", 3, 4)], "c", True),
        ([write("b", 1, 2), write("c", 3, 4)], "b", False),
        ([write("b", 1, 4), write("c", 2, 3)], "b", True),
        ([write("b", 1, 2, "unclear")], "a", True),
        ([write("b", 1, 2, "unclear")], "b", True),
        ([write("b", 1, 2, "unclear"), write("c", 3, 4)], "b", True),  # it arrived late
        ([write("b", 1, 2), write("c", 3, 4, "unclear")], "a", False),
    ],
)
def test_a_name_is_a_register(writes: list[Op], final: str, expected: bool) -> None:
    assert linearizable("a", writes, final) is expected
