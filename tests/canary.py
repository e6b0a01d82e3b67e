"""A recognisable API key, and the places where it must never turn up (T06 to T11, S3).

The core of the key is searched, so that the forms in which a page or an address escapes the signs around it are found
too; the last four signs are no part of it, since its owner may see those.
"""

from __future__ import annotations

import base64
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.utils.log import AdminEmailHandler
from psycopg import sql

from dashboard.accounts.models import Session

CORE = "cAnArY7f3kQx9ZwLmPq2"
CANARY = f"ae+{CORE}&%wxyz"


def forms(secret: str) -> list[str]:
    """As it is, as hex, and as base64 at each of the three places that it can have in a longer text."""
    raw = secret.encode()
    shifted = [base64.b64encode(b"\0" * shift + raw).decode()[lost:] for shift, lost in ((0, 0), (1, 2), (2, 3))]
    whole = [text[: len(text.rstrip("=")) - 1] for text in shifted]
    return [secret, raw.hex(), *whole, *(text.translate(str.maketrans("+/", "-_")) for text in whole)]


FORMS = [form.lower() for form in forms(CORE)]


def shows(text: str) -> bool:
    """Whether the canary is in `text`, in any of its forms."""
    lowered = text.lower()
    return any(form in lowered for form in FORMS)


class Log(logging.Handler):
    """Every record, as our own formatter writes it and with all that it carries."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._ours = next(one.formatter for one in logging.getLogger().handlers if one.name == "stdout")

    def emit(self, record: logging.LogRecord) -> None:
        carried = dict(vars(record))
        self.lines += [repr(carried), self._ours.format(logging.makeLogRecord(carried))]


@contextmanager
def everything_logged() -> Iterator[Log]:
    """All loggers at DEBUG, into one place; errors are mailed with an HTML report besides."""
    root, log, mails = logging.getLogger(), Log(), AdminEmailHandler(include_html=True)
    mails.setLevel(logging.ERROR)
    loggers = [root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    levels, handlers = [logger.level for logger in loggers], root.handlers
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    root.handlers = [log, mails]
    try:
        yield log
    finally:
        root.handlers = handlers
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class Browser(Client):
    """Remembers all that it was answered, and shows a crash as a person would see it."""

    def __init__(self) -> None:
        super().__init__(raise_request_exception=False)
        self.seen: list[str] = []

    def send(self, path: str, fields: dict[str, Any]) -> None:
        """Submit a form, in the encoding that our forms have."""
        self.post(path, urlencode(fields), content_type="application/x-www-form-urlencoded")

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        self.seen.append(f"{answer.headers}{answer.cookies}{answer.getvalue().decode(errors='replace')}")
        return answer


def in_mail(mail: EmailMultiAlternatives) -> str:
    """All of a mail, its HTML too."""
    return mail.message().as_string() + mail.body + "".join(str(part.content) for part in mail.alternatives)


def in_database() -> Iterator[str]:
    """Every row of every table as text, and what is inside of the sessions."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(table)))
            yield from (row for (row,) in cursor.fetchall())
    yield from (str(session.get_decoded()) for session in Session.objects.all())


# The test itself, and what turns its arguments into a request.
OUTSIDE = re.compile(r"/tests/|/django/test/|/django/utils/encoding|/urllib/parse")


class Forced(Exception):
    """The failure that a test put there."""


class FailWhereKeyIs:
    """While entered: the `nth` Python function that is called with the canary among its arguments fails.

    So each step of a call fails in turn, in our code and in the libraries, without naming them. `within`: only those in
    files with this in their path.
    """

    def __init__(self, nth: int, within: str = "") -> None:
        self.left, self.within = nth, within
        self.failed = ""

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, _: object) -> None:
        where = frame.f_code.co_filename
        if event == "call" and self.within in where and not OUTSIDE.search(where) and _holds(frame.f_locals):
            self.left -= 1
            if self.left == 0:
                self.failed = f"{where}:{frame.f_code.co_name}"
                raise Forced


def _holds(values: Mapping[str, object]) -> bool:
    """Whether the canary is one of these, or one level inside of them."""
    for value in values.values():
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
        if any(CORE in one for one in inner if isinstance(one, str)):
            return True
        if any(CORE.encode() in one for one in inner if isinstance(one, bytes)):
            return True
    return False
