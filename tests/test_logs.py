"""dashboard/logs.py: JSON lines, and error reports that show no values (T08, T09)."""

from __future__ import annotations

import json
import logging
import logging.config
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter
from pytest_django import DjangoAssertNumQueries

from dashboard import health
from dashboard.accounts.models import User
from dashboard.logs import logging_settings
from tests.cast import AsUser

SECRET = "ae_secret_0123456789"


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What a process writes to its standard output at the level debug."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    written = StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    logging.config.dictConfig(logging_settings("DEBUG"))
    yield written
    logging.getLogger().handlers, logging.getLogger().level = before


def crash(secret: str) -> None:
    """Fails with `secret` among its locals."""
    raise RuntimeError("it failed")


def caught(secret: str) -> ExceptionReporter:
    """Django's error report of a crash while a key was posted."""
    request = RequestFactory().post("/keys/", {"key": secret, "label": secret})
    try:
        crash(secret)
    except RuntimeError:
        return ExceptionReporter(request, *sys.exc_info())
    raise AssertionError


def test_writes_one_json_object_a_line_whoever_logs(stream: StringIO) -> None:
    structlog.get_logger("orders.ours").info("placed", order=7)
    logging.getLogger("some.library").warning("two\nlines %s", "here")
    ours, theirs = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (ours["event"], ours["order"], ours["level"], ours["logger"]) == ("placed", 7, "info", "orders.ours")
    assert (theirs["event"], theirs["level"]) == ("two\nlines here", "warning")


def test_writes_the_request_id_into_each_line(stream: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        logging.getLogger("some.library").warning("hello")
    assert json.loads(stream.getvalue())["request_id"] == "abc"


def test_writes_a_traceback_without_values(stream: StringIO) -> None:
    try:
        crash(SECRET)
    except RuntimeError:
        logging.getLogger("django.request").exception("crashed")
    assert "it failed" in json.loads(stream.getvalue())["exception"]
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize("name", ["django.db.backends", "django.template", "urllib3.connectionpool"])
def test_never_writes_statements_contexts_or_requests(name: str, stream: StringIO) -> None:
    logging.getLogger(name).debug("insert %s", SECRET)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("report", ["get_traceback_html", "get_traceback_text"])
@pytest.mark.parametrize("debug", [True, False])
def test_a_report_shows_frames_but_no_values(report: str, debug: bool, settings) -> None:
    settings.DEBUG = debug
    text = getattr(caught(SECRET), report)()
    assert "it failed" in text
    assert "crash" in text
    assert SECRET not in text


@pytest.mark.parametrize(
    "path",
    [
        "/invitations/{}/",
        "/s/{}/images/1/",
        "/hooks/autoenhance/{}/",
        "/accounts/confirm-email/{}/",
        "/accounts/password/reset/key/1-{}/",
        "/accounts/login/?next=%2Finvitations%2F{}%2F",
    ],
)
def test_writes_no_token_of_an_address(stream: StringIO, path: str) -> None:
    """T36: whoever logs it, in the line or in a traceback."""
    token = "aB3_-" * 8 + "xyz"
    logging.getLogger("django.request").warning("Not Found: %s", path.format(token))
    structlog.get_logger("orders.ours").info("looked", path=path.format(token))
    try:
        raise ValueError(path.format(token))
    except ValueError:
        logging.getLogger("django.request").exception("crashed")
    assert stream.getvalue().count("[token]") == 3
    assert token not in stream.getvalue()
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == ["warning", "info", "error"]


def test_leaves_other_numbers_in_an_address(stream: StringIO) -> None:
    logging.getLogger("django.request").warning("Not Found: /teams/northlight/invitations/12/resend/")
    assert "/invitations/12/resend/" in stream.getvalue()


def test_goes_on_when_nobody_reads_the_output(stream: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """F77: a closed pipe must not become an error page."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    stream.close()
    logging.getLogger("some.library").warning("hello")


@pytest.mark.django_db
class RequestTests:
    def test_is_a_line_with_who_and_what_and_how_long(self, stream: StringIO, as_user: AsUser, alice: User) -> None:
        as_user(alice).get("/settings/", {"q": "rosewood"}, headers={"X-Request-Id": "an-id-of-nginx"})
        (line,) = said(stream)
        facts = {name: line[name] for name in ("method", "path", "route", "status", "user", "request_id", "level")}
        assert facts == {
            "method": "GET",
            "path": "/settings/",
            "route": "people:settings",
            "status": 200,
            "user": alice.pk,
            "request_id": "an-id-of-nginx",
            "level": "info",
        }
        assert 0 < line["ms"] < 10_000
        assert "rosewood" not in stream.getvalue()

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/static/none.css"])
    def test_of_a_machine_is_a_line_for_debugging_only(self, stream: StringIO, client: Client, path: str) -> None:
        client.get(path)
        assert [line["level"] for line in said(stream)] == ["debug"]

    def test_of_nobody_is_a_line_without_a_query_more(
        self, client: Client, stream: StringIO, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            client.get("/no/such/address/")
        (line,) = said(stream)
        assert (line["route"], line["status"], line["user"]) == ("none", 404, None)

    def test_that_crashes_is_a_line_beside_its_traceback(
        self, stream: StringIO, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "MigrationExecutor", crash)
        client.raise_request_exception = False
        client.get("/readyz")
        assert said(stream)[0]["status"] == 500
        assert "it failed" in stream.getvalue()


def said(stream: StringIO) -> list[dict[str, Any]]:
    """The lines about requests."""
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in lines if line["logger"] == "dashboard.observed"]
