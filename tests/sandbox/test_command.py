"""`python -m orders.sandbox`, and the orders that its --seed makes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from orders.sandbox import answers
from orders.sandbox.paging import Cut
from orders.sandbox.records import Order
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.sandbox.calls import NOON

KEY = "sk-recognisable-key"


def orders_of(store: Store, key: str) -> Iterator[Order]:
    offset = None
    while True:
        page = store.page(store.open_account(key), Cut.read("-date", "", 15, offset))
        yield from page.orders
        offset = page.next_offset
        if offset is None:
            return


def test_seeded_orders_are_of_every_kind(store: Store) -> None:
    seed(store, KEY, now=NOON)
    orders = list(orders_of(store, KEY))
    now = NOON.timestamp()
    statuses = Counter((order.status(now), order.is_merging(now)) for order in orders)
    assert len(orders) == 200
    assert set(statuses) >= {
        (word, False) for word in ("waiting", "processing", "processed", "error", "archived", None)
    }
    assert statuses["processing", True] == 2
    assert 110 <= sum(bool(order.images) for order in orders) <= 160
    assert max(len(order.images) for order in orders) in range(30, 41)
    assert any(order.name is None for order in orders)
    assert any(order.status(now) == "processed" and any(image.failure for image in order.images) for order in orders)


def test_seeded_orders_reach_from_today_half_a_year_back(store: Store) -> None:
    seed(store, KEY, now=NOON)
    days = [
        (NOON.date() - datetime.fromtimestamp(order.created_at, UTC).date()).days for order in orders_of(store, KEY)
    ]
    assert days.count(0) >= 4
    assert days.count(1) >= 4
    assert 170 <= max(days) <= 180
    assert min(days) == 0


def told(store: Store) -> list[dict[str, object]]:
    return [answers.order(order, NOON.timestamp()) for order in orders_of(store, KEY)]


def test_seeding_again_does_nothing_and_the_same_key_gives_the_same_orders(store: Store) -> None:
    seed(store, KEY, 30, NOON)
    first = told(store)
    seed(store, KEY, 60, NOON + timedelta(days=1))
    other = Store(clock=NOON.timestamp)
    seed(other, KEY, 30, NOON)
    assert told(store) == told(other) == first
    other.close()


def test_two_keys_get_orders_of_their_own(store: Store) -> None:
    seed(store, KEY, 20, NOON)
    seed(store, "sk-other", 20, NOON)
    assert not {order.order_id for order in orders_of(store, KEY)} & {
        order.order_id for order in orders_of(store, "sk-other")
    }


def test_speed_ends_seeded_work_sooner() -> None:
    clock = [NOON.timestamp()]
    store = Store(clock=lambda: clock[0], speed=60)
    seed(store, KEY, 1, NOON)
    (order,) = orders_of(store, KEY)
    assert answers.order(order, clock[0])["status"] == "processing"
    clock[0] += 90 / 60
    assert answers.order(order, clock[0])["status"] == "processed"
    store.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "orders.sandbox",
        "--port",
        "0",
        "--data",
        str(tmp_path / "sandbox"),
        "--seed",
        KEY,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_told_to_stop_and_never_logs_the_key(served: subprocess.Popen[str], number: int) -> None:
    assert served.stdout is not None
    address = served.stdout.readline().strip()
    for key in (KEY, "sk-wrong"):
        answer = requests.get(f"{address}/v3/orders/?q={key}", headers={"x-api-key": key}, timeout=10)
        assert answer.status_code == (200 if key == KEY else 401)
    served.send_signal(number)
    _, log = served.communicate(timeout=10)
    assert served.returncode == 0
    assert [line.split(" ", 2)[2] for line in log.splitlines()] == ["GET /v3/orders/ 200", "GET /v3/orders/ 401"]
