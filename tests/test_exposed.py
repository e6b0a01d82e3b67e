"""What is not a page is not there: no source, no settings, no console, no banner (T78)."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import User
from dashboard.urls import urlpatterns
from orders.models import Order
from tests.cast import AsUser

pytestmark = pytest.mark.django_db

HIDDEN = ["/.env", "/.git/HEAD", "/.git/config", "/static/../dashboard/settings.py", "/static/%2e%2e/manage.py"]
HIDDEN += ["/static/", "/static/css/", "/debug/", "/__debug__/", "/admin/", "/server-status", "/phpinfo.php"]
HIDDEN += ["/manage.py", "/Procfile", "/requirements/app.txt", "/static/app.js.map", "/openapi.json", "/docs/"]


@pytest.mark.parametrize("path", HIDDEN)
def test_t78_only_pages_and_collected_files_are_served(as_user: AsUser, alice: User, path: str) -> None:
    for browser in (Client(), as_user(alice)):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert b"SECRET_KEY" not in answer.getvalue()


def test_t78_a_crash_shows_a_number_and_nothing_else(
    as_user: AsUser, alice: User, order: Order, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADMINS = []
    monkeypatch.setattr("orders.models.Order.get_absolute_url", lambda self: 1 / 0)
    browser = as_user(alice)
    browser.raise_request_exception = False
    answer = browser.post(f"/orders/{order.pk}/refresh/", headers={"X-Request-Id": "the-id-of-it"})
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "the-id-of-it" in page
    assert [word for word in ("Traceback", "ZeroDivision", ".py", "Django") if word in page] == []
    assert [name for name in ("Server", "X-Powered-By", "Via") if answer.has_header(name)] == []


def test_nobody_administrates_by_a_page() -> None:
    """T20: what an operator may do, they do by commands, and none of those shows a key."""
    assert [str(each.pattern) for each in urlpatterns if "admin" in str(each.pattern)] == []
