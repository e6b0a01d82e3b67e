"""The examples that other tests read: what the vendor's pages show, as far as contract.md tells it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

FOLDER = Path(__file__).parent
SCHEMAS = {
    "error": "Error",
    "order_created": "Order",
    "order_edited": "Order",
    "order_list": "OrderList",
    "order_retrieved": "Order",
    "validation_error": "ValidationError",
}


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("examples/*.json"))])
def test_an_example_fits_the_description(name: str) -> None:
    description = yaml.safe_load((FOLDER / "openapi.yaml").read_text())
    schema = {"$ref": f"#/components/schemas/{SCHEMAS[name]}", "components": description["components"]}
    jsonschema_rs.validate(schema, json.loads((FOLDER / "examples" / f"{name}.json").read_text()))


def test_the_retrieved_order_has_the_nulls_of_the_vendors_page() -> None:
    order = json.loads((FOLDER / "examples" / "order_retrieved.json").read_text())
    (image,) = order["images"]
    assert order["status"] is None
    assert order["created_at"] == "2025-10-30T02:04:21.111Z"
    assert [image[name] for name in ("order_id", "preset_id", "status", "status_reason", "user_id")] == [None] * 5
