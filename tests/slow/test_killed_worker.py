"""A worker killed by -9 in the middle of its jobs: another one takes them up again (S1: nothing is lost, F18)."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard.accounts.models import User
from orders import services
from orders.models import ApiKey, Event, Order, Write
from orders.queue import later
from orders.sandbox.paging import Cut
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, place_upstream
from tests.slow.procfile import Procfile
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PAGE, MORE = 15, 20
# A worker counts as dead after 60 and the rescue comes every 60; what it had claimed is free after 173.
RESCUE_SECONDS = 300


def test_the_jobs_of_a_killed_worker_are_taken_up_again(
    alice: User, key: ApiKey, order: Order, procfile: Procfile, store: Store, upstream: Upstream
) -> None:
    """Killed while it reads for a rename, sends a create again, and waits for the second page of an import."""
    _lose_answers(alice, key, order, upstream)
    upstream.script("GET", f"/v3/orders/{order.order_id}", Step(hang=True))
    upstream.script("POST", "*", Step(hang=True))
    procfile.start("worker")
    upstream.wait(2, "POST", timeout=60)
    upstream.wait(2, "GET", f"/v3/orders/{order.order_id}", timeout=60)
    _start_import(key, store, upstream)
    procfile.kill("worker")
    assert _jobs(status="doing") == 3
    assert Order.objects.count() == 1 + PAGE

    procfile.start("worker")
    wait_until(lambda: not _jobs(status__in=["todo", "doing"]), RESCUE_SECONDS)
    assert set(Write.objects.values_list("state", flat=True)) == {Write.State.DONE}
    assert _here() == _there(store)
    assert sorted(Event.objects.exclude(order_id=None).values_list("kind", flat=True)) == ["created", "renamed"]
    assert len({seen.body for seen in upstream.calls("POST")}) == 1
    assert len(upstream.calls("PATCH")) == 1


def _lose_answers(user: User, key: ApiKey, order: Order, upstream: Upstream) -> None:
    """A rename that was made and a create that was not, both unclear, and due for settling."""
    upstream.script("PATCH", "*", Step(process=True, reset="before"))
    upstream.script("POST", "*", Step(reset="before"))
    services.rename(user, order, "14 Rosewood Ave", order.name)
    services.place(user, key, str(uuid.uuid4()), "5 Elm Row")
    wait_until(lambda: _jobs(scheduled_at__lte=timezone.now()) == 2)


def _start_import(key: ApiKey, store: Store, upstream: Upstream) -> None:
    """An import that has mirrored its first page, and does not get its second."""
    before = len(upstream.calls("GET", "/v3/orders/"))
    for number in range(MORE):
        place_upstream(store, ALICES_KEY, f"{number} Mill Lane")
    upstream.script("GET", "/v3/orders/", Step(process=True), Step(hang=True))
    later("orders.import", once="import", key_id=key.pk)
    upstream.wait(before + 2, "GET", "/v3/orders/")


def _here() -> dict[str, str]:
    """The names in the mirror."""
    return dict(Order.objects.values_list("order_id", "name"))


def _there(store: Store) -> dict[str, str | None]:
    """The names at Autoenhance."""
    page = store.page(store.open_account(ALICES_KEY), Cut("date", None, "", 100))
    return {order.order_id: order.name for order in page.orders}


def _jobs(**which: object) -> int:
    """How many of ours there are; those that come by the clock are left out."""
    return ProcrastinateJob.objects.filter(task_name__in=["orders.settle", "orders.import"], **which).count()
