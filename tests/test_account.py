"""orders/account.py: what every call through a key does besides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders.account import autoenhance, through
from orders.models import ApiKey, Event, Order, OrderKey, now
from orders.remote import KeyRejected, NotSent, RateLimited, Unavailable
from orders.vault import new_key
from tests.cast import ALICES_KEY, BOBS_KEY

pytestmark = pytest.mark.django_db


def refusing(error: Exception) -> Callable[[str], None]:
    """A call that ends in `error`."""

    def call(secret: str) -> None:
        raise error

    return call


class ThroughTests:
    def test_gives_the_secret_to_the_call_and_its_answer_back(self, key: ApiKey) -> None:
        assert through(key, lambda secret: secret.upper()) == ALICES_KEY.upper()

    def test_notes_the_use(self, key: ApiKey) -> None:
        through(key, len)
        assert ApiKey.objects.get().used_at

    def test_a_rejection_marks_the_key_and_others_take_over(
        self, key: ApiKey, bob: User, team: Team, make_key: Callable[..., ApiKey]
    ) -> None:
        other = make_key(bob, team, BOBS_KEY)
        order = Order.objects.create(team=team, key=key, order_id="o-1", created_at=now(), updated_at=now())
        OrderKey.objects.create(order=order, key=other)
        with pytest.raises(KeyRejected):
            through(key, refusing(KeyRejected(status=401)))
        assert ApiKey.objects.get(pk=key.pk).refused_at
        assert Order.objects.get().key == other
        assert Event.objects.get().kind == "key_refused"

    @pytest.mark.parametrize("error", [RateLimited(), Unavailable(), NotSent()])
    def test_any_other_trouble_leaves_the_key_alone(self, error: Exception, key: ApiKey) -> None:
        with pytest.raises(type(error)):
            through(key, refusing(error))
        kept = ApiKey.objects.get()
        assert (kept.live, kept.used_at) == (True, None)

    def test_calls_nobody_with_a_key_that_cannot_be_opened(self, key: ApiKey, settings: Settings) -> None:
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        with pytest.raises(NotSent, match="The key Studio cannot be opened any more") as caught:
            through(key, refusing(AssertionError()))
        assert caught.value.__suppress_context__


def test_one_client_for_one_address(settings: Settings) -> None:
    first = autoenhance()
    assert autoenhance() is first
    settings.AUTOENHANCE_API_VERSION = ""
    assert autoenhance() is not first
