"""orders/models/keys.py: which key is used for what, and who takes over when one stops working (DESIGN section 1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders.models import ApiKey, Event, NoKey, Order, OrderKey, now
from orders.vault import Unreadable, new_key
from tests.cast import ALICES_KEY, BOBS_KEY, CHARLIES_KEY, person

pytestmark = pytest.mark.django_db
MakeKey = Callable[..., ApiKey]


def make_order(key: ApiKey, *also: ApiKey, order_id: str = "o-1") -> Order:
    """An order that came through `key` and is listed by the others too."""
    order = Order.objects.create(team=key.team, key=key, order_id=order_id, created_at=now(), updated_at=now())
    for other in also:
        OrderKey.objects.create(order=order, key=other)
    return order


@pytest.fixture
def bobs(bob: User, team: Team, make_key: MakeKey) -> ApiKey:
    return make_key(bob, team, BOBS_KEY, "Bob's")


class SealingTests:
    def test_a_ciphertext_copied_to_another_row_does_not_open(self, key: ApiKey, bobs: ApiKey) -> None:
        ApiKey.objects.filter(pk=bobs.pk).update(sealed=key.sealed, last_four=key.last_four)
        bobs.refresh_from_db()
        assert not bobs.readable
        with pytest.raises(Unreadable):
            bobs.secret()

    @pytest.mark.parametrize("field", ["user", "team"])
    def test_a_row_given_to_somebody_else_does_not_open(self, field: str, key: ApiKey, charlie: User) -> None:
        thief = {"user": charlie, "team": Team.objects.get(name="Faraway")}[field]
        ApiKey.objects.filter(pk=key.pk).update(**{field: thief})
        assert not ApiKey.objects.get().readable

    def test_opens_whatever_becomes_of_the_secret_key(self, key: ApiKey, settings: Settings) -> None:
        settings.SECRET_KEY = "another-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG"
        assert ApiKey.objects.get().secret() == ALICES_KEY

    def test_does_not_open_without_its_encryption_key_and_stays_as_it_is(self, key: ApiKey, settings: Settings) -> None:
        kept, old = bytes(key.sealed), settings.KEY_ENCRYPTION_KEYS
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        assert not ApiKey.objects.get().readable
        assert not ApiKey.objects.get().live
        settings.KEY_ENCRYPTION_KEYS = old
        assert bytes(ApiKey.objects.get().sealed) == kept
        assert ApiKey.objects.get().readable

    def test_is_sealed_again_with_the_newest_encryption_key_once(self, key: ApiKey, settings: Settings) -> None:
        settings.KEY_ENCRYPTION_KEYS = [new_key(), *settings.KEY_ENCRYPTION_KEYS]
        assert [key.reseal(), key.reseal()] == [True, False]
        settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS[:1]
        assert ApiKey.objects.get().secret() == ALICES_KEY

    def test_shows_itself_in_no_text(self, key: ApiKey) -> None:
        assert not any(ALICES_KEY in text for text in (str(key), repr(key), key.described, str(vars(key))))


class UsableByTests:
    def test_are_my_own_first_then_the_open_ones_of_teammates(
        self, alice: User, bob: User, team: Team, key: ApiKey, bobs: ApiKey
    ) -> None:
        assert [*ApiKey.objects.usable_by(bob, team)] == [bobs]
        key.open_to_teammates(True)
        assert [*ApiKey.objects.usable_by(bob, team)] == [bobs, key]

    def test_is_none_that_was_refused(self, alice: User, team: Team, key: ApiKey) -> None:
        key.refuse()
        assert not ApiKey.objects.usable_by(alice, team)

    def test_is_none_of_another_team(self, alice: User, key: ApiKey) -> None:
        other = Team.objects.start(owner=alice, name="Second")
        assert not ApiKey.objects.usable_by(alice, other)

    def test_goes_by_person_and_never_by_label(
        self, alice: User, charlie: User, team: Team, key: ApiKey, make_key: MakeKey
    ) -> None:
        faraway = Team.objects.get(name="Faraway")
        same = make_key(charlie, faraway, CHARLIES_KEY, key.label, shared=True)
        assert [*ApiKey.objects.usable_by(charlie, faraway)] == [same]
        assert [*ApiKey.objects.usable_by(alice, team)] == [key]


class KeyForTests:
    def test_is_my_own_that_lists_the_order(self, bob: User, key: ApiKey, bobs: ApiKey) -> None:
        key.open_to_teammates(True)
        assert make_order(key, bobs).key_for(bob) == bobs

    def test_is_the_orders_own_where_its_owner_lets_teammates(self, alice: User, bob: User, key: ApiKey) -> None:
        order = make_order(key)
        assert order.key_for(alice) == key
        with pytest.raises(NoKey, match="Ask Alice to switch it on"):
            order.key_for(bob)
        key.open_to_teammates(True)
        assert make_order(key, order_id="o-2").key_for(bob) == key

    def test_is_never_one_of_mine_that_does_not_list_it(self, bob: User, key: ApiKey, bobs: ApiKey) -> None:
        with pytest.raises(NoKey):
            make_order(key).key_for(bob)

    def test_is_none_when_no_key_is_left(self, alice: User, key: ApiKey) -> None:
        order = make_order(key)
        key.remove(actor=alice)
        order.refresh_from_db()
        with pytest.raises(NoKey, match="can only be read"):
            order.key_for(alice)

    def test_is_none_when_it_cannot_be_opened(self, alice: User, key: ApiKey, settings: Settings) -> None:
        order = make_order(key)
        settings.KEY_ENCRYPTION_KEYS = [new_key()]
        with pytest.raises(NoKey, match="does not work at the moment"):
            order.key_for(alice)

    def test_is_not_mine_when_that_cannot_be_opened(self, bob: User, key: ApiKey, bobs: ApiKey) -> None:
        key.open_to_teammates(True)
        ApiKey.objects.filter(pk=bobs.pk).update(sealed=b"damaged")
        assert make_order(key, bobs).key_for(bob) == key

    def test_is_the_oldest_other_while_the_orders_own_cannot_be_opened(
        self, alice: User, key: ApiKey, bobs: ApiKey
    ) -> None:
        order = make_order(key, bobs)
        ApiKey.objects.filter(pk=key.pk).update(sealed=b"damaged")
        order.refresh_from_db()
        with pytest.raises(NoKey, match="Ask Bob to switch it on"):
            order.key_for(alice)
        bobs.open_to_teammates(True)
        assert order.key_for(alice) == bobs

    def test_is_not_that_of_somebody_who_left_or_only_reads(self, alice: User, bob: User, key: ApiKey) -> None:
        key.open_to_teammates(True)
        order = make_order(key)
        Membership.objects.filter(user=alice).update(role=Role.VIEWER)
        with pytest.raises(NoKey):
            order.key_for(bob)
        Membership.objects.filter(user=alice).delete()
        with pytest.raises(NoKey):
            order.key_for(bob)


class TakingOverTests:
    @pytest.fixture
    def dora(self, team: Team, make_key: MakeKey) -> ApiKey:
        """A third key of the team, younger than bob's."""
        user = person("Dora")
        Membership.objects.create(user=user, team=team, role=Role.MEMBER)
        return make_key(user, team, "ae_dora_0123456789", "Dora's")

    def test_the_oldest_that_lists_the_order_takes_over(self, key: ApiKey, bobs: ApiKey, dora: ApiKey) -> None:
        order = make_order(key, bobs, dora)
        alone = make_order(key, order_id="o-2")
        assert key.hand_over() == 1
        assert Order.objects.get(pk=order.pk).key == bobs
        assert Order.objects.get(pk=alone.pk).key == key

    def test_never_one_that_is_refused_or_unreadable(self, key: ApiKey, bobs: ApiKey, dora: ApiKey) -> None:
        make_order(key, bobs, dora)
        bobs.refuse()
        ApiKey.objects.filter(pk=dora.pk).update(sealed=b"damaged")
        assert key.hand_over() == 0
        assert Order.objects.get().key == key

    def test_a_refused_key_hands_over_once_with_one_event(self, key: ApiKey, bobs: ApiKey) -> None:
        make_order(key, bobs)
        key.refuse()
        key.refuse()
        assert Order.objects.get().key == bobs
        assert Event.objects.get().data == {"label": "Alice: Studio", "moved": 1}

    def test_a_key_that_handed_over_still_lists_the_order(self, alice: User, key: ApiKey, bobs: ApiKey) -> None:
        order = make_order(key, bobs)
        key.refuse()
        ApiKey.objects.update(refused_at=None)
        assert Order.objects.get().key_for(alice) == key
        assert [*OrderKey.objects.filter(order=order).values_list("key", flat=True)] == [key.pk]

    def test_a_refusal_of_the_secret_before_does_not_touch_the_new_one(self, key: ApiKey) -> None:
        in_flight = ApiKey.objects.get(pk=key.pk)
        key.keep("ae_fresh_0123456789")
        key.save()
        in_flight.refuse()
        assert ApiKey.objects.get().refused_at is None
        assert not Event.objects.exists()

    def test_a_deleted_key_leaves_the_orders(self, alice: User, key: ApiKey, bobs: ApiKey) -> None:
        moved, left = make_order(key, bobs), make_order(key, order_id="o-2")
        key.remove(actor=alice)
        assert Order.objects.get(pk=moved.pk).key == bobs
        assert Order.objects.get(pk=left.pk).key is None
        event = Event.objects.get()
        assert (event.kind, event.actor, event.data) == ("key_deleted", "Alice", {"label": "Alice: Studio", "moved": 1})

    def test_the_switch_is_told_once_each_way(self, key: ApiKey) -> None:
        for shared in (True, True, False, False):
            key.open_to_teammates(shared)
        assert [*Event.objects.order_by("pk").values_list("kind", flat=True)] == ["key_shared", "key_unshared"]
