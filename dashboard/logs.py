"""JSON lines on standard output, and error reports that show no values (T08, T09)."""

from __future__ import annotations

import re
from collections.abc import ItemsView
from typing import Any

import structlog
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

SHARED: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# What follows these in an address lets somebody in (T36); also where such an address stands in a query, encoded.
TOKEN = re.compile(
    r"((?:\b|%2F)(?:invitations|s|hooks(?:/|%2F)autoenhance|confirm-email|reset(?:/|%2F)key)(?:/|%2F))"
    r"[^/%?&#\s\"'\\\\]{16,}",
    re.IGNORECASE,
)


def without_tokens(logger: Any, method: str, line: str) -> str:
    """The last of the processors: a line as it is written, with nothing in it that opens anything."""
    return TOKEN.sub(r"\1[token]", line)


def logging_settings(level: str) -> dict[str, Any]:
    """What goes into Django's LOGGING: every logger, ours and others', as one JSON object a line."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            without_tokens,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            "django.server": {"handlers": [], "propagate": True, "level": level},
            "gunicorn.error": {"handlers": [], "propagate": True, "level": level},
            # SQL in a log would show names and ciphertexts; who needs it asks Postgres.
            "django.db.backends": {"level": "INFO"},
            # For each variable that is not there, all that are: names, tokens of forms, what is shown once.
            "django.template": {"level": "INFO"},
            # These print whole requests, headers included, below warning level.
            "urllib3": {"level": "WARNING"},
            # Which tasks exist, at each start of each command.
            "procrastinate.blueprints": {"level": "WARNING"},
            "procrastinate.periodic": {"level": "WARNING"},
        },
    }


class NoLocals(SafeExceptionReporterFilter):
    """Error pages and mails without local variables and posted values, also under DEBUG.

    `sensitive_variables` would cover the frames that we think of; a key also passes through frames of
    requests, urllib3 and http.client (security-reliability.md 0.12).
    """

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> ItemsView[str, Any]:
        return {}.items()

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, str]:
        return {} if request is None else dict.fromkeys(request.POST, self.cleansed_substitute)
