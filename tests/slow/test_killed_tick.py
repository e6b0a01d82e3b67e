"""A worker killed by -9 while it looks at orders and mails about them: another one does it, once (F53, F82)."""

from __future__ import annotations

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard.accounts.models import User
from orders import freshen
from orders.models import ApiKey, Event, Follow, Mail, Order, OrderWatch, now
from orders.queue import later
from orders.sandbox.store import Store
from orders.sync import import_orders
from tests.cast import ALICES_KEY, place_upstream
from tests.slow.procfile import Procfile
from tests.upstream import Step, Upstream
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = 3
# The clock of a worker begins a tick every minute; a claim of one that was killed lasts half of that.
TICK_SECONDS = 120


@pytest.fixture
def orders(key: ApiKey, store: Store, upstream: Upstream) -> list[Order]:
    """Open orders that alice follows, all due now."""
    for number in range(ORDERS):
        place_upstream(store, ALICES_KEY, f"{number} Elm Row")
    import_orders(key)
    upstream.clear()
    OrderWatch.objects.update(next_at=now())
    made = list(Order.objects.order_by("pk"))
    for order in made:
        Follow.switch(key.user, order, True)
    return made


def finish(upstream: Upstream, orders: list[Order]) -> None:
    """Autoenhance says of each that its one picture is ready."""
    for order in orders:
        image = {"image_id": f"i-{order.pk}", "image_name": "1.jpg", "status": "processed"}
        done = {"order_id": order.order_id, "status": "processed", "is_processing": False, "images": [image]}
        upstream.script("GET", f"/v3/orders/{order.order_id}", Step(json=done, forever=True))


def test_what_a_killed_worker_was_looking_at_is_looked_at_again(
    orders: list[Order], procfile: Procfile, upstream: Upstream
) -> None:
    """Killed during the call; the claim ends by itself, and nothing waits for the rescue of the job."""
    upstream.script("GET", "*", Step(hang=True))
    finish(upstream, orders)
    procfile.start("worker")
    upstream.wait(1, "GET", timeout=60)
    procfile.kill("worker")
    assert OrderWatch.objects.filter(claimed_until__gt=now()).count() == 1
    procfile.start("worker")
    wait_until(lambda: Event.objects.filter(kind=Event.Kind.FINISHED).count() == ORDERS, TICK_SECONDS)
    wait_until(lambda: Mail.objects.exclude(sent_at=None).count() == ORDERS, TICK_SECONDS)
    assert not OrderWatch.objects.exclude(next_at=None, claimed_until=None).exists()
    assert len(upstream.calls("GET")) == ORDERS + 1


def test_a_worker_killed_before_the_mail_is_noted_leaves_it_to_another(
    alice: User, orders: list[Order], procfile: Procfile, upstream: Upstream
) -> None:
    """Killed between the claim of a mail and its sending, which is what an overdue row without a job looks like."""
    finish(upstream, orders)
    freshen.tick()
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")
    later("orders.announce", once="a", order_id=orders[0].pk, run=0)
    procfile.start("worker")
    wait_until(lambda: Mail.objects.exclude(sent_at=None).count() == 1, TICK_SECONDS)
    procfile.kill("worker")
    Mail.objects.update(sent_at=None, due_at=now() - freshen.AFTER_FAILURE * 6)
    assert not ProcrastinateJob.objects.filter(task_name="orders.mail", status="todo").exists()
    procfile.start("worker")
    wait_until(lambda: Mail.objects.exclude(sent_at=None).count() == 1, TICK_SECONDS)
    assert Mail.objects.count() == 1
