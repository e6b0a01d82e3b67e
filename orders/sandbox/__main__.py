"""`python -m orders.sandbox --port N --data FILE [--seed KEY]...`: serve the sandbox on this machine only.

Prints its address, logs one line per request to standard error, and stops on SIGTERM and SIGINT.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from orders.sandbox.app import create_app
from orders.sandbox.seed import seed
from orders.sandbox.store import Store

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Logs method, path and status: no headers and no query, so never a key."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line."""
        path = getattr(self, "path", "-").partition("?")[0]
        line = f"{self.log_date_time_string()} {self.command} {path} {int(code)}"
        sys.stderr.write(line.encode("ascii", "backslashreplace").decode() + "\n")


def stop(_number: int, _frame: FrameType | None) -> None:
    """End the loop of the server."""
    raise KeyboardInterrupt


def main() -> None:
    """Read the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m orders.sandbox", description="A stand-in for Autoenhance.")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--data", default=":memory:", help="the SQLite file that keeps everything")
    parser.add_argument("--seed", metavar="KEY", action="append", default=[], help="a key whose account gets orders")
    wanted = parser.parse_args()
    # Ctrl-C too: whoever is started in the background is started deaf to it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    store = Store(wanted.data)
    for key in wanted.seed:
        seed(store, key)
    server = make_server(HOST, wanted.port, create_app(store), threaded=True, request_handler=QuietHandler)
    print(f"http://{HOST}:{server.port}", flush=True)
    server.serve_forever()
    store.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
