"""What gunicorn is told besides the Procfile's options: its own lines are JSON as all others, from the first one on."""

from __future__ import annotations

import os

from dashboard.logs import logging_settings

logconfig_dict = logging_settings(os.environ.get("LOG_LEVEL", "info").upper())
# Whether somebody came by https is PROXY_COUNT's to say, which Django asks; gunicorn would believe a proxy by itself.
secure_scheme_headers: dict[str, str] = {}
# Bytes, the most there is: the longest search that the box takes fits, whatever its script (nine bytes for a letter).
limit_request_line = 8190
