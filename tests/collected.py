"""The files of a page as a release has them: collected, hashed, compressed, and the style sheet in one."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from dashboard import static


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `collectstatic` has put everything. The pages of a test do not name these files: parts of them are made
    once, and would name them in later tests too.
    """
    root = tmp_path_factory.mktemp("collected")
    storages = deepcopy(settings.STORAGES) | {"staticfiles": {"BACKEND": "dashboard.static.OneSheet"}}
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


@pytest.fixture(scope="session")
def sheet(collected: Path) -> Path:
    """The style sheet of every page, under its hashed name."""
    manifest = json.loads((collected / "staticfiles.json").read_text())
    return collected / str(manifest["paths"][static.SHEET])
