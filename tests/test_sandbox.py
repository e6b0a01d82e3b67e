"""The sandbox's orders: the rules of the contract, one by one, and how an order goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from orders.sandbox.app import create_app
from orders.sandbox.paging import MOST_IMAGES
from orders.sandbox.records import seconds_of_work
from orders.sandbox.seed import seed
from orders.sandbox.store import Store

MINE = {"x-api-key": "sk-mine"}
THEIRS = {"x-api-key": "sk-theirs"}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
UPLOAD = {"content_type": "application/octet-stream"}
PHOTO = Path("orders/sandbox/pictures/hall-before.jpg")


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


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


def place(client: FlaskClient, **body: str) -> dict[str, Any]:
    answer = client.post("/v3/orders/", json=body, headers=MINE)
    assert answer.status_code == 200
    return dict(answer.json)


def walk(client: FlaskClient, **query: str | int) -> Iterator[dict[str, Any]]:
    """The pages of the list, to the end."""
    while True:
        page = client.get("/v3/orders/", query_string=query, headers=MINE).json
        yield page
        if page["pagination"]["next_offset"] is None:
            return
        query["offset"] = page["pagination"]["next_offset"]


def listed(client: FlaskClient, **query: str | int) -> list[Any]:
    return [order["name"] for page in walk(client, **query) for order in page["orders"]]


# Transport: contract 1


def test_a_collection_without_its_slash_is_a_redirect_that_keeps_the_method(client: FlaskClient) -> None:
    answer = client.post("/v3/orders", json={"name": "Mill Lane"}, headers=MINE)
    assert (answer.status_code, answer.headers["Location"]) == (308, "http://localhost/v3/orders/")


def test_an_item_with_a_slash_is_not_found(client: FlaskClient) -> None:
    order = place(client)
    assert client.get(f"/v3/orders/{order['order_id']}/").status_code == 404


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "sk-nobody"}, {"Authorization": "Bearer sk-mine"}])
def test_an_unknown_or_missing_key_is_401_before_anything_else(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/v3/orders/", json={"nonsense": 1}, headers=headers)
    assert (answer.status_code, answer.json) == (401, {"message": "Unauthorized", "detail": {}})


def test_a_body_of_another_content_type_is_read_as_empty(client: FlaskClient) -> None:
    answer = client.post("/v3/orders/", data='{"name": "Mill Lane"}', content_type="text/plain", headers=MINE)
    assert (answer.status_code, answer.json["name"]) == (200, None)


# Create, retrieve, edit, delete: contract 4, 5, 6, 8


def test_a_new_order_waits_and_is_read_without_a_key(client: FlaskClient) -> None:
    order = place(client, name="12 Harbour Street 🌅 רחוב", order_id="my-own-id")
    assert order["status"] == "waiting"
    assert order["name"] == "12 Harbour Street 🌅 רחוב"
    assert order["created_at"] == "2026-11-21T12:00:00.000000"
    assert client.get("/v3/orders/my-own-id").json == order


def test_a_taken_order_id_is_409_whoever_has_it_even_deleted(client: FlaskClient) -> None:
    order = place(client)
    client.delete(f"/v3/orders/{order['order_id']}", headers=MINE)
    answer = client.post("/v3/orders/", json={"order_id": order["order_id"]}, headers=THEIRS)
    assert (answer.status_code, answer.json) == (409, {"message": "Conflict", "detail": {}})


@pytest.mark.parametrize(
    ("body", "field", "fault"),
    [
        (b'{"nmae": "x"}', "nmae", "Unknown field."),
        (b'{"name": 3}', "name", "Not a valid string."),
        (b'{"name": null}', "name", "Field may not be null."),
        (b'{"name": "\\ud800"}', "name", "Not a valid string."),
        (b'{"order_id": ""}', "order_id", "Shorter than minimum length 1."),
    ],
)
def test_a_wrong_field_is_422_with_its_name(client: FlaskClient, body: bytes, field: str, fault: str) -> None:
    answer = client.post("/v3/orders/", data=body, content_type="application/json", headers=MINE)
    assert answer.status_code == 422
    assert answer.json == {"message": "Validation error", "detail": {"json": {field: [fault]}}}


def test_unreadable_json_is_400(client: FlaskClient) -> None:
    assert client.post("/v3/orders/", data="{", content_type="application/json", headers=MINE).status_code == 400


def test_a_rename_answers_the_whole_order_and_moves_its_last_change(client: FlaskClient, clock: Clock) -> None:
    order = place(client, name="Mill Lane")
    clock.now += 90.5
    answer = client.patch(f"/v3/orders/{order['order_id']}", json={"name": "Mill Lane 2"}, headers=MINE)
    assert answer.json == order | {"name": "Mill Lane 2", "last_updated_at": "2026-11-21T12:01:30.500000"}


@pytest.mark.parametrize("body", [{}, {"order_id": "other"}, {"name": ["x"]}])
def test_an_edit_that_is_not_a_name_is_422_and_changes_nothing(client: FlaskClient, body: dict[str, object]) -> None:
    order = place(client, name="Mill Lane")
    assert client.patch(f"/v3/orders/{order['order_id']}", json=body, headers=MINE).status_code == 422
    assert client.get(f"/v3/orders/{order['order_id']}").json == order


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_another_accounts_order_can_be_read_and_not_changed(client: FlaskClient, method: str) -> None:
    order = place(client, name="Mill Lane")
    address = f"/v3/orders/{order['order_id']}"
    assert client.open(address, method=method, json={"name": "Mine now"}, headers=THEIRS).status_code == 404
    assert client.get(address, headers=THEIRS).json == order


def test_a_deleted_order_leaves_the_list_and_says_so_when_read(client: FlaskClient) -> None:
    address = f"/v3/orders/{place(client)['order_id']}"
    answer = client.delete(address, headers=MINE)
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(address).json["is_deleted"] is True
    assert listed(client) == []
    assert client.delete(address, headers=MINE).status_code == 404


# List: contract 7


def test_the_list_is_the_accounts_own_newest_first_in_pages_of_five(client: FlaskClient, clock: Clock) -> None:
    for number in range(7):
        clock.now += 1
        place(client, name=f"{number}")
    pages = list(walk(client))
    assert [[order["name"] for order in page["orders"]] for page in pages] == [list("65432"), list("10")]
    assert [page["pagination"]["per_page"] for page in pages] == [5, 5]
    assert client.get("/v3/orders/", headers=THEIRS).json["orders"] == []


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
    ("name", "value"),
    [
        ("per_page", "16"),
        ("per_page", "0"),
        ("per_page", "x"),
        ("sort", "status"),
        ("offset", "made-up"),
        ("offset", ""),
    ],
)
def test_a_wrong_query_is_422_with_its_name(client: FlaskClient, name: str, value: str) -> None:
    answer = client.get("/v3/orders/", query_string={name: value}, headers=MINE)
    assert answer.status_code == 422
    assert list(answer.json["detail"]["query"]) == [name]


# How work goes on: contract 2, 9, 10


def send(client: FlaskClient, body: dict[str, Any], data: bytes, kind: str = "images") -> dict[str, Any]:
    """Announce a file and upload it."""
    made = client.post(f"/v3/{kind}/", json=body, headers=MINE).json
    assert client.put(made["upload_url"], data=data, **UPLOAD).status_code == 200
    return dict(made)


def test_an_order_works_and_ends_by_itself_once_a_picture_is_there(client: FlaskClient, clock: Clock) -> None:
    address = f"/v3/orders/{place(client)['order_id']}"
    image = send(client, {"image_name": "hall.jpg", "order_id": address.split("/")[-1]}, PHOTO.read_bytes())
    assert (client.get(address).json["status"], client.get(address).json["is_processing"]) == ("processing", True)
    clock.now += 2 + seconds_of_work(image["image_id"])
    order = client.get(address).json
    assert (order["status"], order["is_processing"], order["total_images"]) == ("processed", False, 1)
    assert order["images"][0]["status"] == "processed"
    assert datetime.fromisoformat(order["last_updated_at"]).replace(tzinfo=UTC).timestamp() == pytest.approx(clock.now)


def test_an_order_whose_pictures_have_not_arrived_still_waits(client: FlaskClient) -> None:
    order = place(client)
    client.post("/v3/images/", json={"image_name": "hall.jpg", "order_id": order["order_id"]}, headers=MINE)
    order = client.get(f"/v3/orders/{order['order_id']}").json
    assert (order["status"], order["is_processing"], order["total_images"]) == ("waiting", False, 1)


def test_an_unreadable_file_ends_in_an_error_with_a_reason(client: FlaskClient, clock: Clock) -> None:
    image = send(client, {"image_name": "notes.txt"}, b"no picture")
    clock.now += 60
    image = client.get(f"/v3/images/{image['image_id']}").json
    assert (image["status"], image["status_reason"]) == ("error", "The file could not be read")
    assert client.get(f"/v3/orders/{image['order_id']}").json["status"] == "error"


def test_brackets_are_grouped_and_the_order_shows_no_images_meanwhile(client: FlaskClient, clock: Clock) -> None:
    address = f"/v3/orders/{place(client)['order_id']}"
    for number in range(5):
        body = {"name": f"IMG_{number}.jpg", "order_id": address.split("/")[-1]}
        send(client, body, PHOTO.read_bytes(), "brackets")
    order = client.post(f"{address}/process", json={"enhance_type": "warm"}, headers=MINE).json
    assert (order["is_merging"], order["is_processing"], order["images"]) == (True, True, [])
    clock.now += 60
    order = client.get(address).json
    assert (order["is_merging"], order["status"], len(order["images"])) == (False, "processed", 2)
    assert {image["enhance_type"] for image in order["images"]} == {"warm"}
    assert all(one["image_id"] for one in client.get(f"{address}/brackets").json["brackets"])


def test_explicit_groups_are_taken_as_they_are(client: FlaskClient, clock: Clock) -> None:
    order_id = place(client)["order_id"]
    names = [{"name": f"IMG_{number}.jpg", "order_id": order_id} for number in range(3)]
    ids = [send(client, body, PHOTO.read_bytes(), "brackets")["bracket_id"] for body in names]
    groups = [{"bracket_ids": ids[:1]}, {"bracket_ids": [*ids[1:], "of-another-order"]}]
    client.post(f"/v3/orders/{order_id}/process", json={"images": groups}, headers=MINE)
    clock.now += 60
    names = [image["image_name"] for image in client.get(f"/v3/orders/{order_id}").json["images"]]
    assert names == ["IMG_0.jpg", "IMG_2.jpg"]


def test_values_that_the_vendors_sdk_cannot_read_are_never_said(client: FlaskClient) -> None:
    body = {"image_name": "hall.jpg", "ai_version": "latest", "cloud_type": "LOW_CLOUD_LOW_SAT"}
    image = client.post("/v3/images/", json=body, headers=MINE).json
    assert (image["ai_version"], image["cloud_type"]) == ("5.x", "LOW_CLOUD")


def test_images_are_sorted_as_asked(client: FlaskClient, clock: Clock) -> None:
    order_id = place(client)["order_id"]
    for name in ("b.jpg", "c.jpg", "a.jpg"):
        clock.now += 1
        client.post("/v3/images/", json={"image_name": name, "order_id": order_id}, headers=MINE)
    for sort, names in {
        "name": "abc",
        "-name": "cba",
        "date_added": "bca",
        "-date_added": "acb",
        "custom": "bca",
    }.items():
        answer = client.get(f"/v3/orders/{order_id}?sort_images_by={sort}").json
        assert [image["image_name"][0] for image in answer["images"]] == list(names)


# The store


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    first = Store(tmp_path / "sandbox.sqlite3", clock=NOON.timestamp)
    seed(first, "sk-mine", 20, NOON)
    before = list(walk(create_app(first).test_client()))
    first.close()
    second = Store(tmp_path / "sandbox.sqlite3", clock=NOON.timestamp)
    assert list(walk(create_app(second).test_client())) == before
    second.close()
    assert b"sk-mine" not in (tmp_path / "sandbox.sqlite3").read_bytes()
