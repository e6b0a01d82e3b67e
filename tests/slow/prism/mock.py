"""Stoplight Prism, a mock server that we did not write, told by a proxy in front of it what to answer.

It serves our copy of the description, and holds every request against it: what is wrong with one is in a header.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import requests
from werkzeug.wrappers import Request, Response

from dashboard.local.processes import Command, Processes
from tests import npm
from tests.contract.described import OPENAPI
from tests.launcher import free_port
from tests.upstream import Upstream

HERE = Path(__file__).parent
PROGRAM = HERE / "node_modules" / ".bin" / "prism"
OWN_HEADERS = {"host", "connection", "content-length"}


class Prism:
    """A WSGI app that passes each request on to Prism at `address`.

    prefer: what the header Prefer asks for, like "code=404"; empty asks for nothing. faults: what Prism did not like.
    """

    def __init__(self, address: str) -> None:
        self.prefer = ""
        self.faults: list[str] = []
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = Request(environ)
        headers = {name: value for name, value in asked.headers if name.lower() not in OWN_HEADERS}
        said = self._session.request(
            asked.method,
            f"{self._address}{asked.path}",
            params=asked.query_string,
            headers=headers | ({"Prefer": self.prefer} if self.prefer else {}),
            data=asked.get_data(),
            timeout=30,
            allow_redirects=False,
        )
        if fault := said.headers.get("sl-violations"):
            self.faults.append(fault)
        content_type = said.headers.get("content-type")
        return Response(said.content, said.status_code, content_type=content_type)(environ, start_response)


@contextlib.contextmanager
def prism(logs: Path) -> Iterator[tuple[Prism, Upstream]]:
    """Prism, and the server in front of it that a client is to call; their logs go to the directory `logs`."""
    npm.install(HERE)
    port, processes = free_port(), Processes(logs)
    try:
        command: Command = [PROGRAM, "mock", "--host", "127.0.0.1", "--port", str(port), "--seed", "1", OPENAPI]
        processes.start("prism", command, {"PATH": str(Path(npm.node()).parent)}, HERE)
        processes.wait_until("prism", lambda: _listens(port))
        app = Prism(f"http://127.0.0.1:{port}")
        with Upstream(app) as server:
            yield app, server
    finally:
        processes.stop()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
