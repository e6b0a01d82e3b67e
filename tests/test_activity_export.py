"""/teams/<slug>/activity.csv and .json: the filtered timeline as a file; and that who took a file is told."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Order
from orders.views import activity
from orders.views.export import noted
from tests.cast import ALICES_KEY, CHARLIES_KEY, AsUser, MakeKey, mirrored

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/activity"
Kind = Event.Kind


@pytest.fixture
def client(as_user: AsUser, alice: User, key: ApiKey) -> Client:
    """Alice's browser."""
    return as_user(alice)


@pytest.fixture
def order(key: ApiKey, bob: User) -> Order:
    """An order that was renamed at Autoenhance to what a spreadsheet would take for a formula."""
    order = mirrored(key, "=1+1")
    Event.add(Kind.RENAMED, order=order, actor=bob, key=key, old="A", new="=1+1")
    Event.add(Kind.STATUS, order=order, old=3, new=4, status="processed")
    return order


def table(client: Client, query: str = "") -> list[list[str]]:
    text = client.get(f"{URL}.csv{query}").getvalue().decode()
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row[1] != "team_created"]


def records(client: Client, query: str = "") -> list[dict[str, Any]]:
    found = json.loads(client.get(f"{URL}.json{query}").getvalue())
    return [record for record in found if record["kind"] not in ("team_created", "exported")]


class CsvTests:
    def test_has_a_header_and_a_safe_line_for_each_event(self, client: Client, order: Order) -> None:
        header, status, renamed = table(client, f"?order={order.pk}")
        assert header == ["at", "kind", "what", "by", "through", "order", "order_name"]
        assert status[1:] == ["status", "Processing → Ready", "", "", str(order.pk), "'=1+1"]
        sentence = "Bob, through Alice’s key Studio, renamed it from “A” to “=1+1”"
        assert renamed[1:] == ["renamed", sentence, "Bob", "Alice: Studio", str(order.pk), "'=1+1"]

    def test_times_are_utc_whatever_zone_the_team_has(self, client: Client, order: Order) -> None:
        Team.objects.update(time_zone="Asia/Tokyo")
        at = Event.objects.latest("pk").at
        assert table(client, f"?order={order.pk}")[1][0] == at.isoformat(timespec="seconds")
        assert at.utcoffset() is not None
        assert at.isoformat().endswith("+00:00")

    def test_a_byte_order_mark_comes_when_asked_for(self, client: Client, order: Order) -> None:
        query = f"?order={order.pk}"
        with_bom, without = (client.get(f"{URL}.csv{each}").getvalue() for each in (f"{query}&bom=1", query))
        assert with_bom == b"\xef\xbb\xbf" + without

    def test_only_what_the_filter_lets_pass(self, client: Client, order: Order, bob: User) -> None:
        assert [row[1] for row in table(client, f"?by={bob.pk}")[1:]] == ["renamed"]
        assert table(client, "?group=keys")[1:] == []


class JsonTests:
    def test_is_a_list_as_it_is_with_our_words_for_status(self, client: Client, order: Order) -> None:
        status, renamed = records(client)
        assert status["data"] == {"old": "processing", "new": "ready", "status": "processed"}
        assert (renamed["order_name"], renamed["data"]) == ("=1+1", {"old": "A", "new": "=1+1"})

    def test_nothing_is_an_empty_list(self, client: Client) -> None:
        assert json.loads(client.get(f"{URL}.json?group=keys").getvalue()) == []


class AnswerTests:
    @pytest.mark.parametrize(("kind", "type_"), [("csv", "text/csv; charset=utf-8"), ("json", "application/json")])
    def test_is_a_file_with_a_plain_name(self, client: Client, kind: str, type_: str) -> None:
        answer = client.get(f"{URL}.{kind}")
        assert answer["Content-Type"] == type_
        assert answer["Content-Disposition"].startswith('attachment; filename="northlight-activity-2')
        assert answer["Content-Disposition"].endswith(f'.{kind}"')

    @pytest.mark.parametrize("kind", ["csv", "json"])
    def test_many_pages_make_one_file(
        self, client: Client, team: Team, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(activity, "AT_ONCE", 2)
        for _ in range(5):
            Event.add(Kind.LINKS_OFF, team=team)
        answer = client.get(f"{URL}.{kind}?group=sharing").getvalue().decode()
        assert answer.count("links_off") == 5
        assert kind == "csv" or len(json.loads(answer)) == 6

    @pytest.mark.parametrize("kind", ["csv", "json"])
    def test_has_nothing_of_another_team(self, client: Client, charlie: User, make_key: MakeKey, kind: str) -> None:
        theirs = mirrored(make_key(charlie, Team.objects.get(slug="faraway"), CHARLIES_KEY), "9 Secret Street")
        Event.add(Kind.CREATED, order=theirs, actor=charlie)
        for query in ("", f"?order={theirs.pk}", f"?by={charlie.pk}"):
            text = client.get(f"{URL}.{kind}{query}").getvalue().decode()
            assert "Secret" not in text
            assert "Charlie" not in text


class NotedTests:
    ADDRESSES = ("/teams/northlight/orders.csv?q=status:error", f"{URL}.csv?group=keys", f"{URL}.json")

    def test_who_took_what_as_what_is_told(self, client: Client) -> None:
        for address in self.ADDRESSES:
            client.get(address).getvalue()
        told = Event.objects.filter(kind="exported").order_by("pk")
        assert {event.actor for event in told} == {"Alice"}
        assert [event.data for event in told] == [
            {"what": "orders", "format": "csv", "q": "status:error"},
            {"what": "activity", "format": "csv", "q": "group=keys"},
            {"what": "activity", "format": "json", "q": ""},
        ]

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_a_head_and_a_file_that_nobody_read_are_not(self, client: Client, address: str) -> None:
        client.head(address)
        client.get(address)
        assert not Event.objects.filter(kind="exported").exists()

    def test_a_file_that_is_read_writes_that_one_line_and_nothing_else(self, client: Client) -> None:
        """What "looking changes nothing" leaves out; once a minute, however often it is read."""
        before = Event.objects.count()
        for _ in range(3):
            client.get(f"{URL}.csv").getvalue()
        assert Event.objects.count() == before + 1

    def test_a_secret_that_somebody_searched_for_is_not_kept(self, client: Client) -> None:
        """V3: people paste keys and Autoenhance's ids into the search."""
        upstream_id = "0b8f7a52-6a7e-4a29-9f5d-3f1d5a4a7e11"
        client.get(f"/teams/northlight/orders.csv?q=elm {ALICES_KEY} {upstream_id} created:>=2026-01-01").getvalue()
        assert Event.objects.get(kind="exported").data["q"] == "elm … … created:>=2026-01-01"

    @pytest.mark.parametrize(
        "q", ["", "12 rosewood ave", 'status:error by:"ana duarte" images:>20', "Rosenheimerstraße"]
    )
    def test_a_search_is_kept_as_it_is(self, q: str) -> None:
        assert noted(q) == q
