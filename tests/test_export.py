"""/teams/<slug>/orders.csv: what a search finds, for spreadsheets."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, Shown
from orders.spreadsheets import FORMULA
from orders.views import export
from tests.cast import CHARLIES_KEY, AsUser, MakeKey, mirrored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/orders.csv"
AT = datetime(2026, 3, 5, 13, 30, 15, 250000, tzinfo=timezone(timedelta(hours=1)))
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]


@pytest.fixture
def client(as_user: AsUser, alice: User, key: ApiKey) -> Client:
    """Alice's browser."""
    return as_user(alice)


def table(client: Client, query: str = "") -> list[list[str]]:
    """The lines of the answer, as a spreadsheet reads them."""
    text = client.get(URL + query).getvalue().decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def names(client: Client, query: str = "") -> list[str]:
    return [row[0] for row in table(client, query)[1:]]


class ContentTests:
    def test_has_a_header_and_a_line_for_each_order(self, client: Client, key: ApiKey) -> None:
        facts = {"status": "processed", "shown": Shown.READY, "pictures": 30, "ready": 28, "failed": 2}
        mirrored(key, "12 Rosewood Ave", created_at=AT, order_id="abc-1", **facts)
        assert table(client) == [
            [
                *("name", "status", "status_at_autoenhance", "pictures", "ready", "failed"),
                *("created", "updated", "order_id", "by", "key"),
            ],
            [
                *("12 Rosewood Ave", "Ready", "processed", "30", "28", "2"),
                *("2026-03-05T12:30:15+00:00", "2026-03-05T12:30:15+00:00", "abc-1", "Alice", "Studio"),
            ],
        ]

    def test_an_order_that_lost_its_key_has_empty_cells(self, client: Client, key: ApiKey) -> None:
        mirrored(key, "")
        Order.objects.update(key=None)
        (row,) = table(client)[1:]
        assert (row[0], row[-2:]) == ("", ["", ""])

    def test_only_what_the_search_finds_in_its_order(self, client: Client, key: ApiKey) -> None:
        for name in ("1 Elm Row", "2 Oak Lane", "3 Elm Row"):
            mirrored(key, name)
        assert names(client, "?q=elm&sort=name") == ["1 Elm Row", "3 Elm Row"]
        assert names(client, "?q=elm&sort=-name") == ["3 Elm Row", "1 Elm Row"]

    def test_an_id_names_its_order(self, client: Client, key: ApiKey) -> None:
        order = mirrored(key, "1 Elm Row")
        mirrored(key, "2 Oak Lane")
        assert names(client, f"?q={order.order_id}") == ["1 Elm Row"]

    def test_what_is_similar_is_there_as_in_the_list(self, client: Client, order: Order) -> None:
        assert names(client, "?q=rosewod") == [order.name]
        assert names(client, "?q=nowhere") == []

    def test_never_another_teams(self, client: Client, charlie: User, make_key: MakeKey) -> None:
        mirrored(make_key(charlie, charlie.membership_set.get().team, CHARLIES_KEY), "9 Secret Street")
        assert names(client) == names(client, "?q=secret") == []

    @pytest.mark.parametrize("query", ["?q=%00", "?sort=name;--", "?q=created:banana", "?q=" + "x" * 3000, "?bom=2"])
    def test_odd_addresses_are_answered(self, client: Client, query: str) -> None:
        assert client.get(URL + query).status_code == 200


class SafetyTests:
    @pytest.mark.parametrize("name", FORMULAS)
    def test_no_cell_is_taken_for_a_formula(self, client: Client, key: ApiKey, name: str) -> None:
        mirrored(key, name, status="=cmd", order_id="+x")
        key.label = "@label"
        key.save()
        (row,) = table(client)[1:]
        assert (row[0], row[2], row[8], row[10]) == (f"'{name}", "'=cmd", "'+x", "'@label")

    @given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_every_name_comes_through_a_spreadsheet(self, client: Client, key: ApiKey, name: str) -> None:
        Order.objects.all().delete()
        mirrored(key, name)
        (cell,) = names(client)
        assert cell.removeprefix("'" if name.startswith(FORMULA) else "") == name
        assert not cell.startswith(FORMULA)


class AnswerTests:
    def test_is_a_file_with_a_plain_name(self, client: Client) -> None:
        answer = client.get(URL)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        assert answer["Content-Disposition"] == f'attachment; filename="northlight-orders-{day}.csv"'

    def test_a_byte_order_mark_comes_when_asked_for(self, client: Client) -> None:
        with_bom, without = client.get(f"{URL}?bom=1").getvalue(), client.get(URL).getvalue()
        assert with_bom == b"\xef\xbb\xbf" + without

    def test_a_viewer_may_export(self, as_user: AsUser, vera: User, key: ApiKey) -> None:
        mirrored(key, "1 Elm Row")
        assert names(as_user(vera)) == ["1 Elm Row"]

    def test_asks_nobody(self, client: Client, key: ApiKey, upstream: Upstream) -> None:
        mirrored(key, "1 Elm Row")
        table(client)
        assert upstream.calls() == []


class StreamTests:
    @pytest.fixture
    def five(self, key: ApiKey, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Five orders, of which two are in memory at a time."""
        monkeypatch.setattr(export, "AT_ONCE", 2)
        return [mirrored(key, f"{n} Elm Row", created_at=AT - timedelta(hours=n // 2)).name for n in range(5)]

    @pytest.mark.parametrize("query", ["?sort=name", "?sort=name&q=elm", "?sort=created"])
    def test_many_pages_make_one_table(self, client: Client, five: list[str], query: str) -> None:
        assert sorted(names(client, query)) == five

    def test_nothing_is_read_before_its_line_is_due(self, client: Client, five: list[str]) -> None:
        with CaptureQueriesContext(connection) as queries:
            lines = iter(client.get(f"{URL}?sort=name").streaming_content)
            header, first = next(lines), next(lines)
        before = len(queries)
        assert header.startswith(b"name,")
        assert first.startswith(b"0 Elm Row")
        with CaptureQueriesContext(connection) as rest:
            assert b"".join(lines).count(b"Elm Row") == len(five) - 2
        assert len(rest) == 4
        assert before < 20
