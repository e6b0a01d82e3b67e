"""Orders that a complete list does not show any more: suspected, looked for, and deleted only when proved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orders import missing, services, sync
from orders.mirror import SEEN_EVERY
from orders.models import ApiKey, Order, OrderWatch, Shown, Sync, now
from orders.sandbox.store import Store
from orders.views.timeline import timeline
from tests.cast import ALICES_KEY, place_upstream
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

EMPTY = Step(json={"orders": [], "pagination": {"next_offset": None}})


def daily(key: ApiKey) -> Sync:
    return sync.read(Sync.take_up(key, Sync.Kind.DAILY))


def later(age: timedelta) -> None:
    """Let so much time pass for all that was seen or missed."""
    for watch in OrderWatch.objects.all():
        watch.seen_at -= age
        watch.missed_at = watch.missed_at and watch.missed_at - age
        watch.save()


@pytest.fixture
def gone(order: Order, store: Store, upstream: Upstream) -> Order:
    """An order that a complete list did not show an hour ago, and that cannot be retrieved."""
    upstream.script("GET", "/v3/orders/", EMPTY)
    upstream.script("GET", f"/v3/orders/{order.order_id}", Step(status=404), Step(status=404))
    later(timedelta(days=1))
    assert order.key
    daily(order.key)
    later(missing.PAUSE)
    return order


def test_what_a_complete_pass_did_not_list_is_only_suspected(gone: Order) -> None:
    assert gone.watch.missed_at is not None
    gone.refresh_from_db()
    assert not gone.deleted


def test_two_looks_an_hour_apart_prove_it(gone: Order, upstream: Upstream) -> None:
    missing.look()
    missing.look()
    assert len(upstream.calls("GET", f"/v3/orders/{gone.order_id}")) == 1
    assert not Order.objects.get().deleted
    later(missing.PAUSE)
    missing.look()
    order = Order.objects.get()
    assert (order.deleted, order.shown, order.version) == (True, Shown.DELETED, gone.version + 1)
    assert timeline(order)[0].text == "Deleted in Autoenhance"
    assert "x-api-key" not in upstream.calls("GET", f"/v3/orders/{gone.order_id}")[0].headers


def test_it_is_looked_for_no_more_then(gone: Order, upstream: Upstream) -> None:
    for _ in range(4):
        missing.look()
        later(missing.PAUSE)
    assert len(upstream.calls("GET", f"/v3/orders/{gone.order_id}")) == 2


@pytest.mark.parametrize("again", ["listed", "retrieved"])
def test_it_comes_back_when_it_is_seen_again(gone: Order, upstream: Upstream, again: str) -> None:
    for _ in range(2):
        missing.look()
        later(missing.PAUSE)
    assert gone.key
    if again == "listed":
        daily(gone.key)
    else:
        services.refresh(gone)
    order = Order.objects.get()
    assert (order.deleted, order.shown, order.watch.misses) == (False, gone.shown, 0)


def test_one_that_answers_is_suspected_no_more(order: Order, upstream: Upstream) -> None:
    upstream.script("GET", "/v3/orders/", EMPTY)
    later(timedelta(days=1))
    assert order.key
    daily(order.key)
    later(missing.PAUSE)
    missing.look()
    assert OrderWatch.objects.get().missed_at is None


def test_what_was_seen_between_two_looks_begins_anew(gone: Order) -> None:
    missing.look()
    assert gone.key
    sync.import_orders(gone.key)
    watch = OrderWatch.objects.get()
    assert (watch.missed_at, watch.misses) == (None, 0)


def test_a_look_that_fails_proves_nothing(order: Order, upstream: Upstream) -> None:
    OrderWatch.objects.update(missed_at=now() - missing.PAUSE)
    upstream.script("GET", f"/v3/orders/{order.order_id}", Step(status=503, forever=True))
    for _ in range(3):
        missing.look()
        later(missing.PAUSE)
    assert OrderWatch.objects.get().misses == 0


def test_a_pass_that_is_interrupted_suspects_nothing(order: Order, store: Store, upstream: Upstream) -> None:
    later(timedelta(days=1))
    upstream.script("GET", "/v3/orders/", Step(json={"orders": [], "pagination": {"next_offset": "t"}}))
    assert order.key
    sync.read(Sync.take_up(order.key, Sync.Kind.DAILY), 1)
    assert OrderWatch.objects.get().missed_at is None


def test_nor_does_a_list_that_repeats_itself(order: Order, upstream: Upstream) -> None:
    later(timedelta(days=1))
    step = Step(json={"orders": [], "pagination": {"next_offset": "t"}}, forever=True)
    upstream.script("GET", "/v3/orders/", step)
    assert order.key
    assert daily(order.key).reason
    assert OrderWatch.objects.get().missed_at is None


def test_what_was_seen_just_before_the_pass_waits_for_the_next(order: Order, upstream: Upstream) -> None:
    """Being seen is noted every ten minutes only."""
    upstream.script("GET", "/v3/orders/", EMPTY)
    later(SEEN_EVERY / 2)
    assert order.key
    daily(order.key)
    assert OrderWatch.objects.get().missed_at is None


def test_is_deleted_says_it_at_once(order: Order, store: Store, key: ApiKey) -> None:
    store.delete_order(store.order(order.order_id))  # type: ignore[arg-type]
    services.refresh(order)
    assert Order.objects.get().shown == Shown.DELETED
    place_upstream(store, ALICES_KEY, "5 Elm Row")
    later(timedelta(days=1))
    daily(key)
    assert OrderWatch.objects.get(order=order).missed_at is None
