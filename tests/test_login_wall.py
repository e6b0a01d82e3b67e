"""The login wall, which also speaks htmx (T58, F65, F66), and what every answer carries."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.accounts.models import Session, Team, User
from orders.models import Order
from tests.cast import HTMX, AsUser
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db


def expired(as_user: AsUser, user: User) -> Client:
    """A browser whose session has ended meanwhile."""
    client = as_user(user)
    Session.objects.all().delete()
    return client


def test_a_page_leads_to_login_and_back(client: Client, team: Team) -> None:
    answer = client.get(f"/teams/{team.slug}/orders/?q=elm")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/teams/northlight/orders/%3Fq%3Delm"


def test_htmx_is_sent_to_login_as_a_whole_page(as_user: AsUser, alice: User, order: Order) -> None:
    here = {"HX-Current-URL": "http://testserver/teams/northlight/orders/?q=elm"}
    answer = expired(as_user, alice).get(f"/orders/{order.pk}/name/", headers=HTMX | here)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/teams/northlight/orders/%3Fq%3Delm"
    assert answer.content == b""


@pytest.mark.parametrize("here", ["http://evil.example/x/", "javascript:alert(1)", "", "//evil.example", "%0d%0aX: y"])
def test_htmx_is_never_sent_elsewhere(client: Client, here: str) -> None:
    answer = client.get("/keys/", headers={**HTMX, "HX-Current-URL": here})
    assert answer["HX-Redirect"] == "/accounts/login/?next=/"


def test_a_rename_after_the_session_has_ended_swaps_nothing(
    as_user: AsUser, alice: User, order: Order, upstream: Upstream
) -> None:
    answer = expired(as_user, alice).post(f"/orders/{order.pk}/name/", {"name": "x"}, headers=HTMX)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer
    assert upstream.calls() == []


def test_a_plain_rename_after_the_session_has_ended_leads_to_login(
    as_user: AsUser, alice: User, order: Order, upstream: Upstream
) -> None:
    answer = expired(as_user, alice).post(f"/orders/{order.pk}/name/", {"name": "x"})
    assert answer["Location"].startswith("/accounts/login/")
    assert upstream.calls() == []


def test_login_says_that_a_form_was_not_saved_and_leads_back_to_it(as_user: AsUser, alice: User, order: Order) -> None:
    client, page = expired(as_user, alice), f"/orders/{order.pk}/name/?next=/x/"
    here = {"Referer": f"http://testserver{page}"}
    answer = client.post(f"/orders/{order.pk}/refresh/", headers=here, follow=True)
    assert "You were logged out. Nothing was saved." in answer.content.decode()
    assert answer.context["redirect_field_value"] == page


def test_login_says_it_after_a_part_of_a_page_as_well_and_once(as_user: AsUser, alice: User, order: Order) -> None:
    client = expired(as_user, alice)
    answer = client.get(f"/orders/{order.pk}/name/", headers=HTMX)
    told = [client.get(answer["HX-Redirect"]).content.decode() for _ in range(2)]
    assert ["You were logged out." in page for page in told] == [True, False]


def test_a_first_visit_is_told_nothing(client: Client) -> None:
    assert b"You were logged out" not in client.get("/keys/", follow=True).content


def test_a_switched_off_account_is_outside(as_user: AsUser, alice: User) -> None:
    client = as_user(alice)
    User.objects.update(is_active=False)
    assert client.get("/keys/")["Location"] == "/accounts/login/?next=/keys/"


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/healthz", "/nowhere/"])
def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    answer = client.get(path)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g", "<script>alert()", "ünïcödé-id"])
def test_a_request_has_an_id_of_ours_when_the_given_one_is_no_id(client: Client, given: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": given} if given else {})
    assert answer["X-Request-Id"].isalnum()
    assert answer["X-Request-Id"] != given


def test_a_given_request_id_is_kept(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "abc-12345"})["X-Request-Id"] == "abc-12345"
