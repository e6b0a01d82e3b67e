"""/teams/<slug>/people/<user>/role/: somebody's role; and beneath it, never the last owner (T6)."""

from __future__ import annotations

from threading import Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.test import Client

from dashboard.accounts.models import LastOwner, Membership, Team, User
from dashboard.accounts.roles import Role
from orders.models import Event
from tests.cast import AsUser

pytestmark = pytest.mark.django_db


def url(user: User, slug: str = "northlight") -> str:
    return f"/teams/{slug}/people/{user.pk}/role/"


def role_of(user: User) -> str:
    return Membership.objects.get(user=user).role


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser, who runs the team."""
    return as_user(alice)


class RoleTests:
    def test_holds_at_the_next_request(self, client: Client, as_user: AsUser, bob: User) -> None:
        browser = as_user(bob)
        assert browser.get("/teams/northlight/orders/new/").status_code == 200
        assert client.post(url(bob), {"role": "viewer"})["Location"] == "/teams/northlight/people/"
        assert browser.get("/teams/northlight/orders/new/").status_code == 403
        assert b"Bob is viewer now." in client.get("/teams/northlight/people/").content

    def test_is_a_line_of_the_timeline(self, client: Client, bob: User) -> None:
        client.post(url(bob), {"role": "viewer"})
        event = Event.objects.get()
        assert (event.kind, event.actor) == ("role_changed", "Alice")
        assert event.data == {"person": "Bob", "old": "member", "new": "viewer"}

    def test_the_same_role_is_no_change(self, client: Client, bob: User) -> None:
        client.post(url(bob), {"role": "member"})
        assert not Event.objects.exists()

    @pytest.mark.parametrize("role", ["admin", "", "Owner", "owner\0"])
    def test_a_role_that_there_is_not_is_not_there(self, client: Client, bob: User, role: str) -> None:
        assert client.post(url(bob), {"role": role}).status_code == 404
        assert role_of(bob) == "member"

    @pytest.mark.parametrize("who", ["bob", "vera"])
    def test_nobody_promotes_themselves(self, as_user: AsUser, bob: User, vera: User, who: str) -> None:
        user = {"bob": bob, "vera": vera}[who]
        before = role_of(user)
        assert as_user(user).post(url(user), {"role": "owner"}).status_code == 403
        assert role_of(user) == before

    def test_somebody_of_another_team_is_not_in_this_one(self, client: Client, charlie: User) -> None:
        assert client.post(url(charlie), {"role": "viewer"}).status_code == 404
        assert role_of(charlie) == "owner"

    def test_a_team_of_others_is_not_there(self, client: Client, charlie: User) -> None:
        assert client.post(url(charlie, "faraway"), {"role": "viewer"}).status_code == 404
        assert role_of(charlie) == "owner"


class LastOwnerTests:
    def test_the_last_owner_stays_one_and_hears_why(self, client: Client, alice: User, bob: User) -> None:
        client.post(url(alice), {"role": "member"})
        assert b"Alice is the last owner of Northlight. Make somebody else" in client.get("/keys/").content
        assert role_of(alice) == "owner"

    def test_one_of_two_may_step_back(self, client: Client, alice: User, bob: User) -> None:
        client.post(url(bob), {"role": "owner"})
        client.post(url(alice), {"role": "viewer"})
        assert (role_of(alice), role_of(bob)) == ("viewer", "owner")

    def test_the_last_owner_cannot_leave(self, alice: User, bob: User, team: Team) -> None:
        with pytest.raises(LastOwner):
            Membership.objects.get(user=alice).end(alice)
        assert role_of(alice) == "owner"

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("third", [Role.OWNER, Role.VIEWER])
    def test_two_owners_who_demote_each_other_at_once_do_not_both_succeed(
        self, alice: User, bob: User, vera: User, team: Team, third: Role
    ) -> None:
        Membership.objects.exclude(user=vera).update(role=Role.OWNER)
        Membership.objects.filter(user=vera).update(role=third)
        refused: list[PermissionDenied] = []

        def demote(actor: User, other: User) -> None:
            try:
                Membership.objects.get(user=other).change_role(actor, Role.MEMBER)
            except PermissionDenied as why:
                refused.append(why)
            finally:
                connections.close_all()

        with transaction.atomic():
            Team.objects.select_for_update().get(pk=team.pk)
            threads = [Thread(target=demote, args=pair) for pair in ((alice, bob), (bob, alice))]
            for thread in threads:
                thread.start()
            while waiting() < 2:
                assert all(thread.is_alive() for thread in threads)
        for thread in threads:
            thread.join()
        assert len(refused) == 1
        assert sorted([role_of(alice), role_of(bob)]) == ["member", "owner"]


def waiting() -> int:
    """How many connections to this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


class EndTests:
    def test_removed_is_outside_at_the_next_request(self, as_user: AsUser, alice: User, bob: User, team: Team) -> None:
        """T41."""
        browser = as_user(bob)
        assert browser.get("/teams/northlight/orders/").status_code == 200
        Membership.objects.get(user=bob).end(alice)
        for path in ("orders/", "people/", "views/", "orders.csv"):
            assert browser.get(f"/teams/northlight/{path}").status_code == 404
        assert User.objects.get(pk=bob.pk).last_team is None

    @pytest.mark.parametrize(("by", "kind"), [("alice", "removed"), ("bob", "left")])
    def test_says_who_did_it_and_what_was_left(self, alice: User, bob: User, by: str, kind: str) -> None:
        Membership.objects.get(user=bob).end({"alice": alice, "bob": bob}[by], keys=1, links=2)
        event = Event.objects.get()
        assert (event.kind, event.data) == (kind, {"person": "Bob", "keys": 1, "links": 2})

    @pytest.mark.parametrize("new", list(Role))
    def test_who_was_demoted_meanwhile_changes_nobody(self, alice: User, bob: User, vera: User, new: Role) -> None:
        """Nor themselves, back to what they were."""
        Membership.objects.filter(user=bob).update(role=Role.OWNER)
        Membership.objects.get(user=alice).change_role(bob, Role.MEMBER)
        for whom in (alice, bob, vera):
            with pytest.raises(PermissionDenied):
                Membership.objects.get(user=whom).change_role(alice, new)
        with pytest.raises(PermissionDenied):
            Membership.objects.get(user=vera).end(alice)
        Membership.objects.get(user=alice).end(alice)
        assert sorted(Membership.objects.values_list("role", flat=True)) == ["owner", "viewer"]

    def test_twice_is_once(self, alice: User, bob: User) -> None:
        first, second = (Membership.objects.get(user=bob) for _ in range(2))
        first.end(alice)
        second.end(alice)
        second.change_role(alice, Role.OWNER)
        assert Event.objects.count() == 1
        assert not Membership.objects.filter(user=bob).exists()
