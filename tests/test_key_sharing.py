"""/keys/<id>/sharing/: the switch that lets teammates create and rename through a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from orders.models import ApiKey, Event, Order

AsUser = Callable[[User], Client]


@pytest.fixture
def url(key: ApiKey) -> str:
    return f"/keys/{key.pk}/sharing/"


@pytest.mark.django_db
class SwitchTests:
    def test_is_off_at_first(self, key: ApiKey) -> None:
        assert not ApiKey.objects.get().shared

    def test_goes_on_and_off_with_an_event_each(self, alice: User, as_user: AsUser, key: ApiKey, url: str) -> None:
        browser = as_user(alice)
        answer = browser.post(url, {"shared": "on"})
        assert (answer.status_code, answer["Location"]) == (302, f"/keys/#key-{key.pk}")
        assert ApiKey.objects.get().shared
        browser.post(url)
        assert not ApiKey.objects.get().shared
        assert [*Event.objects.order_by("pk").values_list("kind", flat=True)] == ["key_shared", "key_unshared"]

    def test_is_not_there_for_anybody_else(
        self, bob: User, vera: User, charlie: User, as_user: AsUser, url: str
    ) -> None:
        for other in (bob, vera, charlie):
            assert as_user(other).post(url, {"shared": "on"}).status_code == 404
        assert not ApiKey.objects.get().shared

    def test_is_not_for_an_owner_who_only_reads_by_now(self, alice: User, as_user: AsUser, url: str) -> None:
        Membership.objects.filter(user=alice).update(role=Role.VIEWER)
        assert as_user(alice).post(url, {"shared": "on"}).status_code == 403
        assert not ApiKey.objects.get().shared

    def test_takes_a_post_only(self, alice: User, as_user: AsUser, url: str) -> None:
        assert as_user(alice).get(url).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_counts_from_the_next_request_on(
    alice: User, bob: User, as_user: AsUser, order: Order, url: str, team: Team
) -> None:
    """A teammate renames through the key while the switch is on, and the timeline says through whose (T19)."""
    owner, mate = as_user(alice), as_user(bob)

    def rename(name: str, seen: str) -> None:
        mate.post(f"/orders/{order.pk}/name/", {"name": name, "seen": seen})
        order.refresh_from_db()

    rename("One", "12 Rosewood Ave")
    assert order.name == "12 Rosewood Ave"
    owner.post(url, {"shared": "on"})
    rename("Two", "12 Rosewood Ave")
    assert order.name == "Two"
    event = Event.objects.get(kind="renamed")
    assert (event.actor, event.through) == ("Bob", "Alice: Studio")
    owner.post(url)
    rename("Three", "Two")
    assert order.name == "Two"
