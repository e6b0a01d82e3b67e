"""Our client against a mock server that we did not write, made from the description of the API alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from orders.remote import (
    Autoenhance,
    Exists,
    KeyRejected,
    NotFound,
    RateLimited,
    Refused,
    RemoteError,
    Unavailable,
)
from tests.contract.described import OPENAPI
from tests.remote_calls import KEY, Call, creates, edits, enhances, lists, retrieves
from tests.slow.prism.mock import Prism, prism
from tests.upstream import Upstream

DESCRIPTION: dict[str, Any] = yaml.safe_load(OPENAPI.read_text())
EXAMPLES: dict[str, dict[str, Any]] = {
    name: example["value"] for name, example in DESCRIPTION["components"]["examples"].items()
}
RETRIEVED = {"processed", "waiting", "merging", "error", "nulls", "unknown"}
OPERATIONS: dict[tuple[str, str], Call] = {
    ("/v3/orders/", "get"): lists,
    ("/v3/orders/", "post"): creates,
    ("/v3/orders/{id}", "get"): retrieves,
    ("/v3/orders/{id}", "patch"): edits,
}
KINDS: dict[int, type[RemoteError]] = {
    401: KeyRejected,
    404: NotFound,
    409: Exists,
    422: Refused,
    429: RateLimited,
}
# Every error that the description has for what we call.
ERRORS = [
    pytest.param(call, int(status), id=f"{call.__name__}-{status}")
    for (path, method), call in OPERATIONS.items()
    for status in DESCRIPTION["paths"][path][method]["responses"]
    if int(status) >= 400
]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prism, Upstream]]:
    """Prism, and the server in front of it."""
    with prism(tmp_path_factory.mktemp("prism")) as both:
        yield both


@pytest.fixture
def mock(serving: tuple[Prism, Upstream]) -> Prism:
    """Prism, not yet told anything."""
    mock, _ = serving
    mock.prefer = ""
    mock.faults.clear()
    return mock


@pytest.fixture
def client(serving: tuple[Prism, Upstream]) -> Autoenhance:
    """Ours, as production has it but for patience."""
    _, server = serving
    return Autoenhance(server.url, "2025-08-31", read=30.0, deadline=30.0, picture_deadline=30.0)


@pytest.mark.parametrize("name", ["more", "last", "empty", "emptyButMore"])
def test_lists_every_example(client: Autoenhance, mock: Prism, name: str) -> None:
    operation = DESCRIPTION["paths"]["/v3/orders/"]["get"]
    said = operation["responses"]["200"]["content"]["application/json"]["examples"][name]["value"]
    mock.prefer = f"example={name}"
    page = client.list(KEY, offset="eyJwYWdlIjoyfQ")
    assert [order.name for order in page.orders] == [order["name"] for order in said["orders"]]
    assert page.next_offset == said["pagination"]["next_offset"]
    assert mock.faults == []


@pytest.mark.parametrize("name", sorted(RETRIEVED))
def test_retrieves_every_example(client: Autoenhance, mock: Prism, name: str) -> None:
    said = EXAMPLES[f"Order{name.capitalize()}"]
    mock.prefer = f"example={name}"
    order = client.retrieve(said["order_id"])
    assert (order.name, order.status) == (said.get("name"), said["status"])
    assert [image.image_id for image in order.images or ()] == [image["image_id"] for image in said["images"]]
    assert mock.faults == []


@pytest.mark.parametrize(("example", "status"), [("waiting", "waiting"), ("sparse", None)])
def test_creates_an_order(client: Autoenhance, mock: Prism, example: str, status: str | None) -> None:
    mock.prefer = f"example={example}"
    order_id = EXAMPLES["OrderWaiting"]["order_id"]
    order = client.create(KEY, order_id, "12 Harbour Street")
    assert (order.order_id, order.status) == (order_id, status)
    assert mock.faults == []


def test_renames_an_order(client: Autoenhance, mock: Prism) -> None:
    assert client.edit(KEY, EXAMPLES["OrderRenamed"]["order_id"], "14 Harbour Street").name == "14 Harbour Street"
    assert mock.faults == []


@pytest.mark.parametrize(("call", "status"), ERRORS)
def test_knows_every_error(client: Autoenhance, mock: Prism, call: Call, status: int) -> None:
    mock.prefer = f"code={status}"
    with pytest.raises(RemoteError) as error:
        call(client)
    assert (type(error.value), error.value.status) == (KINDS[status], status)
    assert mock.faults == []


@pytest.mark.parametrize("call", [creates, edits])
def test_hands_on_what_is_wrong_with_a_field(client: Autoenhance, mock: Prism, call: Call) -> None:
    mock.prefer = "code=422"
    with pytest.raises(Refused) as error:
        call(client)
    assert error.value.fields == {"name": ["Not a valid string."]}


def test_lists_orders_that_nobody_wrote_down(client: Autoenhance, mock: Prism) -> None:
    """Made up from the schema alone: nulls, times that are none, properties that nobody knows."""
    mock.prefer = "dynamic=true"
    assert client.list(KEY).orders
    assert mock.faults == []


@pytest.mark.parametrize("call", [enhances, lambda client: client.preview("i1"), lambda client: client.watermark("i1")])
def test_asks_for_pictures_as_described(client: Autoenhance, mock: Prism, call: Call) -> None:
    """Its pictures are a short text, sent whatever else is asked for (contract, "About the mock server")."""
    with pytest.raises(Unavailable, match="not a picture"):
        call(client)
    assert mock.faults == []


def test_would_have_noticed_a_wrong_request(client: Autoenhance, mock: Prism) -> None:
    with pytest.raises(Refused):
        client.list(KEY, per_page=16)
    assert "per_page must be <= 15" in mock.faults[0]
