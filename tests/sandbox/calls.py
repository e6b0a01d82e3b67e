"""What the tests of the sandbox say to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from orders.sandbox.drawing import FOLDER

MINE = {"x-api-key": "sk-mine"}
THEIRS = {"x-api-key": "sk-theirs"}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PHOTO = FOLDER / "hall-before.jpg"


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


def body(answer: TestResponse) -> Any:
    """The JSON of an answer that must be fine."""
    assert answer.status_code == 200, answer.text
    return answer.json


def read(client: FlaskClient, address: str) -> Any:
    """What stands there, without a key."""
    return body(client.get(address))


def place(client: FlaskClient, **wanted: str) -> Any:
    """A new order."""
    return body(client.post("/v3/orders/", json=wanted, headers=MINE))


def announce(client: FlaskClient, wanted: dict[str, Any], kind: str = "images") -> Any:
    """A new image or bracket, with its `upload_url`."""
    return body(client.post(f"/v3/{kind}/", json=wanted, headers=MINE))


def send(client: FlaskClient, wanted: dict[str, Any], data: bytes, kind: str = "images") -> Any:
    """The same, and its file as well."""
    made = announce(client, wanted, kind)
    assert client.put(made["upload_url"], data=data, content_type="application/octet-stream").status_code == 200
    return made


def walk(client: FlaskClient, **query: str | int) -> Iterator[Any]:
    """The pages of the list, to the end."""
    while True:
        page = body(client.get("/v3/orders/", query_string=query, headers=MINE))
        yield page
        if page["pagination"]["next_offset"] is None:
            return
        query["offset"] = page["pagination"]["next_offset"]


def listed(client: FlaskClient, **query: str | int) -> list[Any]:
    """The names in the whole list."""
    return [order["name"] for page in walk(client, **query) for order in page["orders"]]
