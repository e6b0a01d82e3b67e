"""The environment, read once, with everything that is wrong named at once and in words."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")

# The base classes of what django-environ raises for a value that it cannot read.
UNREADABLE = (ImproperlyConfigured, ValueError, KeyError, TypeError)

# What django-environ would take for something else without a word: by kind, what a value looks like, and how we say it.
STRICT = {
    "bool": (r"true|yes|on|1|false|no|off|0", "must be true or false."),
    "db_url": (r"postgres(ql)?://[^?]*/[^?/]+(\?.*)?", "must look like postgres://user:password@host:5432/name."),
}


class Environment:
    """Reads variables by django-environ, and remembers each one that is missing or wrong.

    `stop_if_wrong()` ends the process with all of them; until then a wrong value reads as None.
    """

    def __init__(self) -> None:
        self.env = environ.Env()
        self.problems: list[str] = []

    def read(self, kind: str, name: str, default: Any = environ.Env.NOTSET, hint: str = "") -> Any:
        """The variable `name` as `kind` (a reader of django-environ: "bool", "str", "db_url", ...)."""
        text = self.env.ENVIRON.get(name)
        look, words = STRICT.get(kind, (".*", ""))
        if text is not None and not re.fullmatch(look, text, re.IGNORECASE | re.DOTALL):
            self.problems.append(f"{name} {words}")
            return None
        try:
            return getattr(self.env, kind)(name, default=default)
        except UNREADABLE:
            state = "is missing" if text is None else "cannot be read"
            self.problems.append(f"{name} {state}. {hint}".strip())
            return None

    def check(self, name: str, value: Value | None, fault: Callable[[Value], str]) -> None:
        """Note what `fault` says of a value that was read; an empty string is no fault."""
        if value is not None and (problem := fault(value)):
            self.problems.append(f"{name} {problem}")

    def stop_if_wrong(self) -> None:
        """End the process with status 1 and one line for each problem."""
        if self.problems:
            lines = "\n".join(f"  - {problem}" for problem in self.problems)
            sys.exit(
                f"Proofsheet cannot start, because of its environment:\n{lines}\n.env.example explains each variable."
            )


def secret_fault(value: str) -> str:
    """What is wrong with a SECRET_KEY (T04): short, or one that anybody can find in a tutorial."""
    if len(value) < 50 or len(set(value)) < 10:
        return "is too short or too simple: 50 random characters or more."
    return "is a well-known value." if value.startswith("django-insecure-") else ""


def token_fault(value: str) -> str:
    """What is wrong with METRICS_TOKEN, which may be missing: short."""
    return "is too short: 20 random characters or more." if 0 < len(value) < 20 else ""


def encryption_keys_fault(values: list[str], *, secret_key: str | None) -> str:
    """What is wrong with KEY_ENCRYPTION_KEYS (T03): each is 32 bytes in base64, and none the SECRET_KEY."""
    for value in values:
        try:
            size = len(base64.b64decode(value, validate=True))
        except ValueError:
            size = 0
        if size != 32:
            return "must be base64 of exactly 32 bytes each (`manage.py new_key` makes one)."
        if value == secret_key:
            return "must not be the SECRET_KEY."
    return "" if values else "is empty."


def site_url_fault(value: str) -> str:
    """What is wrong with SITE_URL: a scheme and a host, no path."""
    parts = _web_address(value)
    if parts is None or parts.path.strip("/"):
        return "must look like https://proofsheet.example.com, without a path."
    return ""


def api_url_fault(value: str, *, debug: bool) -> str:
    """What is wrong with AUTOENHANCE_API_URL (T15): keys go there, so only https in production."""
    parts = _web_address(value)
    if parts is None:
        return "must look like https://api.autoenhance.ai."
    return "must be https when DEBUG is off." if parts.scheme == "http" and not debug else ""


def _web_address(value: str) -> SplitResult | None:
    """The parts of an http or https address, perhaps with a port and a path, with nothing else; None for others."""
    try:
        parts = urlsplit(value)
        usable = parts.port != 0 and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # brackets without an address, a port that is none
        return None
    return None if not usable or "@" in parts.netloc or parts.query or parts.fragment else parts
