"""A sandbox in memory with a clock that stands still, two empty accounts, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from orders.sandbox.app import create_app
from orders.sandbox.store import Store
from tests.sandbox.calls import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Iterator[Store]:
    store = Store(clock=clock)
    store.open_account("sk-mine")
    store.open_account("sk-theirs")
    yield store
    store.close()


@pytest.fixture
def client(store: Store) -> FlaskClient:
    return create_app(store).test_client()
