"""/keys/<id>/replace/: another secret of the same account (K5, T18, T21, F72)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from dashboard.accounts.models import Team, User
from orders import services
from orders.models import ApiKey, Event, Order, OrderKey
from orders.sandbox.store import Store
from tests.cast import ALICES_KEY, BOBS_KEY, PASSWORD, place_upstream
from tests.confirmed import just_confirmed, long_ago
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

AsUser = Callable[[User], Client]
FRESH = "ae_fresh_0123456789"


@pytest.fixture
def me(alice: User, as_user: AsUser) -> Client:
    return just_confirmed(as_user(alice))


@pytest.fixture
def url(key: ApiKey) -> str:
    return f"/keys/{key.pk}/replace/"


@pytest.fixture
def rolled(store: Store, upstream: Upstream, order: Order) -> Order:
    """Alice's order, which her fresh key lists as well."""
    listed = services.autoenhance().retrieve(order.order_id)
    upstream.clear()
    answer = {"order_id": listed.order_id, "name": listed.name, "created_at": "2026-01-01T00:00:00"}
    page: Any = {"orders": [answer], "pagination": {"next_offset": None, "per_page": 15}}
    upstream.script("GET", "/v3/orders/", Step(json=page))
    return order


def test_puts_the_new_secret_in_place(me: Client, url: str, rolled: Order, upstream: Upstream) -> None:
    answer = me.post(url, {"key": FRESH})
    assert (answer.status_code, answer["Location"]) == (302, "/keys/")
    assert ApiKey.objects.get().secret() == FRESH
    assert ApiKey.objects.get().last_four == FRESH[-4:]
    assert [call.headers["x-api-key"] for call in upstream.calls()] == [FRESH]


def test_tells_the_team_and_imports_again(me: Client, url: str, rolled: Order) -> None:
    me.post(url, {"key": FRESH})
    assert Event.objects.latest("pk").kind == "key_replaced"
    assert ProcrastinateJob.objects.get().args == {"key_id": ApiKey.objects.get().pk}


def test_makes_a_refused_key_live_again(me: Client, url: str, rolled: Order, key: ApiKey) -> None:
    key.refuse()
    me.post(url, {"key": FRESH})
    assert ApiKey.objects.get().live


def test_takes_a_key_for_one_that_never_listed_anything(me: Client, url: str, store: Store) -> None:
    store.open_account(FRESH)
    assert me.post(url, {"key": FRESH}).status_code == 302
    assert ApiKey.objects.get().secret() == FRESH


class AnotherAccountTests:
    def test_is_refused(self, me: Client, url: str, order: Order, store: Store) -> None:
        place_upstream(store, BOBS_KEY, "9 Elm Road")
        answer = me.post(url, {"key": BOBS_KEY})
        assert answer.status_code == 422
        assert "another account&#x27;s key" in answer.content.decode()
        assert ApiKey.objects.get().secret() == ALICES_KEY

    def test_is_refused_after_others_took_the_orders_over(
        self, me: Client, url: str, order: Order, bob: User, key: ApiKey, make_key: Callable[..., ApiKey]
    ) -> None:
        OrderKey.objects.create(order=order, key=make_key(bob, key.team, BOBS_KEY))
        key.refuse()
        assert me.post(url, {"key": BOBS_KEY}).status_code == 422
        assert ApiKey.objects.get(pk=key.pk).secret() == ALICES_KEY


@pytest.mark.parametrize("status", [401, 429, 500])
def test_keeps_the_old_secret_when_the_new_one_does_not_work(
    status: int, me: Client, url: str, order: Order, upstream: Upstream
) -> None:
    upstream.script("GET", "*", Step(status=status, forever=True))
    answer = me.post(url, {"key": FRESH})
    assert answer.status_code == 422
    assert FRESH not in answer.content.decode()
    assert ApiKey.objects.get().secret() == ALICES_KEY
    assert ApiKey.objects.get().live


def test_a_call_on_its_way_ends_with_the_old_secret(
    me: Client, url: str, rolled: Order, key: ApiKey, upstream: Upstream
) -> None:
    in_flight = ApiKey.objects.get(pk=key.pk)
    me.post(url, {"key": FRESH})
    upstream.clear()
    services.test_key(in_flight)
    assert [call.headers["x-api-key"] for call in upstream.calls()] == [ALICES_KEY]
    assert ApiKey.objects.get().secret() == FRESH


class PasswordTests:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_asked_for_again(
        self, method: str, alice: User, as_user: AsUser, url: str, order: Order, upstream: Upstream
    ) -> None:
        answer = getattr(long_ago(as_user(alice)), method)(url, {"key": FRESH} if method == "post" else {})
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/reauthenticate/?next={url}")
        assert (upstream.calls(), ApiKey.objects.get().secret()) == ([], ALICES_KEY)

    def test_leads_back_to_the_page(self, alice: User, as_user: AsUser, url: str) -> None:
        answer = long_ago(as_user(alice)).post(
            f"/accounts/reauthenticate/?next={url}", {"password": PASSWORD}, follow=True
        )
        assert answer.request["PATH_INFO"] == url
        assert "Test and replace" in answer.content.decode()

    def test_never_holds_the_typed_key_meanwhile(self, alice: User, as_user: AsUser, url: str) -> None:
        me = long_ago(as_user(alice))
        me.post(url, {"key": FRESH})
        assert FRESH not in str(dict(me.session))


@pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
def test_is_not_there_for_anybody_else(
    who: str, request: pytest.FixtureRequest, as_user: AsUser, url: str, team: Team, upstream: Upstream
) -> None:
    other = just_confirmed(as_user(request.getfixturevalue(who)))
    for path in (url, "/keys/999999/replace/"):
        assert [other.get(path).status_code, other.post(path, {"key": FRESH}).status_code] == [404, 404]
    assert (upstream.calls(), ApiKey.objects.get().secret()) == ([], ALICES_KEY)
