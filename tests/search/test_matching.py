"""The first pass: every word, a number as a whole, a phrase as it is; and which pieces of a name matched."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.accounts.models import Team, User
from orders.fold import fold
from orders.models import Order
from orders.search import parse, search
from orders.search.marks import marks
from orders.search.needles import needles, telling
from tests.search.conftest import Find, Remember

NAMES = ["12 Rosewood Ave", "112 Rosewood Avenue", "12 Röse Court", "Flat 3, 12 High St", "100% wood_work \\ Ltd"]
NAMES += ["Rosewood Stables", "Stables of St Johns", "12b Rosewood Road"]


class FindingTests:
    @pytest.fixture(autouse=True)
    def _orders(self, remember: Remember) -> None:
        for name in NAMES:
            remember(name)

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("rosewood 12", ["12 Rosewood Ave"]),
            ("12 rose", ["12 Rosewood Ave", "12 Röse Court"]),
            ("AVE rosewood 12", ["12 Rosewood Ave"]),
            ("osewoo 112", ["112 Rosewood Avenue"]),
            ("street 12", ["Flat 3, 12 High St"]),
            ("röse ct", ["12 Röse Court"]),
            ("12b", ["12b Rosewood Road"]),
            ("wood_w", ["100% wood_work \\ Ltd"]),
            ("_", ["100% wood_work \\ Ltd"]),
            ('"12 high street"', ["Flat 3, 12 High St"]),
            ('"high 12"', []),
            ('"12 rosewood" ave', ["12 Rosewood Ave"]),
            ('"12 rosew"', []),
            ("12, High", ["Flat 3, 12 High St"]),
            ("stables -name:johns", ["Rosewood Stables"]),
            ("stables -johns", ["Stables of St Johns"]),
            ('-name:"12 rosewood" 12 ave', []),
            ("rosewood zzzzzz", []),
        ],
    )
    def test_finds(self, find: Find, text: str, names: list[str]) -> None:
        assert find(text) == names

    def test_the_last_word_may_be_short_for_another_or_not_finished(self, find: Find, remember: Remember) -> None:
        remember("Rosewood Street")
        assert find("rosewood st") == ["Rosewood Stables", "Rosewood Street"]
        assert find("st johns") == ["Stables of St Johns"]
        assert "12 Rosewood Ave" in find("rosewood ave")

    def test_a_short_form_before_the_last_word_is_what_it_stands_for(self, find: Find) -> None:
        assert find("st rosewood") == []

    @pytest.mark.parametrize("text", ["", "   ", "--- !", "👍", "\\", "%"])
    def test_finds_everything_by_a_text_without_words(self, find: Find, text: str) -> None:
        assert find(text) == sorted(NAMES)

    def test_finds_a_renamed_order_by_its_new_name_only(self, find: Find, remember: Remember) -> None:
        order = remember("7 Old Mill")
        order.rename_to("9 New Quay")
        order.save()
        assert find("new quay") == ["9 New Quay"]
        assert find("old mill") == []

    def test_finds_nothing_of_another_team(self, find: Find, remember: Remember, charlie: User) -> None:
        faraway = Team.objects.of(charlie).get()
        remember("Vanished House", deleted=True, shown=6)
        Order.objects.filter(name__in=["12 Rosewood Ave", "Vanished House"]).update(team=faraway)
        assert find("12 rosewood ave") == []
        assert find("is:deleted") == []

    def test_leaves_deleted_orders_out_unless_they_are_asked_for(self, find: Find, remember: Remember) -> None:
        remember("Vanished House", deleted=True, shown=6)
        assert find("vanished") == []
        assert find("vanished is:deleted") == ["Vanished House"]
        assert find("status:deleted") == ["Vanished House"]
        assert find("vanished -is:deleted") == []


def the_same(name: str, text: str) -> bool:
    return all(any(needle in fold(name) for needle in some) for some in needles(parse(text)))


@given(st.text("ab 12", max_size=20), st.lists(st.text("ab12", min_size=1, max_size=3), max_size=6).map(" ".join))
def test_leaving_implied_needles_out_changes_nothing(name: str, text: str) -> None:
    kept = telling(needles(parse(text)))
    assert all(any(needle in fold(name) for needle in some) for some in kept) == the_same(name, text)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.lists(st.sampled_from([*"ab", "12", "high", '"12 high"', "st", "ave"]), max_size=5).map(" ".join))
def test_the_database_and_the_needles_agree(remember: Remember, team: Team, alice: User, text: str) -> None:
    for name in NAMES:
        if not Order.objects.filter(name=name).exists():
            remember(name)
    found = set(search(team, alice, text).orders.values_list("name", flat=True))
    exact = {name for name in NAMES if the_same(name, text)}
    assert found == exact or not exact


class MarkTests:
    @pytest.mark.parametrize(
        ("text", "marked"),
        [
            ("rosewood", "12 [Rosewood] St."),
            ("SEW", "12 Ro[sew]ood St."),
            ("12", "[12] Rosewood St."),
            ("2", "12 Rosewood St."),
            ("street", "12 Rosewood [St]."),
            ("st", "12 Rosewood [St]."),
            ("tree", "12 Rosewood [St]."),
            ('"12 rosewood"', "[12 Rosewood] St."),
            ("name:rose", "12 [Rose]wood St."),
            ("-name:rose", "12 Rosewood St."),
            ("status:error", "12 Rosewood St."),
            ("o", "12 R[o]sew[oo]d St."),
        ],
    )
    def test_marks_what_matched(self, text: str, marked: str) -> None:
        pieces = marks("12 Rosewood St.", needles(parse(text)))
        assert "".join(f"[{piece}]" if matched else piece for piece, matched in pieces) == marked

    @pytest.mark.parametrize(
        ("name", "text", "marked"),
        [
            ("Café Größe", "cafe", "[Café] Größe"),
            ("Cafe\u0301 12", "cafe", "[Cafe\u0301] 12"),
            ("Größe", "osse", "Gr[öße]"),
            ("ⅳ", "iv", "[ⅳ]"),
            ("Flat #3", "apartment 3", "Flat [#][3]"),
        ],
    )
    def test_marks_the_letters_as_they_are_written(self, name: str, text: str, marked: str) -> None:
        pieces = marks(name, needles(parse(text)))
        assert "".join(f"[{piece}]" if matched else piece for piece, matched in pieces) == marked.replace("][", "")

    @given(st.text(max_size=60), st.text(max_size=20))
    def test_the_pieces_are_the_name(self, name: str, text: str) -> None:
        assert "".join(piece for piece, _ in marks(name, needles(parse(text)))) == name

    @given(st.lists(st.text("ab1", min_size=1, max_size=5), min_size=1, max_size=4).map(" ".join))
    def test_a_name_is_marked_by_each_of_its_words(self, name: str) -> None:
        assert {matched for piece, matched in marks(name, needles(parse(name))) if piece.strip()} == {True}
