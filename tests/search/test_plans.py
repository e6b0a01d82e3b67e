"""What a search costs, counted rather than timed: a team of 5,000 among 20,000 orders."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from dashboard.accounts.models import Team, User
from orders.fold import FOLD_VERSION, fold
from orders.models import ApiKey, Order, Shown, Word
from orders.search import search
from orders.search.places import SORTS, place_of
from tests.cast import person

pytestmark = pytest.mark.django_db

# Orders of several teams lie mixed in the table, as they come.
ALL, TEAMS = 20_000, 4
MINE = ALL // TEAMS
STREETS = ["Rosewood", "Maple", "Heathfield", "Victoria", "Orchard", "Station", "Church"]
KINDS = ["Street", "Avenue", "Road", "Lane", "Close"]
COLUMNS = "team_id, key_id, order_id, name, find, fold_version, status, shown, created_at, updated_at, pictures"
NOTHING = ", ready, failed, strip, deleted, version"


@pytest.fixture(scope="module")
def sue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[User]:
    """Owns all the teams. Committed and vacuumed once for this module: an index-only scan needs the visibility map."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # What is not on the disk yet is not visible to everybody, and a volatile server is in no hurry.
        cursor.execute("set synchronous_commit = on")
        user = person("Sue")
        _fill([_key(user, f"Studio {number}") for number in range(TEAMS)])
        Word.objects.relearn()
        cursor.execute("reset synchronous_commit")
        # Every page: also one that somebody writes at the moment, and one with a few rows that other tests rolled back.
        cursor.execute("vacuum (freeze, index_cleanup on, analyze) orders_order, orders_word")
    yield user
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def studio(sue: User) -> Team:
    """The team that is searched."""
    return Team.objects.get(name="Studio 0")


def _key(user: User, name: str) -> ApiKey:
    key = ApiKey(user=user, team=Team.objects.start(user, name), label="Key")
    key.keep("ae_key_0123456789")
    key.save()
    return key


def _fill(keys: list[ApiKey]) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    with connection.cursor() as cursor, cursor.copy(f"copy orders_order ({COLUMNS}{NOTHING}) from stdin") as rows:
        for number in range(ALL):
            key, turn = keys[number % TEAMS], number // TEAMS
            name = f"{turn % 400} {STREETS[turn % len(STREETS)]} {KINDS[turn % len(KINDS)]}"
            shown = Shown.ERROR if turn % 10 == 0 else Shown.READY
            at = first + timedelta(minutes=turn)
            facts = (name, fold(name), FOLD_VERSION, "processed", shown, at, at + timedelta(days=turn % 90), turn % 50)
            rows.write_row((key.team_id, key.pk, str(uuid.UUID(int=number << 96)), *facts, 0, 0, "", False, 1))


# Plans ----------------------------------------------------------------------------------------------------------------


def scans(queries: CaptureQueriesContext) -> list[dict[str, Any]]:
    """The nodes that read orders when these queries are run again, each with how many rows it looked at."""
    found = []
    for query in queries:
        if '"orders_order"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"explain (analyze, format json) {query['sql']}")
                (plan,) = cursor.fetchone()
            found += [node for node in _nodes(plan[0]["Plan"]) if node.get("Relation Name") == "orders_order"]
    return found


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def looked_at(node: dict[str, Any]) -> int:
    return int(node["Actual Rows"] * node["Actual Loops"]) + int(node.get("Rows Removed by Filter", 0))


def assert_index_only(nodes: list[dict[str, Any]]) -> None:
    assert nodes
    for node in nodes:
        assert (node["Node Type"], node.get("Index Name")) == ("Index Only Scan", "order_list"), json.dumps(node)
        assert node["Heap Fetches"] == 0


EVERY_SORT = [f"{sign}{name}" for name in SORTS for sign in ("", "-")]
EVERY_CLASS = [
    "",
    "rosewood",
    "12 rosewood",
    "zzzzzz",
    "ro",
    "7",
    "street",
    "status:error rosewood",
    "by:me images:>20",
]
EVERY_CLASS += [
    "created:2026-01-05..2026-01-08 lane",
    "-status:ready 12",
    "is:open",
    'name:"12 maple"',
    "rosewod",
    "(%_)",
]


@pytest.mark.parametrize("text", EVERY_CLASS)
def test_a_page_is_found_in_the_index_alone(sue: User, studio: Team, text: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, text).ids("-created", None, 26)
    assert_index_only(scans(queries))


@pytest.mark.parametrize("sort", EVERY_SORT)
@pytest.mark.parametrize("text", ["", "rosewood"])
def test_so_is_a_page_of_every_sort(sue: User, studio: Team, text: str, sort: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, text).ids(sort, None, 26)
    assert_index_only(scans(queries))


@pytest.mark.parametrize("text", ["", "rosewood", "zzzzzz", "status:error"])
def test_so_are_counts(sue: User, studio: Team, text: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, text).status_counts()
        search(studio, sue, text).count()
    assert_index_only(scans(queries))


# Rows -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "most"), [("", 26), ("street", 200), ("rosewood", 200), ("status:error", 300)])
def test_a_page_of_common_orders_looks_at_few(sue: User, studio: Team, text: str, most: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, text).ids("-created", None, 26)
    (scan,) = scans(queries)
    assert looked_at(scan) <= most


@pytest.mark.parametrize("sort", ["-created", "created"])
@pytest.mark.parametrize("depth", [0.1, 0.5, 0.99])
def test_a_deep_page_looks_at_as_few_as_the_first(sue: User, studio: Team, sort: str, depth: float) -> None:
    at = Order.objects.filter(team=studio).newest_first()[int(MINE * depth)]
    with CaptureQueriesContext(connection) as queries:
        assert search(studio, sue, "").ids(sort, place_of(at, sort), 26)
    (scan,) = scans(queries)
    assert looked_at(scan) <= 27


def test_a_date_bounds_what_is_looked_at(sue: User, studio: Team) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, "created:2026-01-05 zzzzzz").ids("-created", None, 26)
    assert looked_at(scans(queries)[0]) <= 24 * 60


def test_never_looks_at_another_teams_orders(sue: User, studio: Team) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, "zzzzzz").ids("name", None, 26)
    (scan,) = scans(queries)
    assert looked_at(scan) == MINE


def test_the_start_of_an_id_is_looked_up_by_its_own_index(sue: User, studio: Team) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, "id:0000001").ids("-created", None, 26)
    (scan,) = scans(queries)
    assert scan["Node Type"] != "Seq Scan"
    assert looked_at(scan) == 4


# Queries --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("rosewood", 1),
        ("rosewood status:error images:>3", 1),
        ("by:me rosewood", 2),  # and whose keys
        ('"zzzzzz"', 1),
        ("zzzzzz", 7),  # and, in a transaction with a time limit: nearest, and inside which words
        ("rosewod", 7),  # and a page of the second pass
        ("11111", 2),
    ],
)
def test_a_page_of_ids_needs_so_many_queries(sue: User, studio: Team, text: str, number: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(studio, sue, text).ids("-created", None, 26)
    assert len(queries) == number


def test_what_else_a_page_asks_for_needs_one_query_each(sue: User, studio: Team) -> None:
    found = search(studio, sue, "rosewood status:error")
    found.ids("-created", None, 26)
    with CaptureQueriesContext(connection) as queries:
        found.count()
        found.status_counts()
        assert found.similar == []
        found.marks("12 Rosewood")
    assert len(queries) == 2
