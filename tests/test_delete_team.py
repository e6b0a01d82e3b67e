"""/teams/<slug>/delete/: the whole team at once, at Autoenhance nothing (T42)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Invitation, Membership, Team, User
from orders import leaving
from orders.models import (
    Announcement,
    ApiKey,
    Batch,
    BatchLine,
    Event,
    Follow,
    LinkDay,
    Mail,
    Order,
    OrderKey,
    OrderStrip,
    ShareLink,
    Sync,
    SyncPage,
    View,
    Word,
    Write,
    now,
)
from orders.models.hooks import Hook, OrderHint
from tests.cast import BOBS_KEY, CHARLIES_KEY, AsUser, MakeKey, mirrored
from tests.confirmed import just_confirmed, long_ago
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/delete/"
OURS = [*apps.get_app_config("orders").get_models(), Membership, Invitation]
# All that point to something; an Event holds its team as a value.
OF_TEAMS = [model for model in OURS if model is Event or any(field.is_relation for field in model._meta.fields)]


@pytest.fixture
def client(as_user: AsUser, alice: User, team: Team) -> Client:
    """Alice's browser: she runs the team."""
    return just_confirmed(as_user(alice))


def test_who_may_not_is_told_so_before_any_password_is_asked_for(as_user: AsUser, vera: User, team: Team) -> None:
    assert long_ago(as_user(vera)).get(URL).status_code == 403


@pytest.fixture
def full(alice: User, bob: User, key: ApiKey, make_key: MakeKey) -> Team:
    """The team with a row in every table that there is."""
    team, order, moment = key.team, mirrored(key, "12 Rosewood Ave"), now()
    OrderKey.objects.create(order=order, key=make_key(bob, team, BOBS_KEY))
    OrderStrip.objects.create(order=order, made_of="x", image=b"x")
    OrderHint.note(order.pk)
    Hook.make(key)
    Word.objects.learn(team, [order.find])
    SyncPage.objects.create(sync=Sync.take_up(key, Sync.Kind.IMPORT), orders=[order.pk])
    View.objects.create(team=team, name="All").pin(alice, True)
    link = ShareLink.objects.create(team=team, order=order, label="Client", token_hash="x", made_by=bob)
    LinkDay.objects.create(link=link, day=moment)
    times = {"created_at": moment, "deadline": moment}
    write = Write.objects.create(team=team, target=order, key=key, actor=bob, kind="rename", text="x", **times)
    batch = Batch.objects.create(team=team, actor=bob)
    BatchLine.objects.create(batch=batch, order=order, write=write)
    event = Event.add(Event.Kind.CREATED, order=order, actor=alice)
    Follow.switch(bob, order, True)
    Announcement.objects.create(order=order, run=0)
    Mail.objects.create(event_id=event.pk, order=order, user=bob)
    User.objects.filter(pk=bob.pk).update(last_team=team)
    Invitation.objects.invite(team, alice, "dora@example.com", "member")
    return team


def rows() -> dict[str, int]:
    """How many rows each table of teams has."""
    return {model.__name__: model._base_manager.count() for model in (*OF_TEAMS, Team)}


class PageTests:
    def test_says_what_goes_and_what_stays(self, client: Client, full: Team) -> None:
        page = client.get(URL).content.decode()
        for words in ("2 API keys, 1 share link, 1 saved view, our copy of 1 order", "2 people"):
            assert words in page
        assert "nothing is deleted there" in page

    def test_asks_for_the_password_first(self, as_user: AsUser, alice: User, team: Team) -> None:
        for method in ("get", "post"):
            answer = getattr(long_ago(as_user(alice)), method)(URL, {"name": "Northlight"})
            assert answer["Location"] == f"/accounts/reauthenticate/?next={URL}"
        assert Team.objects.exists()

    @pytest.mark.parametrize("name", ["", "northlight", "Northlight!", "Northlight\0", "Faraway"])
    def test_deletes_nothing_without_the_teams_name(self, client: Client, full: Team, name: str) -> None:
        before = rows()
        answer = client.post(URL, {"name": name})
        assert answer.status_code == 422
        assert rows() == before

    @pytest.mark.parametrize(("who", "status"), [("bob", 403), ("vera", 403), ("charlie", 404)])
    def test_is_for_owners(
        self, who: str, status: int, request: pytest.FixtureRequest, as_user: AsUser, team: Team
    ) -> None:
        browser = just_confirmed(as_user(request.getfixturevalue(who)))
        assert [browser.get(URL).status_code, browser.post(URL, {"name": "Northlight"}).status_code] == [status] * 2
        assert Team.objects.filter(pk=team.pk).exists()


class DeleteTests:
    def test_leaves_no_row_of_the_team_in_any_table(self, client: Client, full: Team, upstream: Upstream) -> None:
        assert [name for name, count in rows().items() if not count] == []
        answer = client.post(URL, {"name": " Northlight "})
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert {name: count for name, count in rows().items() if count} == {}
        assert upstream.calls() == []

    def test_leaves_every_other_team_as_it_is(
        self, client: Client, full: Team, charlie: User, make_key: MakeKey
    ) -> None:
        faraway = Team.objects.get(slug="faraway")
        order = mirrored(make_key(charlie, faraway, CHARLIES_KEY), "12 Rosewood Ave")
        events = Event.objects.of(faraway).count()
        client.post(URL, {"name": "Northlight"})
        assert list(Order.objects.all()) == [order]
        assert list(Team.objects.all()) == [faraway]
        assert (ApiKey.objects.count(), Event.objects.count()) == (1, events)

    def test_leaves_the_people_and_their_sessions(self, client: Client, as_user: AsUser, bob: User, full: Team) -> None:
        bobs = as_user(bob)
        client.post(URL, {"name": "Northlight"})
        assert bobs.get("/teams/northlight/orders/").status_code == 404
        assert "You are in no team" in bobs.get("/").content.decode()

    def test_once_more_changes_nothing(self, client: Client, full: Team, alice: User) -> None:
        leaving.delete_team(full, alice)
        leaving.delete_team(full, alice)
        assert client.post(URL, {"name": "Northlight"}).status_code == 404

    def test_takes_as_many_statements_for_many_orders_as_for_one(self, full: Team, alice: User, key: ApiKey) -> None:
        second = Team.objects.start(owner=alice, name="Second")
        Order.objects.bulk_create(
            Order(team=second, order_id=str(n), created_at=now(), updated_at=now()) for n in range(300)
        )
        counts = []
        for team in (full, second):
            with CaptureQueriesContext(connection) as queries:
                leaving.delete_team(team, alice)
            counts.append(len(queries))
        assert counts[0] == counts[1]
