"""Which account a key opens (contract 1): `x-api-key`, the bare key; a missing or unknown one is 401."""

from __future__ import annotations

from apiflask import APIKeyHeaderAuth, abort
from flask import current_app

from orders.sandbox.records import Order
from orders.sandbox.store import Store

auth = APIKeyHeaderAuth(param_name="x-api-key")


def store() -> Store:
    """The store of the app that answers this request."""
    kept = current_app.extensions["store"]
    assert isinstance(kept, Store)  # noqa: S101 - for the type checker
    return kept


@auth.verify_token  # type: ignore[untyped-decorator]
def account(token: str) -> int | None:
    """The account number, which `my_account` gives to the views."""
    return store().account(token)


def my_account() -> int:
    """The account of the key of this request."""
    number = auth.current_user
    assert isinstance(number, int)  # noqa: S101 - for the type checker: `auth_required` has seen to it
    return number


def my_order(order_id: str) -> Order:
    """One's own order; another account's and a deleted one are 404 like any other (guess, contract "Unknown")."""
    return store().owned(my_account(), order_id) or abort(404)
