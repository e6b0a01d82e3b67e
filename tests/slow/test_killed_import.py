"""An import whose worker is killed by -9 in the middle of its list, again and again: it goes on where it was (F18)."""

from __future__ import annotations

import pytest
from django.db import connection

from orders import rounds
from orders.models import ApiKey, Order, OrderWatch, Sync
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, place_upstream
from tests.slow.procfile import Procfile
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PAGES, PER_PAGE, KILLS = 12, 15, 3
HERE = "/v3/orders/"


def test_an_import_goes_on_where_its_worker_was_killed(
    key: ApiKey, procfile: Procfile, store: Store, upstream: Upstream
) -> None:
    for number in range(PAGES * PER_PAGE):
        place_upstream(store, ALICES_KEY, f"{number} Elm Row")
    upstream.script("GET", HERE, *[Step(process=True), Step(process=True), Step(hang=True)] * KILLS)
    for kill in range(1, KILLS + 1):
        _queue_again(key)
        procfile.start("worker")
        upstream.wait(3 * kill, "GET", HERE, timeout=60)
        procfile.kill("worker")
        assert Order.objects.count() == 2 * kill * PER_PAGE
    _queue_again(key)
    procfile.start("worker")
    wait_until(lambda: Sync.objects.get().state == "done", 60)
    assert Order.objects.count() == Sync.objects.get().read == PAGES * PER_PAGE
    assert OrderWatch.objects.count() == PAGES * PER_PAGE
    asked = [seen.query.get("offset") for seen in upstream.calls("GET", HERE)]
    assert len(asked) == PAGES + KILLS
    assert len(set(asked)) == PAGES


def _queue_again(key: ApiKey) -> None:
    """What the rescue does for the jobs of a dead worker, without the wait until it counts as dead."""
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'failed' where status = 'doing'")
    rounds.queue(key.pk, Sync.Kind.IMPORT)
