"""An account's list into the mirror: imports, catch-ups, and going on where reading stopped."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dashboard.accounts.models import Team, User
from orders import services, sync
from orders.models import ApiKey, Event, Order, Sync
from orders.remote import KeyRejected, RateLimited, Unavailable
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, BOBS_KEY, CHARLIES_KEY, MakeKey, place_upstream
from tests.hurry import passes
from tests.upstream import Step, Upstream

EXAMPLES = Path(__file__).parent / "contract" / "examples"

pytestmark = pytest.mark.django_db(transaction=True)


def page(next_offset: str | None, *order_ids: str, **facts: Any) -> Step:
    orders = [{"order_id": order_id, "name": f"Order {order_id}", **facts} for order_id in order_ids]
    return Step(json={"orders": orders, "pagination": {"next_offset": next_offset, "per_page": 15}})


def asked(upstream: Upstream) -> list[str]:
    """The tokens that the list was asked with."""
    return [seen.query.get("offset", "") for seen in upstream.calls("GET", "/v3/orders/")]


@pytest.fixture
def picky(transactional_db: None) -> Iterator[None]:
    """A database that refuses an order of the name "Order o-2"."""
    with connection.cursor() as cursor:
        cursor.execute("alter table orders_order add constraint picky check (name <> 'Order o-2')")
        yield
        cursor.execute("alter table orders_order drop constraint picky")


class ImportTests:
    def test_reads_the_list_to_its_end(self, key: ApiKey, store: Store, upstream: Upstream) -> None:
        seed(store, ALICES_KEY, count=40)
        assert sync.import_orders(key) == 40
        assert Order.objects.of(key.team).count() == 40
        assert len(upstream.calls("GET", "/v3/orders/")) >= 3

    def test_does_it_again_without_doubling_or_events(self, key: ApiKey, store: Store) -> None:
        for number in range(20):
            place_upstream(store, ALICES_KEY, f"{number} Elm Row")
        sync.import_orders(key)
        versions = list(Order.objects.values_list("pk", "version"))
        sync.import_orders(key)
        assert list(Order.objects.values_list("pk", "version")) == versions
        assert Event.objects.filter(order_id__isnull=False).count() == 0

    def test_reads_only_this_keys_account(self, key: ApiKey, store: Store) -> None:
        place_upstream(store, CHARLIES_KEY, "Foreign")
        sync.import_orders(key)
        assert not Order.objects.exists()

    def test_says_once_that_it_imported(self, key: ApiKey, store: Store) -> None:
        place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        sync.import_orders(key)
        sync.import_orders(key)
        assert Event.objects.get(kind="imported").data == {"label": "Alice: Studio", "orders": 1}

    def test_an_order_that_moved_between_pages_is_one_order(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", page("t", "o-1", "o-2"), page(None, "o-2", "o-3"))
        sync.import_orders(key)
        assert Order.objects.count() == 3

    def test_an_empty_page_in_the_middle_does_not_end_it(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", page("t", "o-1"), page("u"), page(None, "o-2"))
        assert sync.import_orders(key) == 2

    @pytest.mark.usefixtures("picky")
    def test_one_order_that_cannot_be_stored_costs_no_other(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", page(None, *[f"o-{number}" for number in range(15)]))
        sync.import_orders(key)
        assert Order.objects.count() == 14
        assert Sync.objects.get().skipped == 1

    def test_the_vendors_own_examples_are_mirrored_and_shown(self, key: ApiKey, upstream: Upstream) -> None:
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


class GoingOnTests:
    def test_what_was_read_before_a_failure_is_there_with_the_place(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", page("t", "o-1"), Step(status=500), Step(status=500))
        with pytest.raises(Unavailable):
            sync.import_orders(key)
        assert Order.objects.count() == 1
        assert ApiKey.objects.get().imported_at is None
        waiting = Sync.objects.get()
        assert (waiting.state, waiting.offset, waiting.read) == ("waiting", "t", 1)
        assert "Autoenhance" in waiting.reason

    def test_reading_goes_on_at_the_page_that_failed(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", page("t", "o-1"), Step(status=429), page(None, "o-2"))
        with pytest.raises(RateLimited):
            sync.import_orders(key)
        passes(1)
        assert sync.import_orders(key) == 2
        assert asked(upstream) == ["", "t", "t"]

    def test_it_waits_longer_after_each_failure(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", Step(status=503, forever=True))
        pauses = []
        for _ in range(7):
            with pytest.raises(Unavailable):
                sync.import_orders(key)
            pauses.append(Sync.objects.get().pause // timedelta(minutes=1))
        assert pauses == [1, 2, 4, 8, 16, 30, 30]

    def test_a_rejected_key_is_marked_and_its_orders_stay(self, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", page("t", "o-1"), Step(status=401))
        with pytest.raises(KeyRejected):
            sync.import_orders(key)
        assert ApiKey.objects.get().refused_at is not None
        assert Order.objects.count() == 1
        assert Sync.objects.get().state == "stopped"

    @pytest.mark.parametrize("status", [400, 404, 410, 422])
    def test_a_refused_token_starts_at_the_first_page(self, key: ApiKey, upstream: Upstream, status: int) -> None:
        """F85: an expired token."""
        upstream.script("GET", "*", page("t", "o-1"), Step(status=status), page("u", "o-0", "o-1"), page(None, "o-2"))
        sync.import_orders(key)
        assert asked(upstream) == ["", "t", "", "u"]
        assert Order.objects.count() == 3

    def test_tokens_that_never_last_are_given_up_for_now(self, key: ApiKey, upstream: Upstream) -> None:
        for _ in range(6):
            upstream.script("GET", "*", page("t", "o-1"), Step(status=422))
        with pytest.raises(Exception, match="refused"):
            sync.import_orders(key)
        assert asked(upstream) == ["", "t"] * 4

    @pytest.mark.parametrize("ring", [["t"], ["t", "u"], ["t", "u", "v", "w", "x"]])
    @pytest.mark.parametrize("straight", [0, 3])
    def test_a_list_that_goes_round_ends(self, key: ApiKey, upstream: Upstream, ring: list[str], straight: int) -> None:
        """F85; also when reading is interrupted again and again."""
        tokens = [f"s{number}" for number in range(straight)] + ring * 8
        upstream.script("GET", "*", *[page(token, f"o-{token}") for token in tokens])
        pass_ = Sync.take_up(key, Sync.Kind.IMPORT)
        while pass_.unfinished:
            pass_ = sync.read(Sync.take_up(key, Sync.Kind.IMPORT), 2)
        assert "repeat" in pass_.reason
        assert Order.objects.count() == straight + len(ring)
        assert len(asked(upstream)) <= 3 * (straight + len(ring)) + 1

    def test_of_two_that_read_one_list_each_page_counts_once(self, key: ApiKey, upstream: Upstream) -> None:
        """F82."""
        slow = page("t", "o-1")
        upstream.script("GET", "*", Step(json=slow.json, delay=0.5), slow, page(None, "o-2"))
        other = threading.Thread(target=_in_thread, args=(key,))
        other.start()
        upstream.wait(1)
        sync.import_orders(key)
        other.join(15)
        done = Sync.objects.get()
        assert (done.state, done.read, Order.objects.count()) == ("done", 2, 2)


class CatchUpTests:
    def test_ends_at_a_page_that_holds_nothing_new(self, key: ApiKey, store: Store, upstream: Upstream) -> None:
        for number in range(40):
            place_upstream(store, ALICES_KEY, f"{number} Elm Row")
        sync.import_orders(key)
        upstream.clear()
        place_upstream(store, ALICES_KEY, "5 Mill Lane")
        sync.catch_up(key)
        assert len(asked(upstream)) == 2
        assert Order.objects.filter(name="5 Mill Lane").exists()

    def test_sees_what_changed_at_autoenhance(self, key: ApiKey, store: Store) -> None:
        made = place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
        sync.import_orders(key)
        store.edit_order(store.order(made), "14 Rosewood Ave", "name")
        sync.catch_up(key)
        assert Order.objects.get().find == " 14 rosewood avenue "
        assert Event.objects.get(kind="name_changed").data == {"old": "12 Rosewood Ave", "new": "14 Rosewood Ave"}

    def test_one_that_had_to_begin_again_reads_to_the_end(self, key: ApiKey, upstream: Upstream) -> None:
        """What it read before is known, so a known page no longer says that all below it is."""
        upstream.script("GET", "*", page("t", "o-4"), Step(status=422), page("t", "o-4"), page("u"), page(None, "o-1"))
        sync.catch_up(key)
        assert Order.objects.count() == 2


class LookingForAPastedIdTests:
    def test_finds_what_was_just_made(self, alice: User, team: Team, key: ApiKey, order: Order, store: Store) -> None:
        made = place_upstream(store, ALICES_KEY, "5 Mill Lane")
        services.catch_up_for(alice, team)
        assert Order.objects.get(order_id=made).key == key

    def test_once_a_minute(self, alice: User, team: Team, order: Order, upstream: Upstream) -> None:
        for _ in range(3):
            services.catch_up_for(alice, team)
        assert len(upstream.calls()) == 1
        Sync.objects.update(began_at=Sync.objects.get(kind="catch_up").began_at - timedelta(minutes=1))
        services.catch_up_for(alice, team)
        assert len(upstream.calls()) == 2

    def test_reads_three_pages_and_leaves_the_rest_to_the_worker(
        self, alice: User, team: Team, key: ApiKey, store: Store, upstream: Upstream, run_jobs: Any
    ) -> None:
        for number in range(70):
            place_upstream(store, ALICES_KEY, f"{number} Elm Row")
        services.catch_up_for(alice, team)
        assert (len(upstream.calls()), Order.objects.count()) == (3, 45)
        run_jobs()
        assert Order.objects.count() == 70

    def test_begins_at_the_newest_though_a_catch_up_is_on_its_way(
        self, alice: User, team: Team, key: ApiKey, upstream: Upstream
    ) -> None:
        upstream.script("GET", "*", page("t", "o-2"), page(None, "o-3"))
        pass_ = sync.read(Sync.take_up(key, Sync.Kind.CATCH_UP), 1)
        Sync.objects.filter(pk=pass_.pk).update(began_at=pass_.began_at - timedelta(minutes=2))
        services.catch_up_for(alice, team)
        assert asked(upstream) == ["", ""]

    def test_uses_only_the_persons_own_keys(
        self, alice: User, bob: User, team: Team, key: ApiKey, make_key: MakeKey, upstream: Upstream
    ) -> None:
        make_key(bob, team, BOBS_KEY, shared=True)
        services.catch_up_for(alice, team)
        assert {seen.headers["x-api-key"] for seen in upstream.calls()} == {ALICES_KEY}

    def test_a_failure_is_nobodys_error(self, alice: User, team: Team, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("GET", "*", Step(status=503, forever=True))
        services.catch_up_for(alice, team)
        assert not Order.objects.exists()


def _in_thread(key: ApiKey) -> None:
    try:
        sync.import_orders(key)
    finally:
        connection.close()
