"""The rules of the contract for keys, slashes and single orders."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.sandbox.calls import MINE, THEIRS, Clock, body, listed, place, read


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
    assert body(answer)["name"] is None


def test_a_new_order_waits_and_is_read_without_a_key(client: FlaskClient) -> None:
    order = place(client, name="12 Harbour Street 🌅 רחוב", order_id="my-own-id")
    assert order["status"] == "waiting"
    assert order["name"] == "12 Harbour Street 🌅 רחוב"
    assert order["created_at"] == "2026-11-21T12:00:00.000000"
    assert read(client, "/v3/orders/my-own-id") == order


def test_a_taken_order_id_is_409_whoever_has_it_even_deleted(client: FlaskClient) -> None:
    order = place(client)
    client.delete(f"/v3/orders/{order['order_id']}", headers=MINE)
    answer = client.post("/v3/orders/", json={"order_id": order["order_id"]}, headers=THEIRS)
    assert (answer.status_code, answer.json) == (409, {"message": "Conflict", "detail": {}})


@pytest.mark.parametrize(
    ("sent", "field", "fault"),
    [
        (b'{"nmae": "x"}', "nmae", "Unknown field."),
        (b'{"name": 3}', "name", "Not a valid string."),
        (b'{"name": null}', "name", "Field may not be null."),
        (b'{"name": "\\ud800"}', "name", "Not a valid string."),
        (b'{"order_id": ""}', "order_id", "Shorter than minimum length 1."),
    ],
)
def test_a_wrong_field_is_422_with_its_name(client: FlaskClient, sent: bytes, field: str, fault: str) -> None:
    answer = client.post("/v3/orders/", data=sent, content_type="application/json", headers=MINE)
    assert answer.status_code == 422
    assert answer.json == {"message": "Validation error", "detail": {"json": {field: [fault]}}}


@pytest.mark.parametrize("address", ["/v3/orders/mine", "/v3/orders/mine/process", "/v3/images/", "/v3/brackets/"])
def test_every_body_refuses_a_field_that_it_does_not_know(client: FlaskClient, address: str) -> None:
    place(client, order_id="mine")
    method = "PATCH" if address.endswith("/mine") else "POST"
    answer = client.open(address, method=method, json={"nmae": "x"}, headers=MINE)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["detail"]["json"]["nmae"] == ["Unknown field."]


def test_unreadable_json_is_400(client: FlaskClient) -> None:
    assert client.post("/v3/orders/", data="{", content_type="application/json", headers=MINE).status_code == 400


def test_a_rename_answers_the_whole_order_and_moves_its_last_change(client: FlaskClient, clock: Clock) -> None:
    order = place(client, name="Mill Lane")
    clock.now += 90.5
    answer = client.patch(f"/v3/orders/{order['order_id']}", json={"name": "Mill Lane 2"}, headers=MINE)
    assert answer.json == order | {"name": "Mill Lane 2", "last_updated_at": "2026-11-21T12:01:30.500000"}


@pytest.mark.parametrize("sent", [{}, {"order_id": "other"}, {"name": ["x"]}])
def test_an_edit_that_is_not_a_name_is_422_and_changes_nothing(client: FlaskClient, sent: dict[str, object]) -> None:
    order = place(client, name="Mill Lane")
    assert client.patch(f"/v3/orders/{order['order_id']}", json=sent, headers=MINE).status_code == 422
    assert read(client, f"/v3/orders/{order['order_id']}") == order


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_another_accounts_order_can_be_read_and_not_changed(client: FlaskClient, method: str) -> None:
    order = place(client, name="Mill Lane")
    address = f"/v3/orders/{order['order_id']}"
    assert client.open(address, method=method, json={"name": "Mine now"}, headers=THEIRS).status_code == 404
    assert body(client.get(address, headers=THEIRS)) == order


def test_a_deleted_order_leaves_the_list_and_says_so_when_read(client: FlaskClient) -> None:
    address = f"/v3/orders/{place(client)['order_id']}"
    answer = client.delete(address, headers=MINE)
    assert (answer.status_code, answer.data) == (204, b"")
    assert read(client, address)["is_deleted"] is True
    assert listed(client) == []
    assert client.delete(address, headers=MINE).status_code == 404
