"""What the slow tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slow.procfile import Procfile
from tests.upstream import Upstream


@pytest.fixture
def procfile(transactional_db: None, upstream: Upstream, tmp_path: Path) -> Iterator[Procfile]:
    """The processes of the Procfile, which end before the database of the test is emptied."""
    procfile = Procfile(upstream, tmp_path)
    try:
        yield procfile
    finally:
        procfile.kill_all()
