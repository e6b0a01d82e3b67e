"""Autoenhance goes away under load: pages stay, little is sent meanwhile, and it is soon noticed that it is back.

S8, F07, F40, R10: several processes of ours, as the Procfile starts them, and one limiter for all of them.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, Pace
from orders.models.pace import MOST_FAILURES
from tests.cast import AsUser, mirrored
from tests.slow.changes import CSRF
from tests.slow.procfile import ROOT, Procfile
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

OUTAGE, RECOVERY, PROCESSES = 30.0, 30.0, 4
OUTAGES = [Step(hang=True, forever=True), Step(status=503, forever=True), Step(reset="before", forever=True)]
# A process of its own, which asks for an order again and again until it is ended.
ASKS = """
import django; django.setup()
from contextlib import suppress
from orders.account import autoenhance
from orders.remote import RemoteError
while True:
    with suppress(RemoteError):
        autoenhance().retrieve("o1")
"""


class People:
    """Threads that open pages, and one that presses Refresh and Rename; what they were answered."""

    def __init__(self, address: str, session: str, order: Order) -> None:
        self._address = address
        self._page, self._order = f"{address}/teams/{order.team.slug}/orders/", f"{address}/orders/{order.pk}/"
        self._cookies = {"session": session, "csrf": CSRF}
        self._seen = order.name
        self.over = threading.Event()
        self.reads: list[tuple[int, float]] = []
        self.writes: list[requests.Response] = []

    def read(self) -> None:
        for page in self._until_over(self._page, self._order):
            began = time.monotonic()
            answer = requests.get(page, cookies=self._cookies, timeout=20)
            self.reads.append((answer.status_code, time.monotonic() - began))

    def write(self) -> None:
        for form in self._until_over(f"{self._order}refresh/", f"{self._order}name/"):
            self.writes.append(self.press(form, self._seen))

    def rename(self, order: Order) -> requests.Response:
        """Somebody else's rename, once."""
        return self.press(f"{self._address}/orders/{order.pk}/name/", order.name)

    def press(self, form: str, seen: str) -> requests.Response:
        typed = {"name": "5 Elm Row", "seen": seen, "csrfmiddlewaretoken": CSRF}
        return requests.post(form, typed, cookies=self._cookies, allow_redirects=False, timeout=30)

    def _until_over(self, *addresses: str) -> Iterator[str]:
        while not self.over.wait(0.1):
            yield from addresses


@contextmanager
def busy(people: People) -> Iterator[None]:
    """Ten people while the block runs."""
    with ThreadPoolExecutor(10) as pool:
        working = [pool.submit(people.read) for _ in range(8)] + [pool.submit(people.write) for _ in range(2)]
        try:
            yield
        finally:
            people.over.set()
    for one in working:
        one.result()


@contextmanager
def processes(procfile: Procfile, code: str, count: int = PROCESSES) -> Iterator[None]:
    """So many processes of Python that run this."""
    environment = procfile.environment | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    running = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.parametrize("outage", OUTAGES, ids=["silent", "503", "reset"])
def test_pages_stay_and_it_is_noticed_when_it_is_back(
    outage: Step, alice: User, key: ApiKey, order: Order, as_user: AsUser, procfile: Procfile, upstream: Upstream
) -> None:
    procfile.serve()
    another = mirrored(key, "7 Elm Row")
    people = People(procfile.address, as_user(alice).cookies["session"].value, order)
    upstream.script("*", "*", outage)
    with busy(people):
        time.sleep(OUTAGE)
        down_since = Pace.standing().down_since
        refused = people.rename(another)
        sent = len(upstream.calls())
        upstream.clear()
        back = time.monotonic()
        wait_until(lambda: Pace.standing().clear, RECOVERY)
    assert time.monotonic() - back < RECOVERY
    assert down_since
    answered = [status for status, _ in people.reads if status == 200]
    assert len(answered) >= 0.999 * len(people.reads) > 100
    assert (refused.status_code, "5 Elm Row" in refused.text) == (422, True)
    assert {answer.status_code for answer in people.writes} <= {200, 202, 302, 409, 422}
    # Nobody was left waiting for a call each: until the circuit opened, every thread may have had one under way.
    assert sent <= 16 + 2 * MOST_FAILURES + OUTAGE / 2


def test_all_processes_keep_one_rate(procfile: Procfile, upstream: Upstream) -> None:
    """Four of them ask as fast as they can; the least rate that the settings know is 50 a second."""
    with processes(procfile, ASKS):
        upstream.wait(300, timeout=60)
    at = [seen.at for seen in upstream.calls()]
    assert len(at) <= 51 + (at[-1] - at[0]) * 50 * 1.05


def test_all_processes_keep_a_pause(procfile: Procfile, upstream: Upstream) -> None:
    """F07: never earlier than Retry-After; then at half the rate."""
    with processes(procfile, ASKS):
        upstream.wait(50, timeout=60)
        upstream.script("GET", "*", Step(status=429, headers={"Retry-After": "4"}))
        wait_until(lambda: Pace.standing().limited_until)
        time.sleep(0.2)  # what was under way arrives
        before = upstream.calls()
        after = upstream.wait(len(before) + 50, timeout=60)[len(before) :]
    assert after[0].at - before[-1].at >= 3.5
    assert after[-1].at - after[0].at >= 50 / 50


def test_all_processes_have_one_circuit(procfile: Procfile, upstream: Upstream) -> None:
    """One look at a time while it is down, and all go on when one has succeeded."""
    upstream.script("*", "*", Step(status=503, forever=True))
    with processes(procfile, ASKS):
        wait_until(lambda: Pace.standing().down_since, 60)
        time.sleep(0.2)
        upstream.journal.clear()
        time.sleep(12)
        looks = upstream.calls()
        assert 2 <= len(looks) <= 12
        upstream.clear()
        upstream.wait(100, timeout=RECOVERY)
