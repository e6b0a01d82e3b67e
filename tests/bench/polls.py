"""L1, L2 and L5: what it costs that people keep pages open, and that a page looks at Autoenhance."""

from __future__ import annotations

import os
import random
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from statistics import median
from typing import Any

import requests
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders.models import Order, OrderWatch, Shown
from tests.bench.data import World
from tests.bench.measure import CALLS, Goal, interleaved, p50, p99, wall
from tests.bench.pages import log_in, server
from tests.bench.settings import STORAGES
from tests.upstream import Step, Upstream

OPEN = 50
CLIENTS, EACH, ROUNDS = 8, 20, 9
PEOPLE, EVERY, SECONDS = 200, 5, 20
SIZES = {"2 kB": 3, "300 pictures": 300}
PART = {"HX-Request": "true"}


def nothing_new(world: World) -> list[Goal]:
    """L1: a poll of 50 open rows that nothing has happened to, against a page of two bytes, on the same server."""
    cookie, poll = log_in(world.user), _poll(world.ordinary[0])
    with server() as port:
        pairs = [(_load(port, "/two-bytes/", cookie, 200), _load(port, poll, cookie, 204)) for _ in range(ROUNDS + 1)]
    ratio = median(ours / least for least, ours in pairs[1:])
    return [Goal("L1", "poll with nothing new, of a page of two bytes", ratio, 1.5, "x", f"{OPEN} rows")]


def crowd(world: World) -> list[Goal]:
    """L2: 200 people with a list open, polling as they do in the liveliest minutes."""
    team = world.ordinary[0]
    people = User.objects.bulk_create([User(email=f"{n}@example.com", name=f"{n}") for n in range(PEOPLE)])
    Membership.objects.bulk_create([Membership(user=user, team=team, role=Role.MEMBER) for user in people])
    cookies, poll = [log_in(user) for user in people], _poll(team)
    with server() as port, ThreadPoolExecutor(PEOPLE) as pool:
        _load(port, poll, cookies[0], 204)  # each thread of the server has its connection to Postgres by then
        began, used = time.monotonic(), _busy(port)
        answers = [seconds for own in pool.map(lambda cookie: _watch(port, poll, cookie), cookies) for seconds in own]
        busy = (_busy(port) - used) / (time.monotonic() - began) / 2
    served = len([seconds for seconds in answers if seconds]) / len(answers)
    answers = [seconds for seconds in answers if seconds]
    cell = f"{len(answers)} polls, p50 {p50(answers) * 1000:.0f} ms"
    return [
        Goal("L2", "200 people polling: served", served * 100, 100, "%", cell, at_least=True),
        Goal("L2", "200 people polling: p99", p99(answers) / p50(answers), 2.5, "x p50", cell),
        Goal("L2", "200 people polling: workers at work", busy, 0.5, "of 1"),
    ]


def refresh(world: World) -> list[Goal]:
    """L5: an order's page with a look at Autoenhance, against that look alone."""
    browser = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    browser.force_login(world.user, settings.AUTHENTICATION_BACKENDS[0])
    order = Order.objects.filter(team=world.ordinary[-1], shown=Shown.READY).latest("pk")
    ratios = {}
    with Upstream() as upstream, requests.Session() as bare:
        for size, pictures in SIZES.items():
            upstream.clear()
            upstream.script("GET", "*", Step(json=answer(order, pictures), forever=True))
            fast = {"AUTOENHANCE_REQUESTS_PER_SECOND": 10_000, "STORAGES": STORAGES}
            with override_settings(AUTOENHANCE_API_URL=upstream.url, **fast):
                ours, least = _refreshed(browser, order), _read(bare, f"{upstream.url}/v3/orders/{order.order_id}")
                seconds = interleaved({"ours": ours, "bare": least}, times=CALLS)
            ratios[size] = p50(seconds["ours"]) / p50(seconds["bare"])
    bounds = {"2 kB": 7, "300 pictures": 6}
    return [Goal("L5", "order page with a refresh", ratios[size], bounds[size], "x", size) for size in SIZES]


def _poll(team: Team) -> str:
    """The address that a list asks of 50 orders that are at work and were looked at a moment ago."""
    pks = list(Order.objects.filter(team=team).order_by("-pk").values_list("pk", flat=True)[:OPEN])
    now = timezone.now()
    Order.objects.filter(pk__in=pks).update(shown=Shown.PROCESSING, updated_at=now, version=1)
    OrderWatch.objects.filter(pk__in=pks).update(seen_at=now + timedelta(hours=1))
    return f"/teams/{team.slug}/orders/status/?q=&rows={','.join(f'{pk}.1' for pk in pks)}"


def _load(port: int, path: str, cookie: str, status: int) -> float:
    """The seconds that all clients together need, each with a connection of its own."""

    def ask(_: int) -> None:
        client = HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(EACH):
            if _ask(client, path, cookie) != status:
                raise HTTPException(path)
        client.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return wall(lambda: list(pool.map(ask, range(CLIENTS))))


def _ask(client: HTTPConnection, path: str, cookie: str) -> int:
    client.request("GET", path, headers={"Cookie": cookie, **PART})
    answer = client.getresponse()
    answer.read()
    return answer.status


def _watch(port: int, path: str, cookie: str) -> list[float]:
    """One person for as long as it is measured: the seconds of each poll, 0 for one that was not served."""
    ends, taken = time.monotonic() + SECONDS, []
    time.sleep(random.uniform(0, EVERY))
    while time.monotonic() < ends:
        client, began, status = HTTPConnection("127.0.0.1", port, timeout=60), time.monotonic(), 0
        try:
            status = _ask(client, path, cookie)
        except (OSError, HTTPException):
            pass
        finally:
            client.close()
        seconds = time.monotonic() - began
        taken.append(seconds if status == 204 else 0)
        time.sleep(max(0, EVERY * random.uniform(0.9, 1.1) - seconds))
    return taken


def _busy(port: int) -> float:
    """The seconds of processor time that the web server's processes have used so far."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    pids = [line.split()[0] for line in listed.splitlines() if f"--bind=127.0.0.1:{port}" in line]
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def answer(order: Order, pictures: int) -> dict[str, Any]:
    """What Autoenhance says of the order, with as much beside it as it really sends."""
    at = order.updated_at.isoformat()
    more = {
        "ai_version": "5.x",
        "enhance_type": "property",
        "cloud_type": "CLEAR",
        "sky_replacement": True,
        "rating": 0,
    }
    images = [
        {"image_id": f"{n:032}", "image_name": f"living-room-{n}.jpg", "status": "processed", "scene": "living", **more}
        for n in range(pictures)
    ]
    said = {"order_id": order.order_id, "name": order.name, "status": "processed", "images": images}
    return said | {"created_at": at, "last_updated_at": at, "is_processing": False, "total_images": pictures}


def _refreshed(browser: Client, order: Order) -> Any:
    def ask(_: int) -> float:
        return wall(lambda: browser.post(f"/orders/{order.pk}/refresh/", headers=PART))

    if browser.post(f"/orders/{order.pk}/refresh/", headers=PART).status_code != 200:
        raise HTTPException("refresh")
    return ask


def _read(bare: requests.Session, url: str) -> Any:
    return lambda _: wall(lambda: bare.get(url, timeout=10).json())
