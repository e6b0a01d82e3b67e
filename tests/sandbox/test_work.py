"""How an order goes on by itself: contract 2, 9, 10; and that a restart changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from orders.sandbox.app import create_app
from orders.sandbox.records import seconds_of_work
from orders.sandbox.seed import seed
from orders.sandbox.store import Store
from tests.sandbox.calls import MINE, NOON, PHOTO, Clock, announce, body, place, read, send, walk


def test_an_order_works_and_ends_by_itself_once_a_picture_is_there(client: FlaskClient, clock: Clock) -> None:
    address = f"/v3/orders/{place(client)['order_id']}"
    image = send(client, {"image_name": "hall.jpg", "order_id": address.split("/")[-1]}, PHOTO.read_bytes())
    order = read(client, address)
    assert (order["status"], order["is_processing"]) == ("processing", True)
    clock.now += 2 + seconds_of_work(image["image_id"])
    order = read(client, address)
    assert (order["status"], order["is_processing"], order["total_images"]) == ("processed", False, 1)
    assert order["images"][0]["status"] == "processed"
    assert datetime.fromisoformat(order["last_updated_at"]).replace(tzinfo=UTC).timestamp() == pytest.approx(clock.now)


def test_speed_divides_the_time_that_work_takes(clock: Clock) -> None:
    store = Store(clock=clock, speed=10)
    store.open_account("sk-mine")
    client = create_app(store).test_client()
    image = send(client, {"image_name": "hall.jpg"}, PHOTO.read_bytes())
    clock.now += (2 + seconds_of_work(image["image_id"])) / 10 + 0.001  # rounding
    assert read(client, f"/v3/orders/{image['order_id']}")["status"] == "processed"
    store.close()


def test_an_order_whose_pictures_have_not_arrived_still_waits(client: FlaskClient) -> None:
    order = place(client)
    announce(client, {"image_name": "hall.jpg", "order_id": order["order_id"]})
    order = read(client, f"/v3/orders/{order['order_id']}")
    assert (order["status"], order["is_processing"], order["total_images"]) == ("waiting", False, 1)


def test_an_unreadable_file_ends_in_an_error_with_a_reason(client: FlaskClient, clock: Clock) -> None:
    image = send(client, {"image_name": "notes.txt"}, b"no picture")
    clock.now += 60
    image = read(client, f"/v3/images/{image['image_id']}")
    assert (image["status"], image["status_reason"]) == ("error", "The file could not be read")
    assert read(client, f"/v3/orders/{image['order_id']}")["status"] == "error"


def test_brackets_are_grouped_and_the_order_shows_no_images_meanwhile(client: FlaskClient, clock: Clock) -> None:
    address = f"/v3/orders/{place(client)['order_id']}"
    for number in range(5):
        bracket = {"name": f"IMG_{number}.jpg", "order_id": address.split("/")[-1]}
        send(client, bracket, PHOTO.read_bytes(), "brackets")
    order = body(client.post(f"{address}/process", json={"enhance_type": "warm"}, headers=MINE))
    assert (order["is_merging"], order["is_processing"], order["images"]) == (True, True, [])
    clock.now += 60
    order = read(client, address)
    assert (order["is_merging"], order["status"], len(order["images"])) == (False, "processed", 2)
    assert {image["enhance_type"] for image in order["images"]} == {"warm"}
    assert all(one["image_id"] for one in read(client, f"{address}/brackets")["brackets"])


def test_explicit_groups_are_taken_as_they_are(client: FlaskClient, clock: Clock) -> None:
    order_id = place(client)["order_id"]
    files = [{"name": f"IMG_{number}.jpg", "order_id": order_id} for number in range(3)]
    ids = [send(client, file, PHOTO.read_bytes(), "brackets")["bracket_id"] for file in files]
    groups = [{"bracket_ids": ids[:1]}, {"bracket_ids": [*ids[1:], "of-another-order"]}]
    client.post(f"/v3/orders/{order_id}/process", json={"images": groups}, headers=MINE)
    clock.now += 60
    names = [image["image_name"] for image in read(client, f"/v3/orders/{order_id}")["images"]]
    assert names == ["IMG_0.jpg", "IMG_2.jpg"]


def test_values_that_the_vendors_sdk_cannot_read_are_never_said(client: FlaskClient) -> None:
    image = announce(client, {"image_name": "hall.jpg", "ai_version": "latest", "cloud_type": "LOW_CLOUD_LOW_SAT"})
    assert (image["ai_version"], image["cloud_type"]) == ("5.x", "LOW_CLOUD")


def test_images_are_sorted_as_asked(client: FlaskClient, clock: Clock) -> None:
    order_id = place(client)["order_id"]
    for name in ("b.jpg", "c.jpg", "a.jpg"):
        clock.now += 1
        announce(client, {"image_name": name, "order_id": order_id})
    for sort, names in {
        "name": "abc",
        "-name": "cba",
        "date_added": "bca",
        "-date_added": "acb",
        "custom": "bca",
    }.items():
        answer = read(client, f"/v3/orders/{order_id}?sort_images_by={sort}")
        assert [image["image_name"][0] for image in answer["images"]] == list(names)


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    first = Store(tmp_path / "sandbox.sqlite3", clock=NOON.timestamp)
    seed(first, "sk-mine", 20, NOON)
    before = list(walk(create_app(first).test_client()))
    first.close()
    second = Store(tmp_path / "sandbox.sqlite3", clock=NOON.timestamp)
    assert list(walk(create_app(second).test_client())) == before
    second.close()
    assert b"sk-mine" not in (tmp_path / "sandbox.sqlite3").read_bytes()
