"""/keys/<id>/delete/: the key goes at once, the orders stay (K6, features 4.6.6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Event, Order, OrderKey
from tests.cast import BOBS_KEY
from tests.confirmed import just_confirmed, long_ago
from tests.upstream import Upstream

AsUser = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def me(alice: User, as_user: AsUser) -> Client:
    return just_confirmed(as_user(alice))


@pytest.fixture
def url(key: ApiKey) -> str:
    return f"/keys/{key.pk}/delete/"


def test_says_what_goes_and_what_stays(me: Client, url: str, order: Order) -> None:
    page = me.get(url).content.decode()
    assert "1 order stays readable for the team" in page
    assert "takes over" not in page
    assert ApiKey.objects.exists()


def test_says_what_another_key_takes_over(
    me: Client, url: str, order: Order, bob: User, team: Team, make_key: Callable[..., ApiKey]
) -> None:
    OrderKey.objects.create(order=order, key=make_key(bob, team, BOBS_KEY))
    assert "1 order is also listed by another key" in me.get(url).content.decode()


def test_deletes_the_key_and_leaves_the_order(me: Client, url: str, order: Order, upstream: Upstream) -> None:
    answer = me.post(url)
    assert (answer.status_code, answer["Location"]) == (302, "/keys/")
    assert not ApiKey.objects.exists()
    assert "12 Rosewood Ave" in me.get(f"/orders/{order.pk}/").content.decode()
    assert upstream.calls() == []


def test_tells_the_team(me: Client, url: str) -> None:
    me.post(url)
    event = Event.objects.get()
    assert (event.kind, event.actor, event.data["label"]) == ("key_deleted", "Alice", "Alice: Studio")


@pytest.mark.parametrize("method", ["get", "post"])
def test_asks_for_the_password_first(method: str, alice: User, as_user: AsUser, url: str) -> None:
    answer = getattr(long_ago(as_user(alice)), method)(url)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/reauthenticate/?next={url}")
    assert ApiKey.objects.exists()


@pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
def test_is_not_there_for_anybody_else(
    who: str, request: pytest.FixtureRequest, as_user: AsUser, url: str, team: Team
) -> None:
    other = just_confirmed(as_user(request.getfixturevalue(who)))
    for path in (url, "/keys/999999/delete/"):
        assert [other.get(path).status_code, other.post(path).status_code] == [404, 404]
    assert ApiKey.objects.exists()
