"""The pages of errors: one look, what happened, whether anything was saved, what to do, a reference (features 4.7.6).

Tests without `django_db` may not touch the database: pytest-django sees to that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied
from django.db import InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import InFailedSqlTransaction, ReadOnlySqlTransaction
from pytest_django import Settings

from dashboard import errors, urls
from dashboard.accounts.models import User
from tests.cast import AsUser

ID = {"X-Request-Id": "reference-1"}
NOTHING = ("Nothing was saved", "Nothing was changed")


def raising(exception: Exception) -> Callable[[HttpRequest], HttpResponse]:
    @csrf_exempt
    @login_not_required
    def view(request: HttpRequest) -> HttpResponse:
        raise exception

    return view


def caused(by: Exception) -> Exception:
    """As Django passes on what Postgres says."""
    error = InternalError("secret")
    error.__cause__ = by
    return error


# The addresses of this module are those of the product, and some that fail.
FAULTS: dict[str, tuple[Exception, int]] = {
    "bad": (BadRequest("secret"), 400),
    "forbidden": (PermissionDenied("Ask <Ana>."), 403),
    "missing": (Http404("secret"), 404),
    "broken": (ZeroDivisionError("secret"), 500),
    "away": (OperationalError("secret"), 503),
    "read-only": (caused(by=ReadOnlySqlTransaction()), 503),
    "misused": (caused(by=InFailedSqlTransaction()), 500),
}
urlpatterns = [*urls.urlpatterns, *(path(f"{name}/", raising(fault)) for name, (fault, _) in FAULTS.items())]
handler400, handler403, handler404 = urls.handler400, urls.handler403, urls.handler404
handler429, handler500 = urls.handler429, urls.handler500


@pytest.fixture
def client(settings: Settings) -> Client:
    """Somebody at those addresses."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False, headers=ID)


def text_of(answer: Any) -> str:
    page: str = answer.content.decode()
    assert page.startswith("<!DOCTYPE html>")
    assert "Was it saved?" in page
    assert "What now?" in page
    assert "reference-1" in page
    assert "secret" not in page
    return page


