"""The calls that tests of the client make, by name."""

from __future__ import annotations

from collections.abc import Callable

from orders.remote import Autoenhance

KEY = "ae_canary_7f3a91d2"
ORDER = {"order_id": "o1", "name": "12 High St"}

Call = Callable[[Autoenhance], object]


def lists(client: Autoenhance) -> object:
    return client.list(KEY)


def retrieves(client: Autoenhance) -> object:
    return client.retrieve("o1")


def creates(client: Autoenhance) -> object:
    return client.create(KEY, "o1", "12 High St")


def edits(client: Autoenhance) -> object:
    return client.edit(KEY, "o1", "12 High St")


def enhances(client: Autoenhance) -> object:
    return client.enhanced(KEY, "i1")
