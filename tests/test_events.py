"""Events: only ever added (T81), grouped, and exports noted once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from dashboard.accounts.models import Membership, Team, User
from orders.models import ApiKey, Event, Group
from orders.models.clock import now
from orders.models.events import KINDS
from tests.cast import mirrored

pytestmark = pytest.mark.django_db


def refused(sql: str) -> bool:
    """Whether the database refuses to run this."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except IntegrityError as error:
        return "only ever added" in str(error)
    return False


class KeptTests:
    """T81: an audit that its application cannot rewrite."""

    def test_no_line_is_changed(self, team: Team) -> None:
        event = Event.add(Event.Kind.LINKS_ON, team=team)
        assert refused("update orders_event set actor = 'Nobody'")
        event.actor = "Nobody"
        with pytest.raises(IntegrityError), transaction.atomic():
            event.save()

    def test_no_line_of_a_team_is_deleted(self, team: Team) -> None:
        event = Event.add(Event.Kind.LINKS_ON, team=team)
        assert refused("delete from orders_event")
        with pytest.raises(IntegrityError), transaction.atomic():
            Event.objects.forget(team.pk)
        assert Event.objects.filter(pk=event.pk).exists()

    def test_a_line_outlives_what_it_names(self, bob: User, key: ApiKey) -> None:
        event = Event.add(Event.Kind.CREATED, order=mirrored(key, "1 Elm Row"), actor=bob, key=key)
        assert event.order_id
        key.remove(actor=key.user)
        Membership.objects.filter(user=bob).delete()
        bob.delete()
        event.refresh_from_db()
        assert (event.actor, event.through) == ("Bob", "Alice: Studio")

    def test_the_longest_names_fit(self, bob: User, key: ApiKey) -> None:
        User.objects.filter(pk=key.user_id).update(name="é" * 150)
        ApiKey.objects.update(label="é" * 60)
        event = Event.add(Event.Kind.CREATED, order=mirrored(key, "1 Elm Row"), actor=bob, key=ApiKey.objects.get())
        assert len(event.through) == 212

    def test_a_team_that_is_deleted_may_take_its_lines_along(self, team: Team, charlie: User) -> None:
        theirs = Event.add(Event.Kind.LINKS_ON, team=charlie.membership_set.get().team)
        Event.add(Event.Kind.LINKS_ON, team=team)
        pk = team.pk
        team.delete()
        Event.objects.forget(pk)
        assert not Event.objects.filter(team_id=pk).exists()
        assert Event.objects.filter(pk=theirs.pk).exists()


class GroupTests:
    def test_every_kind_is_in_one_group_and_failures_are_in_theirs_as_well(self) -> None:
        placed = [kind for group, kinds in KINDS.items() if group != Group.FAILURES for kind in kinds]
        assert sorted(placed) == sorted(Event.Kind)
        assert set(Group.FAILURES.kinds) < set(placed)


class PeopleTests:
    def test_names_each_person_once_as_they_were_called_last(self, team: Team, alice: User, bob: User) -> None:
        for name in ("Al", "Alice"):
            alice.name = name
            Event.add(Event.Kind.LINKS_ON, team=team, actor=alice)
        Event.add(Event.Kind.LINKS_OFF, team=team, actor=bob)
        Event.add(Event.Kind.LINK_REFUSED, team=team)
        people = Event.objects.of(team).people()
        assert [(each.actor_id, each.actor) for each in people] == [(alice.pk, "Alice"), (bob.pk, "Bob")]


class ExportTests:
    def note(self, team: Team, user: User, q: str = "") -> int:
        Event.objects.note_export(team, user, what="orders", kind="csv", q=q)
        return Event.objects.filter(kind="exported").count()

    def test_is_noted_once_for_a_person_and_a_filter(self, team: Team, alice: User, bob: User) -> None:
        assert [self.note(team, alice), self.note(team, alice)] == [1, 1]
        assert self.note(team, bob) == 2
        assert self.note(team, alice, "status:error") == 3
        assert Event.objects.latest("pk").data == {"what": "orders", "format": "csv", "q": "status:error"}

    def test_is_noted_again_after_a_minute(self, team: Team, alice: User) -> None:
        data = {"what": "orders", "format": "csv", "q": ""}
        before = now() - timedelta(seconds=61)
        facts = {"team_id": team.pk, "actor_id": alice.pk, "actor": "Alice"}
        Event.objects.create(kind="exported", at=before, data=data, **facts)
        assert self.note(team, alice) == 2
