"""What ASVS 5.0 asks for, and no other module of the tests is about; docs/security.md has all of it."""

from __future__ import annotations

import json
import logging
import logging.config
import string
import sys
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.test import Client

from dashboard.accounts.models import Session, User
from dashboard.logs import logging_settings
from orders.models import ApiKey
from tests.cast import AsUser
from tests.test_access_matrix import address, things_of

pytestmark = pytest.mark.django_db

OF_EACH_KIND = {
    "readyz": "application/json",
    "people:people": "text/html",
    "orders:list": "text/html",
    "orders:export": "text/csv",
    "orders:activity_csv": "text/csv",
    "orders:activity_json": "application/json",
    "orders:guest": "text/html",
    "orders:guest_image": "image/svg+xml",
}


@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_4_1_1_every_kind_of_answer_says_what_it_is(as_user: AsUser, alice: User, key: ApiKey, name: str) -> None:
    answer = as_user(alice).get(address(name, things_of(key)))
    kind, _, more = answer["Content-Type"].partition("; ")
    assert (answer.status_code, kind) == (200, OF_EACH_KIND[name])
    assert (more == "charset=utf-8") == kind.startswith("text/")


def test_6_3_2_nobody_is_there_before_somebody_signs_up() -> None:
    assert not User.objects.exists()


def test_7_2_3_a_session_has_an_id_of_its_own_that_nobody_guesses(as_user: AsUser, alice: User) -> None:
    """32 of 36 signs are 165 bits."""
    ids = {as_user(alice).session.session_key for _ in range(20)}
    assert len(ids) == Session.objects.count() == 20
    assert all(len(each) == 32 and set(each) <= {*string.ascii_lowercase, *string.digits} for each in ids if each)


@pytest.mark.parametrize("path", ["/teams/northlight/orders/", "/keys/", "/settings/", "/teams/northlight/people/"])
def test_7_4_4_every_page_offers_to_log_out(as_user: AsUser, alice: User, key: ApiKey, path: str) -> None:
    assert '<form method="post" action="/accounts/logout/">' in as_user(alice).get(path).content.decode()


def test_7_4_5_whoever_is_switched_off_is_out_at_once(as_user: AsUser, alice: User) -> None:
    """Wherever they are logged in; the operator does it by the database."""
    browsers = [as_user(alice) for _ in range(2)]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert {browser.get("/keys/").status_code for browser in browsers} == {302}


def test_16_2_2_times_in_logs_are_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    before, written = logging.getLogger().handlers[:], StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    logging.config.dictConfig(logging_settings("INFO"))
    logging.getLogger("some.library").warning("hello")
    logging.getLogger().handlers = before
    at = datetime.fromisoformat(json.loads(written.getvalue())["timestamp"])
    assert at.utcoffset() == timedelta(0)


def test_16_3_2_who_was_refused_what_is_a_line_of_the_log(
    as_user: AsUser, bob: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dashboard.observed")
    as_user(bob).post("/teams/northlight/people/", {"email": "dora@example.com", "role": "owner"})
    Client().get("/keys/")
    told = [record.msg for record in caplog.records if record.name == "dashboard.observed"]
    facts = [(line["path"], line["status"], line["user"]) for line in told if isinstance(line, dict)]
    assert facts == [("/teams/northlight/people/", 403, bob.pk), ("/keys/", 302, None)]
