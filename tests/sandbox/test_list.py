"""The list of orders: contract 7."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.sandbox.app import create_app
from orders.sandbox.paging import MOST_IMAGES
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.sandbox.calls import MINE, NOON, THEIRS, Clock, body, listed, place, walk


def test_the_list_is_the_accounts_own_newest_first_in_pages_of_five(client: FlaskClient, clock: Clock) -> None:
    for number in range(7):
        clock.now += 1
        place(client, name=f"{number}")
    pages = list(walk(client))
    assert [[order["name"] for order in page["orders"]] for page in pages] == [list("65432"), list("10")]
    assert [page["pagination"]["per_page"] for page in pages] == [5, 5]
    assert body(client.get("/v3/orders/", headers=THEIRS))["orders"] == []


@settings(max_examples=30, deadline=None)
@given(per_page=st.integers(1, 15), sort=st.sampled_from(["name", "-name", "date", "-date"]), count=st.integers(0, 40))
def test_pages_hold_every_order_once_in_every_sort(per_page: int, sort: str, count: int) -> None:
    store = Store(clock=NOON.timestamp)
    seed(store, "sk-mine", count, NOON)
    orders = [
        order
        for page in walk(create_app(store).test_client(), per_page=per_page, sort=sort)
        for order in page["orders"]
    ]
    keys = [(order["name"] or "").casefold() if sort.endswith("name") else order["created_at"] for order in orders]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    assert len({order["order_id"] for order in orders}) == len(orders) == count
    store.close()


def test_a_page_with_many_images_holds_fewer_orders_than_asked_for(client: FlaskClient, store: Store) -> None:
    seed(store, "sk-mine", 60, NOON)
    pages = [page["orders"] for page in walk(client, per_page=15)]
    assert any(len(page) < 15 for page in pages[:-1])
    assert all(len(page) == 1 or sum(len(order["images"]) for order in page) <= MOST_IMAGES for page in pages)


def test_an_order_added_meanwhile_moves_no_page(client: FlaskClient, clock: Clock) -> None:
    for name in "abcdefg":
        clock.now += 1
        place(client, name=name)
    pages = walk(client)
    next(pages)
    clock.now += 1
    place(client, name="late")
    assert [order["name"] for order in next(pages)["orders"]] == ["b", "a"]


def test_q_finds_text_in_the_name_whatever_its_case(client: FlaskClient) -> None:
    for name in ("14 Rue des Érables", "Mill Lane", "100% done"):
        place(client, name=name)
    place(client)
    assert listed(client, q="érables") == ["14 Rue des Érables"]
    assert listed(client, q="%") == ["100% done"]


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("per_page", "16", "Must be greater than or equal to 1 and less than or equal to 15."),
        ("per_page", "0", "Must be greater than or equal to 1 and less than or equal to 15."),
        ("per_page", "x", "Not a valid integer."),
        ("sort", "status", "Must be one of: name, -name, date, -date."),
        ("offset", "made-up", "Not a valid offset."),
        ("offset", "WzEsMiwzXQ==", "Not a valid offset."),
        ("offset", "", "Shorter than minimum length 1."),
    ],
)
def test_a_wrong_query_is_422_with_its_name(client: FlaskClient, name: str, value: str, fault: str) -> None:
    answer = client.get("/v3/orders/", query_string={name: value}, headers=MINE)
    assert answer.status_code == 422
    assert answer.json == {"message": "Validation error", "detail": {"query": {name: [fault]}}}
