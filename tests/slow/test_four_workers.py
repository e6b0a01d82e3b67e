"""Four workers in a storm of webhooks: what is finished is told once, and mailed to each follower once (D2, N1)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from pytest_django import Settings
from werkzeug import Request, Response

from dashboard.accounts.models import User
from orders.models import Announcement, ApiKey, Event, Follow, Hook, Mail, Order, Shown, now
from tests.cast import mirrored
from tests.slow.procfile import Procfile
from tests.test_hook import processed
from tests.upstream import Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, ORDERS, PICTURES, SECONDS = 4, 4, 30, 120
TOLD = {"orders.look", "orders.announce", "orders.mail"}


class Shoots:
    """The orders at Autoenhance: each picture is ready as soon as an event has spoken of it."""

    def __init__(self) -> None:
        self.ready: dict[str, set[int]] = {}

    @Request.application
    def __call__(self, request: Request) -> Response:
        order_id = request.path.rpartition("/")[2]
        ready = set(self.ready.get(order_id, ()))
        busy = len(ready) < PICTURES
        said = {
            "order_id": order_id,
            "status": "processing" if busy else "processed",
            "is_processing": busy,
            "images": [
                {"image_id": f"i-{n}", "image_name": f"{n}.jpg", "status": "processed" if n in ready else "processing"}
                for n in range(PICTURES)
            ],
        }
        return Response(json.dumps(said), content_type="application/json")


@pytest.fixture
def shoots() -> Shoots:
    return Shoots()


@pytest.fixture
def upstream(shoots: Shoots, settings: Settings) -> Iterator[Upstream]:
    """An Autoenhance that knows these orders alone."""
    with Upstream(shoots) as server:
        settings.AUTOENHANCE_API_URL = server.url
        yield server


@pytest.fixture
def orders(key: ApiKey, alice: User, bob: User) -> list[Order]:
    """At work; alice and bob follow each."""
    work = {"shown": Shown.PROCESSING, "status": "processing", "pictures": PICTURES, "run_at": now()}
    made = [mirrored(key, f"{number} Elm Row", **work) for number in range(ORDERS)]
    for order in made:
        for user in (alice, bob):
            Follow.switch(user, order, True)
    return made


@pytest.fixture
def workers(procfile: Procfile, upstream: Upstream, tmp_path: Path) -> Iterator[None]:
    """All four at work; they write into one log."""
    with ExitStack() as ends:
        for worker in (Procfile(upstream, tmp_path) for _ in range(WORKERS)):
            ends.callback(worker.kill_all)
            worker.start("worker")
        wait_until(lambda: ProcrastinateWorker.objects.count() == WORKERS, SECONDS)
        yield


def test_thirty_pictures_each_told_twice_in_any_order_end_once(
    key: ApiKey, orders: list[Order], procfile: Procfile, shoots: Shoots, workers: None, tmp_path: Path
) -> None:
    """One line for each order, and of each one mail to each follower."""
    procfile.serve()
    hook = Hook.make(key)
    address, headers = f"{procfile.address}/hooks/autoenhance/{hook.token()}/", {"Authentication": hook.secret()}
    events = [(order, n) for order in orders for n in range(PICTURES)] * 2
    random.shuffle(events)

    def tell(event: tuple[Order, int]) -> int:
        order, n = event
        shoots.ready.setdefault(order.order_id, set()).add(n)
        return requests.post(address, json=processed(order, image_id=f"i-{n}"), headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(tell, events)) == {204}
    wait_until(lambda: Mail.objects.exclude(sent_at=None).count() >= 2 * ORDERS, SECONDS)
    wait_until(lambda: not ProcrastinateJob.objects.filter(task_name__in=TOLD, status__in=["todo", "doing"]), SECONDS)
    ends = Event.objects.filter(kind=Event.Kind.FINISHED)
    assert sorted(ends.values_list("order_id", "data__ready")) == [(order.pk, PICTURES) for order in orders]
    assert not Announcement.objects.exists()
    assert Mail.objects.count() == 2 * ORDERS
    log = (tmp_path / "worker.log").read_text()
    assert [log.count(f"To: {name}@example.com") for name in ("alice", "bob")] == [ORDERS, ORDERS]
