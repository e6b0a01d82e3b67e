"""/healthz, /readyz, and what people see while the database is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.utils import connector_params
from pytest_django import DjangoAssertNumQueries

from dashboard.accounts.models import User
from orders.models import ApiKey, Order
from tests.cast import HTMX, AsUser
from tests.upstream import Step, Upstream


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


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_cookie_makes_no_difference_to_a_probe(
    alice: User, as_user: AsUser, request: pytest.FixtureRequest, path: str
) -> None:
    """Who asks is nobody's business there, so nobody is looked up (T82)."""
    client = as_user(alice)
    request.getfixturevalue("database_away")
    assert client.get(path).headers["Content-Type"] == "application/json"


def test_what_is_sent_while_the_database_is_away_was_not_saved(
    alice: User, as_user: AsUser, request: pytest.FixtureRequest
) -> None:
    client = as_user(alice)
    request.getfixturevalue("database_away")
    answer = client.post("/orders/1/name/", {"name": "x", "seen": ""})
    assert (answer.status_code, b"was not saved" in answer.content) == (503, True)


@pytest.mark.django_db(transaction=True)
def test_what_the_database_went_away_over_may_have_been_saved(
    alice: User, as_user: AsUser, order: Order, key: ApiKey, upstream: Upstream
) -> None:
    """F46, F47: it goes when the rename is at Autoenhance, and nobody can know here what became of it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        ours = cursor.fetchone()[0]

    def cut() -> Iterator[bytes]:
        with psycopg.connect(**connector_params()) as other:
            other.execute("select pg_terminate_backend(%s, 5000)", [ours])
        yield b"{"

    upstream.script("PATCH", "*", Step(process=True, stream=cut))
    answer = as_user(alice).post(f"/orders/{order.pk}/name/", {"name": "14 Elm Row", "seen": order.name})
    connection.close()
    assert answer.status_code == 503
    assert b"It is not certain" in answer.content
    assert b"was not saved" not in answer.content


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
