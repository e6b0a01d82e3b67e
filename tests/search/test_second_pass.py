"""The second pass: only when nothing is found, to the nearest words of this team, and never to another team's."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Team, User
from orders.models import Order, Word
from orders.search import fuzzy, search
from orders.search.places import place_of
from tests.cast import ALICES_KEY, MakeKey, mirrored
from tests.search.conftest import Find, Remember


@pytest.fixture(autouse=True)
def _orders(remember: Remember) -> None:
    for name in ["12 Rosewood Ave", "112 Rosewood Avenue", "7 Maple Street", "9 Elm Road", "31 Heathfield Close"]:
        remember(name)


@pytest.mark.parametrize(
    ("text", "names", "similar"),
    [
        ("rosewod", ["112 Rosewood Avenue", "12 Rosewood Ave"], ["rosewood"]),
        ("12 rosewod", ["12 Rosewood Ave"], ["rosewood"]),
        ("rosewodo", ["112 Rosewood Avenue", "12 Rosewood Ave"], ["rosewood"]),
        ("maple stret", ["7 Maple Street"], ["street"]),
        ("mapel st", ["7 Maple Street"], ["maple"]),
        ("9 rad", ["9 Elm Road"], ["road"]),
        ("heath clse", ["31 Heathfield Close"], ["close"]),
        ("3 heathfeild", ["31 Heathfield Close"], ["heathfield", "31"]),
        ("rosewod zzzzzz", [], []),
        ("roooowood", [], []),
        ('"rosewod"', [], []),
        ("name:rosewod", [], []),
        ("rosewod status:error", [], []),
    ],
)
def test_finds_what_was_meant(
    team: Team, alice: User, find: Find, text: str, names: list[str], similar: list[str]
) -> None:
    assert find(text) == names
    assert search(team, alice, text).similar == similar


def test_never_mixes_the_two(team: Team, alice: User, find: Find, remember: Remember) -> None:
    remember("1 Rosewod Lane")
    assert find("rosewod") == ["1 Rosewod Lane"]
    assert search(team, alice, "rosewod").similar == []


def test_numbers_go_on(team: Team, alice: User, find: Find) -> None:
    assert find("11 rosewood") == ["112 Rosewood Avenue"]
    assert search(team, alice, "11 rosewood").similar == ["112"]


def test_keeps_the_filters(find: Find) -> None:
    Order.objects.filter(name__startswith="112").update(shown=5)
    assert find("rosewod status:error") == ["112 Rosewood Avenue"]


def test_counts_and_orders_are_of_the_pass_that_found_them(team: Team, alice: User) -> None:
    assert search(team, alice, "rosewod").count() == (2, True)
    assert search(team, alice, "rosewod").orders.count() == 2
    assert sum(search(team, alice, "rosewod").status_counts().values()) == 2
    assert search(team, alice, "rosewod").marks("12 Rosewood Ave") == [
        ("12 ", False),
        ("Rosewood", True),
        (" Ave", False),
    ]


def test_the_second_page_is_of_the_same_pass(team: Team, alice: User) -> None:
    first = search(team, alice, "rosewod").ids("-created", None, 1)
    place = place_of(Order.objects.get(pk=first[0]), "-created")
    second = search(team, alice, "rosewod").ids("-created", place, 1)
    assert len({*first, *second}) == 2


def test_another_teams_words_are_never_used(team: Team, alice: User, charlie: User, make_key: MakeKey) -> None:
    faraway = Team.objects.of(charlie).get()
    order = mirrored(make_key(charlie, faraway, ALICES_KEY), "1 Zanzibar Quay")
    Word.objects.learn(faraway, [order.find])
    found = search(team, alice, "zanzibr")
    assert (found.ids("-created", None, 25), found.similar, found.count()) == ([], [], (0, True))
    assert fuzzy.similar(team, found.query) is None
    assert fuzzy.similar(team, search(team, alice, "zanzib").query) is None
    assert search(faraway, charlie, "zanzibr").ids("-created", None, 25) == [order.pk]


def test_five_words_are_the_most_and_the_nearest(team: Team, alice: User) -> None:
    Word.objects.learn(team, [" harbor harbour harbours harbord harbr harbur harbar "])
    near = fuzzy.similar(team, search(team, alice, "harbuor").query)
    assert near
    assert near["harbuor"][0] == "harbour"
    assert len(near["harbuor"]) == fuzzy.NEAREST


def test_a_long_text_has_no_second_pass(team: Team, alice: User) -> None:
    text = " ".join(f"rosewo{letter}d" for letter in "abcdefghijklm")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert search(team, alice, text).ids("-created", None, 25) == []
    assert len(queries) == 1


def test_a_vocabulary_that_takes_too_long_is_given_up(team: Team, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzy, "NEAR", "select word, 1 from orders_word, pg_sleep(30) where team_id = %(team)s")
    monkeypatch.setattr(fuzzy, "MOST_MILLISECONDS", 50)
    assert search(team, alice, "rosewod").ids("-created", None, 25) == []
    assert Order.objects.count() == 5


def test_the_time_limit_ends_with_the_second_pass(team: Team, alice: User) -> None:
    search(team, alice, "rosewod").ids("-created", None, 25)
    with connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("15s",)


class WordTests:
    def test_keeps_words_of_four_letters_that_are_no_numbers(self, team: Team) -> None:
        Word.objects.all().delete()
        Word.objects.learn(team, [" 12 rosewood street elm 2034 12th ", " rosewood lane "])
        assert list(Word.objects.order_by("word").values_list("word", flat=True)) == ["lane", "rosewood", "street"]

    def test_learns_a_known_word_again_at_no_cost(self, team: Team) -> None:
        with CaptureQueriesContext(connection) as queries:
            Word.objects.learn(team, [" rosewood maple ", " rosewood "])
        assert len(queries) == 1
        assert Word.objects.filter(word="rosewood").count() == 1

    def test_relearns_what_the_names_have_now(self, team: Team) -> None:
        before = set(Word.objects.values_list("word", flat=True))
        Word.objects.learn(team, [" forgotten "])
        Word.objects.relearn()
        assert set(Word.objects.values_list("word", flat=True)) == before
