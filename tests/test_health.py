"""/healthz, /readyz, and what people see while the database is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import User
from tests.cast import HTMX, AsUser


@pytest.fixture
def database_away(transactional_db: None) -> Iterator[None]:
    """The database's port answers nobody."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port, connection.settings_dict["PORT"] = connection.settings_dict["PORT"], free.getsockname()[1]
        host, connection.settings_dict["HOST"] = connection.settings_dict["HOST"], "127.0.0.1"
        connection.close()
        yield
        connection.close()
        connection.settings_dict.update(PORT=port, HOST=host)


@pytest.mark.django_db
def test_alive_touches_no_database(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_answers_by_any_name_or_address(client: Client, path: str) -> None:
    """A load balancer asks by the machine's own address; pages answer to the site's name alone (T57)."""
    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/accounts/login/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_ready_tells_of_a_late_worker_and_fails_nothing(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "worker": "late"}


@pytest.mark.django_db
def test_ready_sees_a_worker_that_is_there(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now())")
    assert client.get("/readyz").json()["worker"] == "ok"


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'orders'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "migrations missing"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_refuses_other_methods(client: Client, path: str) -> None:
    assert client.head(path).status_code == 200
    assert {client.post(path).status_code, client.delete(path).status_code} == {405}


@pytest.mark.usefixtures("database_away")
def test_alive_but_not_ready_without_the_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "unreachable"}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_page_without_the_database_says_so(
    alice: User, as_user: AsUser, request: pytest.FixtureRequest, headers: dict[str, str]
) -> None:
    client = as_user(alice)
    request.getfixturevalue("database_away")
    answer = client.get("/keys/", headers={**headers, "X-Request-Id": "reference-1"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert b"cannot answer right now" in answer.content
    assert b"reference-1" in answer.content
