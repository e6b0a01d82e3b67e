"""/metrics: figures for Prometheus, added up over all processes, behind a token (features O5)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from dashboard import counts
from dashboard.accounts.models import User
from dashboard.exposition import Family, Sample, text
from orders import services
from orders.models import ApiKey, Order, Write, now
from orders.queue import later
from orders.remote import RemoteError
from tests.cast import AsUser, mirrored
from tests.test_health import database_away  # noqa: F401  # a fixture
from tests.upstream import Step, Upstream

TOKEN = "a-token-for-prometheus"
LINE = re.compile(r'(# (HELP|TYPE) proofsheet_\w+ .+|proofsheet_\w+(\{(\w+="[^"]*",?)+\})? -?[0-9.e+-]+)')


@pytest.fixture
def token(settings: Settings, db: None) -> Iterator[str]:
    """What Prometheus brings; what the test counted is not left to a thread."""
    settings.METRICS_TOKEN = TOKEN
    yield TOKEN
    counts.flush()


def scrape(**headers: str) -> dict[str, float]:
    """The figures, by name and labels, once all is added up."""
    counts.flush()
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    assert answer.status_code == 200
    lines = answer.content.decode().splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


@pytest.mark.django_db
def test_is_not_there_without_a_token_in_the_settings(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("brought", ["", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", TOKEN, f"Basic {TOKEN}"])
def test_is_closed_to_whoever_does_not_bring_it(client: Client, token: str, brought: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": brought})
    assert (answer.status_code, answer["WWW-Authenticate"], answer.content) == (401, "Bearer", b"")


def test_is_not_opened_by_a_login(as_user: AsUser, alice: User, token: str) -> None:
    assert as_user(alice).get("/metrics").status_code == 401


class RequestsTests:
    def test_are_counted_by_address_and_class_of_status(self, token: str, as_user: AsUser, order: Order) -> None:
        browser = as_user(order.key.user)  # type: ignore[union-attr]
        browser.get(f"/orders/{order.pk}/")
        browser.get("/orders/999999/")
        browser.get("/no/such/address/")
        found = scrape()
        assert found['proofsheet_requests_total{route="orders:detail",status="2xx"}'] == 1
        assert found['proofsheet_requests_total{route="orders:detail",status="4xx"}'] == 1
        assert found['proofsheet_requests_total{route="none",status="4xx"}'] == 1

    def test_have_a_histogram_that_grows_to_their_number(self, token: str, client: Client) -> None:
        for _ in range(3):
            client.get("/healthz")
        found = scrape()
        bucket = 'proofsheet_request_seconds_bucket{route="healthz"'
        buckets = [n for name, n in found.items() if name.startswith(bucket)]
        assert len(buckets) == len(counts.BOUNDS)
        assert buckets == sorted(buckets)
        assert buckets[-1] == found['proofsheet_request_seconds_count{route="healthz"}'] == 3
        assert 0 < found['proofsheet_request_seconds_sum{route="healthz"}'] < 3

    @pytest.mark.parametrize(("seconds", "bound"), [(0, "0.005"), (0.005, "0.005"), (0.3, "0.5"), (11, "+Inf")])
    def test_fall_into_the_bucket_that_holds_them(self, token: str, seconds: float, bound: str) -> None:
        counts.observe("t", "here", seconds)
        counts.flush()
        assert counts.read("t") == [("here", bound, 1)]

    def test_are_added_to_those_of_other_processes(self, token: str) -> None:
        for _ in range(2):
            counts.add("t", "here")
            counts.flush()
        assert counts.read("t") == [("here", "", 2)]

    def test_are_not_noted_without_a_token(self, db: None, client: Client) -> None:
        client.get("/healthz")
        counts.flush()
        assert counts.read("requests") == []

    def test_wait_for_a_database_that_is_away(self, token: str, request: pytest.FixtureRequest) -> None:
        counts.add("t", "here")
        request.getfixturevalue("database_away")
        counts.flush()
        connection.close()
        assert counts._notes._noted == {("t", "here", ""): 1}


@pytest.mark.django_db(transaction=True)
def test_notes_are_added_by_themselves(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(counts, "FLUSH_AFTER", 0.01)
    counts.add("t", "here")
    timer = counts._notes._timer
    assert timer
    timer.join(10)
    assert counts.read("t") == [("here", "", 1)]
    with connection.cursor() as cursor:
        cursor.execute("truncate counts")


class AutoenhanceTests:
    def test_is_counted_by_what_it_answered(self, order: Order, upstream: Upstream, token: str) -> None:
        services.refresh(order)
        upstream.script("GET", "*", Step(status=404), Step(status=503, forever=True))
        for _ in range(2):
            with pytest.raises(RemoteError):
                services.refresh(order)
        found = scrape()
        assert found['proofsheet_upstream_total{status="ok"}'] == 1
        assert found['proofsheet_upstream_total{status="404"}'] == 1
        assert found['proofsheet_upstream_total{status="503"}'] >= 1

    def test_is_seen_to_be_paused(self, order: Order, upstream: Upstream, token: str) -> None:
        upstream.script("GET", "*", Step(status=429, headers={"Retry-After": "60"}))
        for _ in range(2):
            with pytest.raises(RemoteError):
                services.refresh(order)
        found = scrape()
        assert 50 < found["proofsheet_upstream_pause_seconds"] <= 60
        assert found['proofsheet_upstream_held_total{why="limited"}'] == 1
        assert found["proofsheet_upstream_down"] == 0


class StandingTests:
    def test_tells_of_jobs_that_are_due(self, token: str) -> None:
        later("orders.look", once="look:1", order_id=1)
        later("orders.look", once="look:2", at=now() - timedelta(hours=1), order_id=2)
        later("orders.look", once="look:3", at=now() + timedelta(hours=1), order_id=3)
        found = scrape()
        assert found['proofsheet_queue_jobs{queue="looks"}'] == 2
        assert 3600 <= found['proofsheet_queue_oldest_seconds{queue="looks"}'] < 3700
        assert found["proofsheet_workers"] == 0

    def test_tells_how_old_the_mirror_is(self, token: str, key: ApiKey) -> None:
        assert scrape()['proofsheet_keys{state="unread"}'] == 1
        ApiKey.objects.update(imported_at=now() - timedelta(minutes=30))
        mirrored(key, "1 Elm Row").watch.__class__.objects.update(next_at=now() - timedelta(minutes=2))
        found = scrape()
        assert 1800 <= found["proofsheet_sync_oldest_seconds"] < 1900
        assert 120 <= found["proofsheet_looks_late_seconds"] < 200

    def test_tells_of_writes_that_are_not_settled(self, token: str, alice: User, order: Order, key: ApiKey) -> None:
        Write.intend_rename(order, key, alice, "5 Elm Row", order.name)
        Write.objects.update(created_at=now() - timedelta(minutes=5))
        found = scrape()
        assert found["proofsheet_writes_pending"] == 1
        assert 300 <= found["proofsheet_writes_oldest_seconds"] < 400


def test_names_nobody(token: str, as_user: AsUser, alice: User, order: Order) -> None:
    """Neither people nor teams, orders or keys: who reads the figures may know none of them."""
    browser = as_user(alice)
    for path in ("/", f"/orders/{order.pk}/", "/teams/northlight/orders/?q=rosewood", "/keys/"):
        browser.get(path)
    counts.flush()
    page = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"}).content.decode().lower()
    assert [word for word in ("alice", "northlight", "rosewood", "studio", order.order_id) if word in page] == []


@given(value=st.text())
def test_any_label_stays_within_its_line(value: str) -> None:
    """By Prometheus' rule: a backslash, a quote and the end of a line are escaped."""
    written = text([Family("t", "gauge", "Help.", [Sample(1, {"a": value})])]).split("\n", 2)[2]
    quoted = re.fullmatch(r'proofsheet_t\{a="((?:[^"\\\n]|\\["\\n])*)"\} 1\n', written)
    assert quoted
    assert re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), quoted[1]) == value


def test_costs_nearly_nothing(token: str) -> None:
    """Two notes a request: far below a thousandth of what the quickest page takes."""
    began = time.process_time()
    for _ in range(1000):
        counts.add("requests", "orders:list", "2xx")
        counts.observe("request_seconds", "orders:list", 0.02)
    assert time.process_time() - began < 0.05
