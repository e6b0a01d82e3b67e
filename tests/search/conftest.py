"""Orders to search in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order, Word
from orders.search import search
from tests.cast import mirrored

Remember = Callable[..., Order]
Find = Callable[..., list[str]]


@pytest.fixture
def remember(key: ApiKey) -> Remember:
    """remember(name, **fields): an order of alice's key, as a sync would leave it."""

    def make(name: str, *, key: ApiKey = key, **fields: Any) -> Order:
        order = mirrored(key, name, **fields)
        Word.objects.learn(key.team, [order.find])
        return order

    return make


@pytest.fixture
def find(team: Team, alice: User) -> Find:
    """find(text): the names of the orders on the first page for alice, in the order of the alphabet."""

    def names(text: str, *, user: User = alice) -> list[str]:
        ids = search(team, user, text).ids("-created", None, 100)
        return sorted(Order.objects.filter(pk__in=ids).values_list("name", flat=True))

    return names
