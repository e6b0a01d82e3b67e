"""L3 and L4: how soon news are on the screen, and what it costs to look for them while nobody does."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import chain, repeat
from statistics import quantiles
from typing import Any
from wsgiref.types import WSGIApplication

from django.utils import timezone
from werkzeug import Request, Response

from orders import due
from orders.absorb import Known
from orders.models import Hook, Order, OrderWatch, Shown
from tests.bench.data import World
from tests.bench.measure import Goal
from tests.bench.pages import log_in, server
from tests.bench.polls import PART, answer
from tests.upstream import Upstream

BROWSERS, SECONDS, INTERVAL, GIVE_UP = 60, 15, 5, 30
HOUR, BEGAN = timedelta(hours=1), datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
TIMES = 100


def webhook(world: World) -> list[Goal]:
    """L3: orders on the screen, each in a browser of its own, of which Autoenhance's webhook speaks once."""
    team = world.ordinary[-1]
    orders = list(Order.objects.filter(team=team, deleted=False).select_related("key__user").order_by("-pk")[:BROWSERS])
    _put_to_work(orders)
    cookie, hook = log_in(world.user), Hook.make(orders[0].key)
    address, secret = f"/hooks/autoenhance/{hook.token()}/", hook.secret()
    told: set[str] = set()
    with (
        Upstream(_autoenhance(orders, told)) as upstream,
        server("worker", AUTOENHANCE_API_URL=upstream.url, DEBUG="true") as port,
        ThreadPoolExecutor(BROWSERS) as pool,
    ):

        def wait(order: Order) -> float:
            return _until_shown(port, order, cookie, lambda: _tell(port, order, told, address, secret))

        seconds = list(pool.map(wait, orders))
    p95 = quantiles(seconds, n=20)[-1]
    cell = f"{len(seconds)} orders, slowest {max(seconds):.1f} s, asking every {INTERVAL} s"
    return [Goal("L3", "webhook received, to the news in an open browser: p95", p95, INTERVAL + 0.5, "s", cell)]


def unwatched(world: World) -> list[Goal]:
    """L4: looks at an order in the first hour of its work, by the rules that `tick` follows, whenever there is news."""
    chances = random.Random(4)
    patterns: dict[str, Iterable[Iterator[bool]]] = {
        "no news": (repeat(False) for _ in range(TIMES)),
        "news each time": (repeat(True) for _ in range(TIMES)),
        "news at random": (iter(lambda: chances.random() < 0.5, None) for _ in range(TIMES)),
    }
    most = {name: max(map(_looks, news)) for name, news in patterns.items()}
    worst = max(most, key=most.__getitem__)
    return [Goal("L4", "calls for an unwatched order in its first hour", most[worst], 40, "calls", worst)]


def _put_to_work(orders: list[Order]) -> None:
    """They are at work and were looked at a moment ago."""
    now = timezone.now()
    for order in orders:
        order.shown, order.status, order.pictures, order.version = Shown.PROCESSING, "processing", 3, 1
        order.updated_at = order.run_at = now
    Order.objects.bulk_update(orders, ["shown", "status", "pictures", "version", "updated_at", "run_at"])
    OrderWatch.objects.filter(order__in=orders).update(seen_at=now, next_at=now + HOUR)


def _autoenhance(orders: list[Order], told: set[str]) -> WSGIApplication:
    """Says of these orders that they are at work, and are ready once they are in `told`."""
    by_path = {f"/v3/orders/{order.order_id}": order for order in orders}

    @Request.application
    def say(request: Request) -> Response:
        order = by_path[request.path]
        ready = {} if order.order_id in told else {"status": "processing", "is_processing": True}
        return Response(json.dumps(answer(order, 3) | ready), content_type="application/json")

    return say


def _until_shown(port: int, order: Order, cookie: str, tell: Callable[[], None]) -> float:
    """A page that asks as often as it is told to; the seconds from the webhook to the answer that brings the news."""
    page, headers = f"/orders/{order.pk}/status/?v=1", {"Cookie": cookie, **PART}
    asks = time.monotonic() + random.uniform(0, INTERVAL)
    told = time.monotonic() + random.uniform(INTERVAL, SECONDS)
    ends, is_told = told + GIVE_UP, False
    while asks < ends:
        if not is_told and told < asks:
            _sleep_until(told)
            tell()
            told, is_told = time.monotonic(), True
        _sleep_until(asks)
        text, event = _send(port, "GET", page, headers)
        if is_told and b"Ready" in text:
            return time.monotonic() - told
        asks += event["every"] * random.uniform(0.9, 1.1)
    return GIVE_UP


def _sleep_until(moment: float) -> None:
    time.sleep(max(0, moment - time.monotonic()))


def _tell(port: int, order: Order, told: set[str], hook: str, secret: str) -> None:
    """The order is ready, and its webhook says so."""
    told.add(order.order_id)
    says = json.dumps({"event": "image_processed", "order_id": order.order_id})
    _send(port, "POST", hook, {"Authentication": secret}, says)


def _send(port: int, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[bytes, dict[str, Any]]:
    """The body of the answer, and what its header tells the page."""
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        client.request(method, path, body, headers)
        got = client.getresponse()
        return got.read(), json.loads(got.headers.get("HX-Trigger", "{}")).get("live", {})
    finally:
        client.close()


def _looks(news: Iterator[bool]) -> int:
    """How often an order is looked at that began just now."""
    order, at, looks = Known("o", created_at=BEGAN, updated_at=BEGAN, shown=Shown.PROCESSING, run_at=BEGAN), BEGAN, 0
    for changed in chain([False], news):
        at = due.next_look(order, at, changed=changed) or BEGAN + HOUR
        if at >= BEGAN + HOUR:
            break
        looks += 1
        order.updated_at = at if changed else order.updated_at
    return looks
