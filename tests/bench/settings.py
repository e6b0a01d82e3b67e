"""The settings of the web server that `make bench` measures: production's, and beside our list the plain one."""

from copy import deepcopy
from pathlib import Path

from dashboard import settings as _ours
from dashboard.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
TEMPLATES = deepcopy(_ours.TEMPLATES)
TEMPLATES[0]["DIRS"] = [*_ours.TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]  # type: ignore[misc]
# Hashed names need `collectstatic`; both pages have the same.
STORAGES = deepcopy(_ours.STORAGES)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
