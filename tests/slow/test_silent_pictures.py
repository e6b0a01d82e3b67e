"""Autoenhance takes requests for pictures and never answers: lists stay fast, and every picture gets its placeholder.

Issue 5: no pool of threads fills up; upstream silent, 40 pictures asked for at once, list p95 <= 300 ms (decision 9).
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

import pytest
import requests

from dashboard.accounts.models import User
from orders.models import ApiKey, Order, Shown
from tests.cast import AsUser, mirrored
from tests.slow.procfile import Procfile
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

PICTURES, LISTS = 40, 60


@pytest.fixture
def order(key: ApiKey) -> Order:
    """An order with 40 pictures, all ready."""
    images = [{"status": "processed"}] * PICTURES
    return mirrored(key, "1 Elm Row", images=images, shown=Shown.READY, pictures=PICTURES, ready=PICTURES)


def test_forty_pictures_that_never_come_do_not_slow_the_list(
    procfile: Procfile, upstream: Upstream, order: Order, alice: User, as_user: AsUser
) -> None:
    session = as_user(alice).cookies["session"].value
    upstream.script("*", "*", Step(hang=True, forever=True))
    procfile.serve()

    def get(path: str) -> tuple[requests.Response, float]:
        began = time.monotonic()
        answer = requests.get(f"{procfile.address}{path}", cookies={"session": session}, timeout=30)
        return answer, time.monotonic() - began

    get("/teams/northlight/orders/?q=")
    with ThreadPoolExecutor(PICTURES) as pool:
        pictures = [pool.submit(get, f"/orders/{order.pk}/images/{n}/") for n in range(1, PICTURES + 1)]
        upstream.wait(1)
        lists = [get("/teams/northlight/orders/?q=") for _ in range(LISTS)]
        drawn = [picture.result()[0] for picture in pictures]
    assert {answer.status_code for answer, _ in lists} == {200}
    assert {(answer.status_code, answer.headers["Content-Type"]) for answer in drawn} == {(200, "image/svg+xml")}
    assert quantiles([seconds for _, seconds in lists], n=20)[-1] <= 0.3
