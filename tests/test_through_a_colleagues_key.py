"""Acting through a colleague's key (H5, D1; DESIGN section 1): who may, what it says, and that the key stays unseen."""

from __future__ import annotations

from html import unescape

import pytest
from django.urls import reverse

from dashboard.accounts.models import Team, User
from orders import services, sync
from orders.models import ApiKey, Event, Order, OrderKey
from orders.sandbox.store import Store
from tests.access import OURS, routes
from tests.canary import CANARY, Browser, shows
from tests.cast import BOBS_KEY, HTMX, AsUser, MakeKey, mirrored, place_upstream
from tests.upstream import Step, Upstream

# Renames commit before they send.
pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "12 Rosewood Ave", "14 Rosewood Ave"
LAST_FOUR = CANARY[-4:]


@pytest.fixture
def key(alice: User, team: Team, store: Store, make_key: MakeKey) -> ApiKey:
    """Alice's key, recognisable wherever it turns up, and open to teammates."""
    store.open_account(CANARY)
    return make_key(alice, team, CANARY, shared=True)


@pytest.fixture
def order(key: ApiKey, store: Store, upstream: Upstream) -> Order:
    """An order of alice's account, imported."""
    made = place_upstream(store, CANARY, OLD)
    sync.import_orders(key)
    upstream.clear()
    return Order.objects.get(order_id=made)


@pytest.fixture
def bobs(bob: User, as_user: AsUser) -> Browser:
    """Bob's browser, which remembers all that it was answered."""
    browser = Browser()
    browser.cookies = as_user(bob).cookies
    return browser


def rename(browser: Browser, order: Order, name: str = NEW, seen: str = OLD, **headers: str) -> int:
    url = reverse("orders:name", args=[order.pk])
    return int(browser.post(url, {"name": name, "seen": seen}, headers=headers).status_code)


def addresses(order: Order) -> list[str]:
    """Every address that bob may get of himself, of the team and of the order."""
    known = {"slug": order.team.slug, "pk": order.pk, "n": 1}
    named = [
        (name, arguments) for name, arguments in routes() if name in OURS and OURS[name].of in ("", "team", "order")
    ]
    return [
        reverse(name, kwargs={argument: known[argument] for argument in arguments})
        for name, arguments in named
        if OURS[name].get[1] == 200 and set(arguments) <= set(known)
    ]


class OpenTests:
    def test_the_call_carries_the_owners_key_and_the_timeline_says_so(
        self, bobs: Browser, order: Order, upstream: Upstream, store: Store
    ) -> None:
        assert rename(bobs, order) == 302
        (call,) = upstream.calls("PATCH")
        assert call.headers["x-api-key"] == CANARY
        assert store.order(order.order_id).name == NEW
        event = Event.objects.get(kind="renamed")
        assert (event.actor, event.through) == ("Bob", "Alice: Studio")
        told = f"Bob, through Alice’s key Studio, renamed it from “{OLD}” to “{NEW}”"
        assert told in bobs.get(order.get_absolute_url()).content.decode()
        assert told in bobs.get("/teams/northlight/activity/").content.decode()

    def test_no_answer_to_the_colleague_has_anything_of_the_key(
        self, as_user: AsUser, alice: User, bobs: Browser, order: Order, upstream: Upstream
    ) -> None:
        """T06, H5: on every page that he can open, in headers, cookies and files; its last four signs included."""
        upstream.script("PATCH", "*", Step(status=422, json={"message": CANARY, "detail": {"headers": [CANARY]}}))
        assert [rename(bobs, order), rename(bobs, order, **HTMX)] == [422, 200]
        for address in addresses(order):
            for headers in ({}, HTMX):
                bobs.get(address, headers=headers)
        assert len(bobs.seen) > 20
        assert [text for text in bobs.seen if shows(text) or LAST_FOUR in text] == []
        assert any("Alice" in text and "Studio" in text for text in bobs.seen)
        assert LAST_FOUR in as_user(alice).get("/keys/").content.decode()

    def test_a_colleagues_own_key_that_lists_the_order_comes_first(
        self, bob: User, bobs: Browser, order: Order, store: Store, make_key: MakeKey, upstream: Upstream
    ) -> None:
        store.open_account(BOBS_KEY)
        OrderKey.objects.create(order=order, key=make_key(bob, order.team, BOBS_KEY, "Van"))
        rename(bobs, order)
        assert upstream.calls("PATCH")[0].headers["x-api-key"] == BOBS_KEY
        assert Event.objects.filter(kind__in=["renamed", "refused"]).get().through == ""


