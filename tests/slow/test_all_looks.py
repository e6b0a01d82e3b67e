"""Every page in both widths and both schemes: what the ordinary run looks at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

BROWSER = Path(__file__).parents[1] / "browser"
LOOKING = [
    path for path in sorted(BROWSER.glob("test_*.py")) if re.search(r"^ +look\(", path.read_text(), re.MULTILINE)
]
LOOKS = [sys.executable, "-m", "pytest", "-q", "-n", "2", *LOOKING, Path(__file__).parent / "every_page.py"]


def test_every_page_is_accessible_wide_and_narrow_light_and_dark() -> None:
    # A run of its own, with a Postgres of its own.
    ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL" and "PYTEST" not in name}
    done = subprocess.run(LOOKS, env=ours | {"ALL_LOOKS": "1"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
