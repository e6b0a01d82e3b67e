"""/keys/<id>/test/: try a kept key again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders.models import ApiKey, Order
from orders.vault import new_key
from tests.cast import ALICES_KEY
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

AsUser = Callable[[User], Client]


@pytest.fixture
def url(key: ApiKey) -> str:
    return f"/keys/{key.pk}/test/"


def said(client: Client, url: str) -> str:
    """What the page tells after the test."""
    page = client.post(url, follow=True)
    assert page.redirect_chain == [("/keys/", 302)]
    return page.content.decode()


def test_proves_it_by_the_newest_order(
    alice: User, as_user: AsUser, order: Order, url: str, upstream: Upstream
) -> None:
    assert "Studio works. Newest order: 12 Rosewood Ave" in said(as_user(alice), url)
    (call,) = upstream.calls()
    assert (call.query, call.headers["x-api-key"]) == ({"per_page": "1"}, ALICES_KEY)


def test_notes_when_it_was_used(alice: User, as_user: AsUser, url: str) -> None:
    as_user(alice).post(url)
    assert ApiKey.objects.get().used_at


def test_brings_a_refused_key_back(alice: User, as_user: AsUser, url: str, key: ApiKey) -> None:
    key.refuse()
    said(as_user(alice), url)
    assert ApiKey.objects.get().live


@pytest.mark.parametrize(
    ("status", "sentence", "live"),
    [(401, "did not accept this API key", False), (429, "too many requests", True), (503, "clear answer", True)],
)
def test_says_what_is_wrong(
    status: int, sentence: str, live: bool, alice: User, as_user: AsUser, url: str, upstream: Upstream
) -> None:
    upstream.script("GET", "*", Step(status=status, forever=True))
    assert sentence in said(as_user(alice), url)
    assert ApiKey.objects.get().live == live


def test_sends_nothing_for_a_key_that_cannot_be_opened(
    alice: User, as_user: AsUser, url: str, upstream: Upstream, settings: Settings
) -> None:
    settings.KEY_ENCRYPTION_KEYS = [new_key()]
    assert "cannot be opened any more" in said(as_user(alice), url)
    assert upstream.calls() == []


def test_sends_nothing_for_a_ciphertext_of_another_row(
    alice: User,
    bob: User,
    team: Team,
    as_user: AsUser,
    key: ApiKey,
    make_key: Callable[..., ApiKey],
    upstream: Upstream,
) -> None:
    bobs = make_key(bob, team, "ae_bob_0123456789")
    ApiKey.objects.filter(pk=bobs.pk).update(sealed=key.sealed)
    assert "cannot be opened any more" in said(as_user(bob), f"/keys/{bobs.pk}/test/")
    assert upstream.calls() == []


@pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
def test_is_not_there_for_anybody_else(
    who: str, request: pytest.FixtureRequest, as_user: AsUser, url: str, team: Team, upstream: Upstream
) -> None:
    other = as_user(request.getfixturevalue(who))
    assert [other.post(path).status_code for path in (url, "/keys/999999/test/")] == [404, 404]
    assert upstream.calls() == []


def test_takes_a_post_only(alice: User, as_user: AsUser, url: str) -> None:
    assert as_user(alice).get(url).status_code == 405
