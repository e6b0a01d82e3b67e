"""The plumbing of the tests: the browser, static files without a manifest, an empty queue. People are in cast.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker

from dashboard.accounts.models import Team
from tests import chromium

pytest_plugins = ["tests.cast", "tests.collected", "tests.guests", "tests.jobs"]

# Playwright's synchronous interface keeps an event loop in the test's thread, where the ORM would refuse to work.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A machine that stands still for a moment is no fault of the code; what has a bound measures it itself.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

LEFT_OUT = "browser tests left out"
left_out = pytest.StashKey[int]()


# The browser ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How pytest-playwright starts the browser."""
    return {**browser_type_launch_args, "executable_path": chromium.find(), "args": list(chromium.ARGUMENTS)}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser, leave its tests out; the end of the run says so, and fails."""
    without = [item for item in items if item.get_closest_marker("browser")]
    if without and not chromium.find():
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]
        config.stash[left_out] = len(without)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that left the browser out has not passed."""
    count = session.config.stash.get(left_out, 0)
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[LEFT_OUT] = count
    if count and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of xdist left out; each collects everything, so one figure stands for all."""
    count = getattr(node, "workeroutput", {}).get(LEFT_OUT, 0)
    node.config.stash[left_out] = max(count, node.config.stash.get(left_out, 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The one line about it."""
    if count := config.stash.get(left_out, 0):
        terminalreporter.write_line(
            f"FAILED: {count} {LEFT_OUT}, there is no Chromium: install one, or name it in CHROMIUM.", red=True
        )


# Django ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _cheaper_than_production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hashed names need `collectstatic`, which a test run has not done; what an earlier command has collected would be
    read for every test client. A slow password hash protects nobody here.
    """
    storages = deepcopy(settings.STORAGES)
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    root = tmp_path_factory.mktemp("static")
    with override_settings(STORAGES=storages, STATIC_ROOT=root, PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End what threads that are over have left open: Python closes it when it likes, and the database goes now."""
    yield
    connection.close()  # a test may have cut it
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session", autouse=True)
def _emptied_by_deleting() -> Iterator[None]:
    """After a test that commits. Django truncates, which makes new files for every table, however few rows there are;
    then it writes the content types and permissions again. That took longer than most of these tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: _delete_all())
        yield


def _delete_all() -> None:
    """Empty the tables of every model, the queue's too. Whoever still writes is waited for, as a truncate would."""
    kept = {ContentType, Permission}
    # Teams first: the lines of a timeline go only with their team. The queue's tables come in the order of their keys.
    models = [Team, *(model for model in reversed(apps.get_models(include_auto_created=True)) if model not in kept)]
    tables = list(dict.fromkeys(model._meta.db_table for model in models))
    deletes = "; ".join(map("delete from {}".format, tables))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"lock table {', '.join(tables)} in exclusive mode; {deletes}")
