"""The environment of the tests, with a Postgres of their own unless DATABASE_URL is set.

Loaded by `pytest -p tests.embedded`, so before pytest-django reads the settings; the workers of xdist inherit it all.
`python -m tests.embedded COMMAND...` runs another command in the same environment.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from dashboard.local.postgres import server

# As in production, so that nothing passes only because of DEBUG.
ENVIRONMENT = {
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "KEY_ENCRYPTION_KEYS": base64.b64encode(os.urandom(32)).decode(),
    "SITE_URL": "http://localhost:8000",
    "EMAIL_URL": "memorymail://",
    # Nothing listens there: no test can reach the real service. https, because production refuses anything else.
    "AUTOENHANCE_API_URL": "https://127.0.0.1:9",
}
# What a developer may have set and the tests must not depend on.
UNSET = ("AUTOENHANCE_API_VERSION", "DEFAULT_FROM_EMAIL", "LOG_LEVEL", "METRICS_TOKEN", "PORT", "PROXY_COUNT")
UNSET += ("REGISTRATION_OPEN",)


def prepare() -> None:
    """Set the environment of this process; the Postgres ends with it."""
    os.environ.update(ENVIRONMENT)
    for name in UNSET:
        os.environ.pop(name, None)
    if not os.environ.get("DATABASE_URL"):
        stack = contextlib.ExitStack()
        atexit.register(stack.close)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="proofsheet-tests-")))
        os.environ["DATABASE_URL"] = stack.enter_context(server(directory / "postgres", volatile=True))


prepare()

if __name__ == "__main__":
    sys.exit(subprocess.call(sys.argv[1:]))
