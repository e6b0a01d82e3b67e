"""The small cast of the tests, and the Autoenhance that they talk to.

alice owns the team Northlight and its key, bob is a member (a teammate), vera a viewer of it; charlie is a stranger
with a team of his own. `upstream` is the sandbox behind a socket that can be told to break; `key` is alice's key there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders import sync
from orders.models import ApiKey, Order, OrderDetail, OrderWatch
from orders.sandbox.app import create_app
from orders.sandbox.store import Store
from tests.upstream import Upstream

PASSWORD = "correct horse battery staple"
ALICES_KEY, BOBS_KEY, CHARLIES_KEY = "ae_alice_0123456789", "ae_bob_0123456789", "ae_charlie_0123456789"


def person(name: str) -> User:
    """A user with a verified address and a password that the tests know."""
    email = f"{name.lower()}@example.com"
    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def started(owner: User, name: str) -> Team:
    """A team, without a line about it: what a test finds in the timeline is what it did itself."""
    team = Team.objects.create(name=name, slug=name.lower())
    Membership.objects.create(user=owner, team=team, role=Role.OWNER)
    return team


@pytest.fixture
def alice(db: None) -> User:
    """Owns the team and its key."""
    return person("Alice")


@pytest.fixture
def team(alice: User) -> Team:
    """Northlight, alice's."""
    return started(alice, "Northlight")


@pytest.fixture
def bob(team: Team) -> User:
    """A teammate: member of Northlight."""
    user = person("Bob")
    Membership.objects.create(user=user, team=team, role=Role.MEMBER)
    return user


@pytest.fixture
def vera(team: Team) -> User:
    """Views Northlight."""
    user = person("Vera")
    Membership.objects.create(user=user, team=team, role=Role.VIEWER)
    return user


@pytest.fixture
def charlie(db: None) -> User:
    """A stranger, with a team of his own."""
    user = person("Charlie")
    started(user, "Faraway")
    return user


@pytest.fixture
def store() -> Iterator[Store]:
    """What Autoenhance remembers: an account for each key of the cast."""
    kept = Store()
    for key in (ALICES_KEY, BOBS_KEY, CHARLIES_KEY):
        kept.open_account(key)
    yield kept
    kept.close()


@pytest.fixture
def upstream(store: Store, settings: Settings) -> Iterator[Upstream]:
    """The Autoenhance of this test, on a socket."""
    with Upstream(create_app(store)) as server:
        settings.AUTOENHANCE_API_URL = server.url
        yield server


@pytest.fixture
def make_key(upstream: Upstream) -> Callable[..., ApiKey]:
    """Keeps a key without asking Autoenhance: make_key(user, team, secret, label=..., shared=...)."""

    def make(user: User, team: Team, secret: str, label: str = "Studio", **fields: Any) -> ApiKey:
        key = ApiKey(user=user, team=team, label=label, **fields)
        key.keep(secret)
        key.save()
        return key

    return make


@pytest.fixture
def key(alice: User, team: Team, make_key: Callable[..., ApiKey]) -> ApiKey:
    """Alice's key in Northlight."""
    return make_key(alice, team, ALICES_KEY)


@pytest.fixture
def order(key: ApiKey, store: Store, upstream: Upstream) -> Order:
    """An order of alice's account, imported: "12 Rosewood Ave"."""
    made = place_upstream(store, ALICES_KEY, "12 Rosewood Ave")
    sync.import_orders(key)
    upstream.clear()
    return Order.objects.get(order_id=made)


def place_upstream(store: Store, key: str, name: str | None, **fields: Any) -> str:
    """Make an order at Autoenhance itself; its id."""
    return store.create_order(store.open_account(key), name=name, **fields).order_id


def mirrored(key: ApiKey, name: str, *, images: Iterable[dict[str, Any]] = (), **fields: Any) -> Order:
    """An order of this key as the mirror holds it; Autoenhance is not asked and does not know it."""
    at = fields.pop("created_at", None) or timezone.now()
    order = Order(team=key.team, key=key, created_at=at, updated_at=at, **{"order_id": str(uuid.uuid4()), **fields})
    order.rename_to(name)
    order.save()
    blank = {"name": "", "status": None, "reason": None, "scene": None}
    numbered = [{**blank, "n": n, "id": f"image-{n}", **image} for n, image in enumerate(images, start=1)]
    OrderDetail.objects.create(order=order, images=numbered, next_n=len(numbered) + 1)
    OrderWatch.objects.create(order=order)
    return order


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A browser in which this person has just logged in."""

    def browse(user: User) -> Client:
        client = Client()
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        return client

    return browse


HTMX = {"HX-Request": "true"}
AsUser = Callable[[User], Client]
MakeKey = Callable[..., ApiKey]
