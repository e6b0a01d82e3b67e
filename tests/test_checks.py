"""Our own checks at the start, beside Django's (S7, T46, T79)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.checks import run_checks
from django.db import connection
from pytest_django import Settings

from dashboard import checks

SAFE = {"HTTPS": True, "PROXY_COUNT": 1, "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}


def ids(found: list) -> list[str]:
    return [message.id for message in found if message.id.startswith("proofsheet.")]


@pytest.fixture
def safe(settings: Settings) -> Settings:
    """Settings as a host behind a proxy has them."""
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


class SiteTests:
    def test_nothing_is_said_of_a_site_behind_a_proxy_with_mail(self, safe: Settings) -> None:
        assert checks.site() == []

    @pytest.mark.parametrize(
        ("setting", "value", "told"),
        [
            ("HTTPS", False, "proofsheet.W001"),
            ("PROXY_COUNT", 0, "proofsheet.W002"),
            ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "proofsheet.W003"),
        ],
    )
    def test_what_would_surprise_is_said_with_a_way_out(
        self, safe: Settings, setting: str, value: object, told: str
    ) -> None:
        setattr(safe, setting, value)
        assert ids(checks.site()) == [told]
        assert checks.site()[0].hint

    def test_the_deployment_check_runs_them_and_the_usual_one_does_not(self, safe: Settings) -> None:
        safe.PROXY_COUNT = 0
        assert "proofsheet.W002" in ids(run_checks(include_deployment_checks=True))
        assert ids(run_checks()) == []


@pytest.mark.django_db
class DatabaseRoleTests:
    @pytest.fixture
    def plain_role(self) -> Iterator[None]:
        """A role that may log in and nothing else."""
        with connection.cursor() as cursor:
            cursor.execute("create role plain nologin")
            cursor.execute("set local role plain")
            yield
            cursor.execute("reset role")
            cursor.execute("drop role plain")

    def test_t79_a_role_that_could_do_anything_is_told(self) -> None:
        (told,) = checks.database_role(databases=["default"])
        assert told.id == "proofsheet.W004"
        assert "SUPERUSER" in told.msg

    @pytest.mark.usefixtures("plain_role")
    def test_t79_a_plain_role_is_not(self) -> None:
        assert checks.database_role(databases=["default"]) == []

    def test_a_checkouts_own_postgres_is_not(self, settings: Settings) -> None:
        settings.DEBUG = True
        assert checks.database_role(databases=["default"]) == []

    def test_migrate_runs_it(self) -> None:
        assert "proofsheet.W004" in ids(run_checks(databases=["default"]))
