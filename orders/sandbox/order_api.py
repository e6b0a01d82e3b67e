"""/v3/orders/ (contract 4 to 9)."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, abort
from flask.typing import ResponseReturnValue

from orders.sandbox import answers, schemas
from orders.sandbox.auth import auth, my_account, my_order, store
from orders.sandbox.paging import BadOffset, Cut
from orders.sandbox.records import Bracket, Order
from orders.sandbox.store import Taken

order_api = APIBlueprint("orders", __name__, url_prefix="/v3/orders")

GROUP = 3  # brackets of one image when nobody says how many: the service looks at the pictures, we count (guess)


def any_order(order_id: str) -> Order:
    """Anybody's order, deleted ones too: no key is asked for (contract 5; the deleted ones are a guess)."""
    return store().order(order_id) or abort(404)


@order_api.get("/")
@order_api.auth_required(auth)
@order_api.input(schemas.ListQuery, location="query")
def list_orders(query_data: dict[str, Any]) -> ResponseReturnValue:
    """One page of the account's orders. Deleted ones are left out, and an unknown offset is 422 (guesses)."""
    try:
        cut = Cut.read(query_data["sort"], query_data["q"], query_data["per_page"], query_data.get("offset"))
    except BadOffset:
        abort(422, "Validation error", {"query": {"offset": ["Not a valid offset."]}})
    page = store().page(my_account(), cut)
    return {
        "orders": [answers.order(order, store().now()) for order in page.orders],
        "pagination": {"next_offset": page.next_offset, "per_page": cut.per_page},
    }


@order_api.post("/")
@order_api.auth_required(auth)
@order_api.input(schemas.OrderCreate)
def create_order(json_data: dict[str, Any]) -> ResponseReturnValue:
    """A new order; 409 when its id is taken. Any text is a valid id (guess, contract "Unknown")."""
    sort_order = json_data.get("default_image_sort_order", "date_added")
    try:
        order = store().create_order(
            my_account(), order_id=json_data.get("order_id"), name=json_data.get("name"), sort_order=sort_order
        )
    except Taken:
        abort(409)
    return answers.order(order, store().now())


@order_api.get("/<order_id>")
@order_api.input(schemas.SortQuery, location="query")
def retrieve_order(order_id: str, query_data: dict[str, Any]) -> ResponseReturnValue:
    """One order with its images, without a key."""
    return answers.order(any_order(order_id), store().now(), query_data.get("sort_images_by"))


@order_api.patch("/<order_id>")
@order_api.auth_required(auth)
@order_api.input(schemas.OrderUpdate)
@order_api.input(schemas.SortQuery, location="query")
def update_order(order_id: str, json_data: dict[str, Any], query_data: dict[str, Any]) -> ResponseReturnValue:
    """Rename; the last write wins."""
    order = my_order(order_id)
    sort_order = json_data.get("default_image_sort_order", order.sort_order)
    order = store().edit_order(order, json_data.get("name", order.name), sort_order)
    return answers.order(order, store().now(), query_data.get("sort_images_by"))


@order_api.delete("/<order_id>")
@order_api.auth_required(auth)
def delete_order(order_id: str) -> ResponseReturnValue:
    """Mark as deleted; once deleted it is 404 here."""
    store().delete_order(my_order(order_id))
    return "", 204


@order_api.post("/<order_id>/process")
@order_api.auth_required(auth)
@order_api.input(schemas.OrderProcess)
def process_order(order_id: str, json_data: dict[str, Any]) -> ResponseReturnValue:
    """Group the uploaded brackets, then enhance every image (again)."""
    order = my_order(order_id)
    explicit = json_data.pop("images", None)
    size = json_data.pop("number_of_brackets_per_image", 0) or GROUP
    loose = [bracket for bracket in store().brackets(order) if bracket.is_uploaded and bracket.image_id is None]
    groups = _named(loose, explicit) if explicit else [loose[i : i + size] for i in range(0, len(loose), size)]
    store().process(order, groups, json_data)
    return answers.order(my_order(order_id), store().now())


def _named(loose: list[Bracket], explicit: list[dict[str, list[str]]]) -> list[list[Bracket]]:
    """The groups that somebody listed; ids that are no loose bracket of this order are passed over (guess)."""
    rest = {bracket.bracket_id: bracket for bracket in loose}
    groups = [[rest.pop(one) for one in group.get("bracket_ids", []) if one in rest] for group in explicit]
    return [group for group in groups if group]


@order_api.get("/<order_id>/brackets")
def list_order_brackets(order_id: str) -> ResponseReturnValue:
    """The brackets of an order, without a key."""
    return {"brackets": [answers.bracket(bracket) for bracket in store().brackets(any_order(order_id))]}
