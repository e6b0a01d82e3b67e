"""/orders/<id>/name/: rename in place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from dashboard.accounts.models import User
from orders.models import Event, Order, Write
from orders.sandbox.store import Store
from tests.cast import HTMX
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

AsUser = Callable[[User], Client]


@pytest.fixture
def url(order: Order) -> str:
    return f"/orders/{order.pk}/name/"


def rename(client: Client, url: str, name: str, seen: str = "12 Rosewood Ave", **headers: str):
    return client.post(url, {"name": name, "seen": seen}, headers=headers)


def test_renames_at_autoenhance_then_mirrors(
    alice: User, as_user: AsUser, order: Order, url: str, store: Store
) -> None:
    answer = rename(as_user(alice), url, "14 Rosewood Ave", **HTMX)
    assert answer.status_code == 200
    assert b"14 Rosewood Ave" in answer.content
    assert store.order(order.order_id).name == "14 Rosewood Ave"
    assert Order.objects.get().name == "14 Rosewood Ave"
    assert Event.objects.get(kind="renamed").data == {"old": "12 Rosewood Ave", "new": "14 Rosewood Ave"}


def test_sends_one_patch_with_the_name_alone(alice: User, as_user: AsUser, url: str, upstream: Upstream) -> None:
    rename(as_user(alice), url, "14 Rosewood Ave")
    (patch,) = upstream.calls("PATCH")
    assert patch.json == {"name": "14 Rosewood Ave"}


def test_keeps_the_old_name_and_the_text_when_refused(
    alice: User, as_user: AsUser, url: str, upstream: Upstream
) -> None:
    upstream.script("PATCH", "*", Step(status=422))
    answer = rename(as_user(alice), url, "14 Rosewood Ave", **HTMX)
    assert answer.status_code == 422
    assert b'value="14 Rosewood Ave"' in answer.content
    assert Order.objects.get().name == "12 Rosewood Ave"
    assert Write.objects.get().state == "refused"


def test_is_not_confirmed_when_the_answer_is_lost(alice: User, as_user: AsUser, url: str, upstream: Upstream) -> None:
    upstream.script("PATCH", "*", Step(process=True, reset="before"))
    answer = rename(as_user(alice), url, "14 Rosewood Ave", **HTMX)
    assert answer.status_code == 202
    assert Write.objects.get().state == "unclear"
