"""The description of the API (openapi.yaml) pointed at a sandbox in this process, for Schemathesis."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import schemathesis
import yaml
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET
from schemathesis.hooks import HookContext
from schemathesis.schemas import BaseSchema

from orders.sandbox.app import create_app
from orders.sandbox.paging import SORTS, Cut
from orders.sandbox.records import Order, digest
from orders.sandbox.seed import seed
from orders.sandbox.store import Store

OPENAPI = Path(__file__).with_name("openapi.yaml")
KEY = "sk-contract"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 1,
        "auth": {"openapi": {"ApiKeyAuth": {"api_key": KEY}}},
        # 402 is what a valid request for a full file gets here, as no account has credits.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", 401, 402, 403, 404, 409]}},
    }
)


def described() -> BaseSchema:
    """The schema, ready to be turned into tests of a sandbox with some orders in it."""
    store = Store(clock=NOON.timestamp)
    seed(store, KEY, 50, NOON)
    found = store.page(store.open_account(KEY), Cut("date", None, "", 15)).orders
    # What is deleted or processed must not be what the others read.
    to_delete, to_change, to_look_at = found[:2], found[2:4], found[4:]

    def map_path_parameters(context: HookContext, path_parameters: dict[str, Any]) -> dict[str, Any]:
        """Half of the generated order ids become ids that exist, else nearly all answers would be 404."""
        number = digest(repr(path_parameters))
        if context.operation is None or "/orders/" not in context.operation.path or number % 2:
            return path_parameters
        known = to_delete if context.operation.method == "delete" else to_change
        return {"id": known[number // 2 % len(known)].order_id}

    schema = schemathesis.openapi.from_dict(narrowed(store, to_change[0], to_look_at), config=CONFIG)
    schema.app = create_app(store)
    schema.hook(map_path_parameters)
    schema.hook(filter_case)
    return schema


def narrowed(store: Store, order: Order, orders: list[Order]) -> dict[str, Any]:
    """The description with image ids and offsets that this sandbox knows, because nobody can make those up.

    To every body it adds 400 for unreadable JSON, which only contract.md has (section 13).
    """
    text: dict[str, Any] = yaml.safe_load(OPENAPI.read_text())
    parameters = text["components"]["parameters"]
    parameters["OrderId"]["example"] = order.order_id
    images = [image for one in orders for image in one.images if image.status(store.now()) == "processed"]
    choose(parameters["ImageId"], [image.image_id for image in images])
    listing = text["paths"]["/v3/orders/"]["get"]["parameters"]
    offset = next(parameter for parameter in listing if parameter.get("name") == "offset")
    account = store.open_account(KEY)
    choose(offset, [store.page(account, Cut(sort, None, "", 5)).next_offset for sort in SORTS])
    for path in text["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                operation["responses"]["400"] = {"$ref": "#/components/responses/NotFound"}
    return text


def choose(parameter: dict[str, Any], values: list[Any]) -> None:
    """Only these values are valid."""
    parameter.pop("example")
    parameter["schema"] = {"type": "string", "enum": values}


def filter_case(context: HookContext, case: Case[Any]) -> bool:
    """No missing body: here contract.md, by which it is read as an empty one (section 1), beats the description."""
    return not (case.operation.body and case.body is NOT_SET)
