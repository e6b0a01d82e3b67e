"""The sandbox against openapi.yaml, over a socket: many generated requests per operation."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from schemathesis import Case
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.contract.described import described

FULL = settings(
    max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

schema = described()
app, schema.app = schema.app, None


class SilentHandler(WSGIRequestHandler):
    """Thousands of requests need no log."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the sandbox listens."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=SilentHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


@schema.parametrize()
@FULL
def test_answers_as_described(case: Case[Any], address: str) -> None:
    case.call_and_validate(base_url=address)
