"""An account's list into the mirror."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orders import sync
from orders.models import ApiKey, Event, Order
from orders.remote import KeyRejected, Unavailable
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, CHARLIES_KEY, place_upstream
from tests.upstream import Step, Upstream

EXAMPLES = Path(__file__).parent / "contract" / "examples"

pytestmark = pytest.mark.django_db(transaction=True)


def page(next_offset: str | None, *order_ids: str) -> Step:
    orders = [{"order_id": order_id, "name": f"Order {order_id}"} for order_id in order_ids]
    return Step(json={"orders": orders, "pagination": {"next_offset": next_offset, "per_page": 15}})


def test_reads_the_list_to_its_end(key: ApiKey, store: Store, upstream: Upstream) -> None:
    seed(store, ALICES_KEY, count=40)
    assert sync.import_orders(key) == 40
    assert Order.objects.of(key.team).count() == 40
    assert len(upstream.calls("GET", "/v3/orders/")) >= 3


def test_does_it_again_without_doubling_or_events(key: ApiKey, store: Store) -> None:
    for number in range(20):
        place_upstream(store, ALICES_KEY, f"{number} Elm Row")
    sync.import_orders(key)
    versions = list(Order.objects.values_list("pk", "version"))
    sync.import_orders(key)
    assert list(Order.objects.values_list("pk", "version")) == versions
    assert Event.objects.filter(order_id__isnull=False).count() == 0


def test_reads_only_this_keys_account(key: ApiKey, store: Store) -> None:
    place_upstream(store, CHARLIES_KEY, "Foreign")
    sync.import_orders(key)
    assert not Order.objects.exists()


def test_says_once_that_it_imported(key: ApiKey, store: Store) -> None:
    place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
    sync.import_orders(key)
    sync.import_orders(key)
    assert Event.objects.get(kind="imported").data == {"label": "Alice: Studio", "orders": 1}


def test_a_repeated_page_token_ends_it(key: ApiKey, upstream: Upstream) -> None:
    """F85."""
    upstream.script("GET", "*", page("t", "o-1"), page("u", "o-2"), page("t", "o-3"), page("t", "o-4"))
    assert sync.import_orders(key) == 3


def test_an_empty_page_in_the_middle_does_not(key: ApiKey, upstream: Upstream) -> None:
    upstream.script("GET", "*", page("t", "o-1"), page("u"), page(None, "o-2"))
    assert sync.import_orders(key) == 2


def test_an_order_that_moved_between_pages_is_one_order(key: ApiKey, upstream: Upstream) -> None:
    upstream.script("GET", "*", page("t", "o-1", "o-2"), page(None, "o-2", "o-3"))
    sync.import_orders(key)
    assert Order.objects.count() == 3


def test_what_was_read_before_a_failure_is_there(key: ApiKey, upstream: Upstream) -> None:
    upstream.script("GET", "*", page("t", "o-1"), Step(status=500), Step(status=500))
    with pytest.raises(Unavailable):
        sync.import_orders(key)
    assert Order.objects.count() == 1
    assert ApiKey.objects.get().imported_at is None


def test_a_rejected_key_is_marked_and_its_orders_stay(key: ApiKey, upstream: Upstream) -> None:
    upstream.script("GET", "*", page("t", "o-1"), Step(status=401))
    with pytest.raises(KeyRejected):
        sync.import_orders(key)
    assert ApiKey.objects.get().refused_at is not None
    assert Order.objects.count() == 1


def test_the_vendors_own_examples_are_mirrored_and_shown(key: ApiKey, upstream: Upstream) -> None:
    listed = json.loads((EXAMPLES / "order_list.json").read_text())
    listed["pagination"]["next_offset"] = None
    upstream.script("GET", "*", Step(json=listed))
    sync.import_orders(key)
    assert {order.order_id for order in Order.objects.all()} == {order["order_id"] for order in listed["orders"]}
    assert {order.shown_word for order in Order.objects.filter(status="")} <= {
        "Unknown",
        "Merging",
        "Processing",
        "Deleted",
    }
