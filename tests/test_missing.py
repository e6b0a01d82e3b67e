"""Orders that a complete list does not show any more: suspected, looked for, and deleted only when proved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orders import missing, services, sync
from orders.models import ApiKey, Order, OrderWatch, Shown, Sync, SyncPage, now
from orders.models.orders import SEEN_AT
from orders.sandbox.store import Store
from orders.views.timeline import timeline
from tests.cast import ALICES_KEY, place_upstream
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

EMPTY = Step(json={"orders": [], "pagination": {"next_offset": None}})


def page(next_offset: str | None, *order_ids: str) -> dict[str, Any]:
    return {"orders": [{"order_id": order_id} for order_id in order_ids], "pagination": {"next_offset": next_offset}}


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


def test_what_was_seen_since_the_pass_began_is_not_suspected(order: Order, upstream: Upstream) -> None:
    upstream.script("GET", "/v3/orders/", EMPTY)
    later(timedelta(days=1))
    assert order.key
    begun = Sync.take_up(order.key, Sync.Kind.DAILY)
    services.refresh(order)
    sync.read(begun)
    assert OrderWatch.objects.get().missed_at is None


def test_every_page_of_a_pass_counts_also_of_one_that_went_on_later(key: ApiKey, upstream: Upstream) -> None:
    upstream.script("GET", "/v3/orders/", Step(json=page("t", "o-1", "o-2")), Step(json=page(None, "o-3")))
    sync.import_orders(key)
    later(timedelta(days=1))
    upstream.script("GET", "/v3/orders/", Step(json=page("t", "o-1")), Step(json=page(None, "o-3")))
    sync.read(Sync.take_up(key, Sync.Kind.DAILY), 1)
    daily(key)
    assert [watch.order.order_id for watch in OrderWatch.objects.exclude(missed_at=None)] == ["o-2"]
    assert not SyncPage.objects.exists()


def test_a_pass_that_begins_anew_forgets_what_the_last_one_listed(order: Order, upstream: Upstream) -> None:
    assert order.key
    begun = Sync.take_up(order.key, Sync.Kind.DAILY)
    upstream.script("GET", "/v3/orders/", Step(json=page("t", order.order_id)), Step(json=page(None)))
    sync.read(begun, 1)
    assert SyncPage.objects.get().orders == [order.pk]
    begun.stop("")
    later(timedelta(days=1))
    daily(order.key)
    assert OrderWatch.objects.get().missed_at is not None


class SeenTests:
    """What a complete pass proves of the orders that it listed, though it writes nothing to them."""

    def test_a_listed_order_was_seen_when_the_pass_began(self, order: Order) -> None:
        later(timedelta(days=1))
        assert order.key
        before = OrderWatch.objects.values().get()
        began = daily(order.key).began_at
        assert OrderWatch.objects.values().get() == before
        seen = Order.objects.values_list(SEEN_AT, flat=True).get()
        assert seen == Order.objects.get().seen_at == began

    def test_a_missed_one_was_not(self, gone: Order) -> None:
        was_seen = OrderWatch.objects.get().seen_at
        assert Order.objects.values_list(SEEN_AT, flat=True).get() == Order.objects.get().seen_at == was_seen

    def test_one_that_was_looked_at_since_was_seen_then(self, order: Order) -> None:
        assert order.key
        daily(order.key)
        services.refresh(order)
        assert Order.objects.get().seen_at == OrderWatch.objects.get().seen_at

    def test_one_without_a_key_was_seen_when_it_was_looked_at(self, order: Order) -> None:
        Order.objects.update(key=None)
        assert Order.objects.values_list(SEEN_AT, flat=True).get() == Order.objects.get().seen_at

    def test_a_catch_up_notes_what_it_lists(self, order: Order) -> None:
        later(timedelta(days=1))
        assert order.key
        began = now()
        sync.catch_up(order.key)
        assert OrderWatch.objects.get().seen_at >= began
        assert not SyncPage.objects.exists()


def test_is_deleted_says_it_at_once(order: Order, store: Store, key: ApiKey) -> None:
    store.delete_order(store.order(order.order_id))  # type: ignore[arg-type]
    services.refresh(order)
    assert Order.objects.get().shown == Shown.DELETED
    place_upstream(store, ALICES_KEY, "5 Elm Row")
    later(timedelta(days=1))
    daily(key)
    assert OrderWatch.objects.get(order=order).missed_at is None