class EveryPageTests:
    @pytest.mark.parametrize(("name", "status"), [(name, status) for name, (_, status) in FAULTS.items()])
    def test_needs_no_database_and_says_everything(self, client: Client, name: str, status: int) -> None:
        for answer in (client.get(f"/{name}/"), client.post(f"/{name}/")):
            assert answer.status_code == status
            assert answer["X-Request-Id"] == "reference-1"
            assert f"{status} " in text_of(answer)
        assert "There was nothing to save" in client.get(f"/{name}/").content.decode()

    @pytest.mark.parametrize(("name", "sure"), [("bad", True), ("missing", True), ("broken", False), ("away", False)])
    def test_says_what_is_true_of_what_was_sent(self, client: Client, name: str, sure: bool) -> None:
        page = text_of(client.post(f"/{name}/"))
        assert any(words in page for words in NOTHING) == sure
        assert ("It is not certain" in page) == (not sure)

    def test_a_refusal_has_its_own_sentence(self, client: Client) -> None:
        assert "Ask &lt;Ana&gt;." in text_of(client.post("/forbidden/"))

    def test_keeps_the_theme(self, client: Client) -> None:
        client.cookies["theme"] = "dark"
        assert 'data-theme="dark"' in text_of(client.get("/broken/"))

    def test_a_page_that_takes_only_forms_says_so(self, client: Client, settings: Settings) -> None:
        answer = client.post("/healthz", headers=ID)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
        assert "This address is not a page" in text_of(answer)

    def test_a_limit_of_allauth_has_it_too(self) -> None:
        request = RequestFactory().post("/accounts/password/reset/")
        request.id = "reference-1"  # type: ignore[attr-defined]
        answer = errors.too_many(request)
        assert answer.status_code == 429
        assert "Wait a few minutes" in text_of(answer)

    @pytest.mark.django_db
    def test_allauth_asks_for_it(self, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"reset_password": "1/h/ip"}
        client = Client(headers=ID)
        answers = [client.post("/accounts/password/reset/", {"email": "x@example.com"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [302, 429]
        assert "Nothing was saved" in text_of(answers[1])


class TooLargeTests:
    """413, as nginx would say it, and never a 500."""

    @pytest.mark.parametrize(
        "body", [b"name=" + b"x" * 2_700_000, b"&".join(b"a%d=1" % number for number in range(1_001))]
    )
    def test_says_that_it_was_too_much(self, body: bytes) -> None:
        client = Client(enforce_csrf_checks=True, headers=ID)
        client.cookies["csrf"] = "x" * 32
        answer = client.post("/accounts/login/", body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 413
        assert "Nothing was saved" in text_of(answer)


class OtherNameTests:
    """O3: the line that makes the server know its own address."""

    @pytest.mark.parametrize(
        ("headers", "line"),
        [
            ({"Host": "10.0.0.7:8000"}, "SITE_URL=http://10.0.0.7:8000<"),
            ({"Host": "orders.example", "X-Forwarded-Proto": "https"}, "SITE_URL=https://orders.example<"),
        ],
    )
    def test_a_name_that_is_not_ours_gets_the_line_to_set(
        self, client: Client, headers: dict[str, str], line: str
    ) -> None:
        answer = client.get("/accounts/login/", headers={**ID, **headers})
        assert answer.status_code == 400
        assert line in text_of(answer)

    @given(st.text())
    def test_a_host_that_is_none_is_never_repeated(self, host: str) -> None:
        request = RequestFactory().get("/", HTTP_HOST=f'"><script>{host}')
        assert "SITE_URL=" not in errors.bad_request(request, DisallowedHost()).content.decode()


class ForgedTests:
    """The page of a form that is not from this session."""

    @pytest.fixture
    def browser(self) -> Client:
        return Client(enforce_csrf_checks=True, headers=ID)

    def test_without_a_token_nothing_was_saved(self, browser: Client) -> None:
        page = text_of(browser.post("/accounts/login/", {"login": "a@example.com"}))
        assert "Nothing was saved" in page
        assert "SITE_URL" not in page

    @pytest.mark.parametrize(
        ("headers", "line"),
        [
            # A proxy ends TLS and tells us nothing.
            ({"Origin": "https://testserver"}, "SITE_URL=https://testserver<"),
            # A proxy tells us another name than the browser's, which says itself that the page is its own.
            ({"Origin": "https://orders.example", "Sec-Fetch-Site": "same-origin"}, "SITE_URL=https://orders.example<"),
        ],
    )
    def test_where_site_url_is_not_where_we_are_it_says_the_line_to_set(
        self, browser: Client, headers: dict[str, str], line: str
    ) -> None:
        answer = browser.post("/accounts/login/", headers={**ID, **headers})
        assert answer.status_code == 403
        assert line in text_of(answer)

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://", '"><script>', "https://x y"])
    def test_nobody_is_told_to_trust_another_site(self, browser: Client, origin: str) -> None:
        answer = browser.post("/accounts/login/", headers={**ID, "Origin": origin})
        assert answer.status_code == 403
        assert "SITE_URL" not in text_of(answer)
        assert "<script>" not in text_of(answer)


class UnderDebugTests:
    """`make run`: our pages for what people do, Django's page for a fault of ours."""

    @pytest.fixture(autouse=True)
    def _debug(self, settings: Settings) -> None:
        settings.DEBUG = True

    @pytest.mark.parametrize(("path", "status"), [("/missing/", 404), ("/nowhere/", 404), ("/bad/", 400)])
    def test_what_is_missing_or_wrong_is_our_page(self, client: Client, path: str, status: int) -> None:
        answer = client.get(path)
        assert answer.status_code == status
        text_of(answer)

    def test_a_fault_shows_where_it_is_and_no_values(self, client: Client) -> None:
        page = client.post("/broken/", {"key": "ae_canary"}).content.decode()
        assert "ZeroDivisionError" in page
        assert "ae_canary" not in page


@pytest.mark.django_db
def test_somebody_elses_order_is_our_page_also_when_logged_in(as_user: AsUser, alice: User) -> None:
    page = text_of(as_user(alice).get("/orders/999999/", headers=ID))
    assert "We do not say which" in page
    assert alice.name not in page
