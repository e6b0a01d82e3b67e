"""The sandbox as a web service: `create_app(store)`."""

from __future__ import annotations

from apiflask import APIFlask

from orders.sandbox.image_api import image_api
from orders.sandbox.order_api import order_api
from orders.sandbox.store import Store

LARGEST_BODY = 32 * 1024 * 1024  # bytes; the service's own limit is unknown


def create_app(store: Store) -> APIFlask:
    """The service over this store.

    Slashes follow the framework, as contract 1 expects: a collection without its slash is 308, an item with one
    404. Error bodies are the framework's too (contract 13). `x-api-version` changes nothing: every answer holds
    to values that the oldest SDK still in use reads. The limits of contract 14 are not imitated.
    """
    app = APIFlask("orders.sandbox", spec_path=None, docs_path=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions["store"] = store
    app.register_blueprint(order_api)
    app.register_blueprint(image_api)
    return app