class ClosedTests:
    @pytest.fixture(autouse=True)
    def _closed(self, key: ApiKey) -> None:
        key.open_to_teammates(False)

    def test_nothing_is_sent_and_the_page_says_why_and_whom_to_ask(
        self, bobs: Browser, order: Order, upstream: Upstream
    ) -> None:
        assert rename(bobs, order) == 422
        assert upstream.calls() == []
        page = unescape(bobs.get(order.get_absolute_url()).content.decode())
        assert "This order came through Alice's key, which is not open to teammates. Ask Alice to switch it on." in page
        assert reverse("orders:name", args=[order.pk]) not in page
        assert [text for text in bobs.seen if shows(text) or LAST_FOUR in text] == []

    def test_the_switch_is_told_to_the_team(self, bobs: Browser, key: ApiKey) -> None:
        key.open_to_teammates(True)
        page = bobs.get("/teams/northlight/activity/?group=keys").content.decode()
        assert page.index("Alice opened the key Studio to teammates") < page.index("Alice closed the key Studio")


class TwoKeysTests:
    """Two keys list one order: another takes over when its own is deleted or refused, and the timeline says so."""

    @pytest.fixture
    def vans(self, bob: User, order: Order, make_key: MakeKey) -> ApiKey:
        key = make_key(bob, order.team, CANARY, "Van", shared=True)
        OrderKey.objects.create(order=order, key=key)
        return key

    def told(self, bobs: Browser) -> str:
        return bobs.get("/teams/northlight/activity/?group=keys").content.decode()

    def test_when_it_is_deleted(self, alice: User, key: ApiKey, bobs: Browser, order: Order, vans: ApiKey) -> None:
        key.remove(alice)
        order.refresh_from_db()
        assert order.key == vans
        assert "Alice deleted the key Studio. 1 order goes through another key now" in self.told(bobs)

    def test_when_it_is_refused(
        self, key: ApiKey, bobs: Browser, order: Order, vans: ApiKey, upstream: Upstream
    ) -> None:
        upstream.script("GET", "*", Step(status=401, json={"message": "no"}))
        with pytest.raises(services.RemoteError):
            services.test_key(key)
        order.refresh_from_db()
        assert order.key == vans
        assert "Autoenhance refused Alice’s key Studio. 1 order goes through another key now" in self.told(bobs)

    def test_when_none_did_and_one_lists_it_later(
        self, alice: User, bob: User, key: ApiKey, bobs: Browser, order: Order, make_key: MakeKey, store: Store
    ) -> None:
        key.remove(alice)
        again = make_key(bob, order.team, CANARY, "Van")
        sync.import_orders(again)
        order.refresh_from_db()
        assert order.key == again
        assert "Orders without a working key go through Bob’s key Van now: 1" in self.told(bobs)

    def test_while_it_cannot_be_opened_the_line_names_the_one_that_stands_in(
        self, alice: User, key: ApiKey, bobs: Browser, order: Order, vans: ApiKey
    ) -> None:
        ApiKey.objects.filter(pk=key.pk).update(sealed=b"damaged")
        services.rename(alice, Order.objects.get(pk=order.pk), NEW, OLD)
        assert "Alice, through Bob’s key Van, renamed it" in bobs.get(order.get_absolute_url()).content.decode()

    def test_a_key_that_works_again_is_told(self, key: ApiKey, bobs: Browser, order: Order) -> None:
        key.refuse()
        services.test_key(key)
        services.test_key(key)
        assert self.told(bobs).count("Autoenhance takes Alice’s key Studio again") == 1


class FailureTests:
    def test_an_order_that_could_not_be_created_is_told(
        self, bobs: Browser, bob: User, key: ApiKey, upstream: Upstream
    ) -> None:
        upstream.script("POST", "*", Step(status=422, json={"message": "no"}))
        services.place(bob, key, "0b8f7a52-6a7e-4a29-9f5d-3f1d5a4a7e11", "5 Elm Row")
        page = bobs.get("/teams/northlight/activity/?group=failures").content.decode()
        assert "Bob, through Alice’s key Studio, could not create “5 Elm Row”" in page


def test_a_colleague_sees_the_same_rows_by_the_address_of_a_private_search(
    as_user: AsUser, alice: User, bob: User, key: ApiKey
) -> None:
    """Issue 4, item 8: the list's address is the whole search, whoever keeps a view of it."""
    for n in range(3):
        mirrored(key, f"{n} Elm Row", shown=5 - n % 2)
    address = "/teams/northlight/orders/?q=elm+status:error&sort=name"
    pages = [as_user(user).get(address).context["rows"] for user in (alice, bob)]
    mine, theirs = ([row.order.pk for row in rows] for rows in pages)
    assert mine == theirs
    assert len(mine) == 2
