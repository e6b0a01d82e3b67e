"""T2: our list against the plain one, as pages of the same web server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client

from dashboard.accounts.models import User
from dashboard.health import worker_lives
from dashboard.local.processes import Processes
from tests.bench.data import World
from tests.bench.measure import Goal, wall, worst
from tests.launcher import free_port

ROOT = Path(__file__).resolve().parents[2]
PROCFILE = ("dashboard.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket")
CLIENTS = 8
EACH = 5
ROUNDS = 5


def throughput(world: World) -> list[Goal]:
    """T2: requests a second for the list as it opens, in each of the ordinary teams."""
    cookie = log_in(world.user)
    ratios: dict[str, float] = {}
    with server() as port:
        for team in world.ordinary:
            ours, plain = f"/teams/{team.slug}/orders/?q=", f"/plain/{team.slug}/"
            sizes = [len(_get(port, path, cookie, 1)) // 1000 for path in (ours, plain)]
            for path in (ours, plain):
                _load(port, path, cookie)
            pairs = [(_load(port, plain, cookie), _load(port, ours, cookie)) for _ in range(ROUNDS)]
            ratios[f"{team.name} ({sizes[0]} kB, plain {sizes[1]} kB)"] = median(slow / fast for slow, fast in pairs)
    figure, cell = worst(ratios, smallest=True)
    return [Goal("T2", "whole list page, requests a second", figure, 1.4, "x", cell, at_least=True)]


def log_in(user: User) -> str:
    """The cookie of this person, who has just logged in."""
    browser = Client()
    browser.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


@contextmanager
def server(*beside: str, **variables: str) -> Iterator[int]:
    """The web server of the Procfile over the bench's database, with these variables; its port. `beside`: "worker"."""
    port, database = free_port(), urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "DATABASE_URL": database._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "SITE_URL": f"http://127.0.0.1:{port}",
        **variables,
    }
    with TemporaryDirectory(prefix="proofsheet-bench-") as logs:
        processes = Processes(Path(logs))
        command = [sys.executable, "-m", "gunicorn", *PROCFILE, f"--bind=127.0.0.1:{port}"]
        try:
            processes.start("web", command, environment, ROOT)
            processes.wait_until("web", lambda: _answers(port))
            if "worker" in beside:
                processes.start("worker", [sys.executable, "manage.py", "work"], environment, ROOT)
                processes.wait_until("worker", worker_lives)
            yield port
        finally:
            processes.stop()


def _answers(port: int) -> bool:
    try:
        return bool(_get(port, "/healthz", "", 1))
    except (OSError, HTTPException):
        return False


def _load(port: int, path: str, cookie: str) -> float:
    """The seconds that all clients together need, each with a connection of its own."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return wall(lambda: list(pool.map(lambda _: _get(port, path, cookie, EACH), range(CLIENTS))))


def _get(port: int, path: str, cookie: str, times: int) -> bytes:
    """Ask for the page again and again; the last answer."""
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        for _ in range(times):
            client.request("GET", path, headers={"Cookie": cookie})
            answer = client.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise HTTPException(f"{path}: {answer.status}")
        return body
    finally:
        client.close()
