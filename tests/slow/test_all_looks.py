"""Every page in both widths and both schemes: what the ordinary run looks at once."""

from __future__ import annotations

import os
import subprocess
import sys

LOOKS = [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/browser/test_pages.py", "tests/browser/test_bulk.py"]


def test_every_page_is_accessible_wide_and_narrow_light_and_dark() -> None:
    # A run of its own, with a Postgres of its own.
    ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL" and "PYTEST" not in name}
    done = subprocess.run(LOOKS, env=ours | {"ALL_LOOKS": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
