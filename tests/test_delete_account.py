"""/settings/delete/: a person goes; keys first, orders stay with their teams (O10, T41, T42)."""

from __future__ import annotations

import json

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from dashboard.accounts.models import LastOwner, Membership, Session, Team, User
from orders import leaving, tokens
from orders.models import ApiKey, Batch, BatchLine, Event, Order, OrderKey, ShareLink, View
from tests.cast import BOBS_KEY, AsUser, MakeKey, mirrored
from tests.confirmed import just_confirmed, long_ago
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db
URL = "/settings/delete/"


@pytest.fixture
def bobs(bob: User, team: Team, make_key: MakeKey) -> ApiKey:
    """Bob's key in Northlight."""
    return make_key(bob, team, BOBS_KEY, "Drone")


@pytest.fixture
def client(as_user: AsUser, bob: User) -> Client:
    """The browser of bob, a member of Northlight."""
    return just_confirmed(as_user(bob))


@pytest.fixture
def owner(as_user: AsUser, alice: User, bob: User) -> Client:
    """The browser of alice, who alone runs Northlight."""
    return just_confirmed(as_user(alice))


def field(team: Team, name: str) -> str:
    """What a field of this team is called in the form."""
    return f"team-{team.pk}-{name}"


class PageTests:
    def test_tells_what_becomes_of_each_team(self, owner: Client, alice: User, team: Team, key: ApiKey) -> None:
        mirrored(key, "1 Elm Row")
        Team.objects.start(owner=alice, name="Mine")
        page = owner.get(URL).content.decode()
        assert "1 order can only be read from then on" in page
        assert "Only you run this team" in page
        assert "Bob becomes an owner" in page
        assert "Only you are in this team" in page

    def test_asks_a_member_nothing_and_changes_nothing(self, client: Client, bob: User, bobs: ApiKey) -> None:
        page = client.get(URL).content.decode()
        assert "Drone is wiped here at once" in page
        assert "Only you" not in page
        assert ApiKey.objects.exists()

    def test_asks_for_the_password_first(self, as_user: AsUser, bob: User) -> None:
        for method in ("get", "post"):
            answer = getattr(long_ago(as_user(bob)), method)(URL)
            assert answer["Location"] == f"/accounts/reauthenticate/?next={URL}"
        assert User.objects.filter(pk=bob.pk).exists()


class MemberTests:
    def test_leaves_no_key_no_link_and_an_audit_without_a_secret_t42(
        self, client: Client, bob: User, bobs: ApiKey, upstream: Upstream
    ) -> None:
        order, token = mirrored(bobs, "12 Rosewood Ave"), tokens.issue()
        ShareLink.make(token, order, bob, "", label="Client")
        guest = Client()
        assert guest.get(f"/s/{token}/").status_code == 200
        client.post(URL)
        assert not ApiKey.objects.exists()
        assert guest.get(f"/s/{token}/").status_code == 404
        told = {event.kind: event for event in Event.objects.filter(actor="Bob")}
        assert {"key_deleted", "link_revoked", "left"} <= set(told)
        audit = json.dumps([[event.actor, event.through, event.data] for event in told.values()])
        assert not any(secret in audit for secret in (BOBS_KEY, bobs.last_four, token))
        assert upstream.calls() == []

    def test_leaves_the_orders_to_the_team(
        self, client: Client, bobs: ApiKey, key: ApiKey, as_user: AsUser, alice: User
    ) -> None:
        order = mirrored(bobs, "12 Rosewood Ave")
        OrderKey.objects.create(order=order, key=key)
        client.post(URL)
        order.refresh_from_db()
        assert order.key == key
        assert as_user(alice).get(f"/orders/{order.pk}/").status_code == 200

    def test_leaves_nothing_of_the_person_but_the_label(
        self, client: Client, bob: User, bobs: ApiKey, team: Team
    ) -> None:
        View.objects.create(team=team, owner=bob, name="Mine").pin(bob, True)
        batch = Batch.objects.create(team=team, actor=bob)
        BatchLine.objects.create(batch=batch, order=mirrored(bobs, "1 Elm Row"))
        client.post(URL)
        for model in (View, Batch, BatchLine):
            assert not model.objects.exists()
        for rows in (User.objects, EmailAddress.objects):
            assert not rows.filter(email=bob.email).exists()
        assert Order.objects.count() == 1

    def test_ends_every_session_of_theirs_and_no_other(
        self, client: Client, as_user: AsUser, bob: User, alice: User
    ) -> None:
        elsewhere, alices = as_user(bob), as_user(alice)
        answer = client.post(URL)
        assert (answer.status_code, answer["Location"]) == (302, "/")
        for browser in (client, elsewhere):
            assert browser.get("/keys/")["Location"] == "/accounts/login/?next=/keys/"
        assert alices.get("/keys/").status_code == 200
        assert Session.objects.count() == 1

    def test_says_so_on_the_login_page(self, client: Client) -> None:
        assert "Your account is deleted" in client.post(URL, follow=True).content.decode()

    def test_whoever_is_in_no_team_goes_too(self, client: Client, bob: User) -> None:
        Membership.objects.filter(user=bob).delete()
        client.post(URL)
        assert not User.objects.filter(pk=bob.pk).exists()


class LastOwnerTests:
    def test_hands_the_team_over(self, owner: Client, alice: User, bob: User, team: Team, key: ApiKey) -> None:
        owner.post(URL, {field(team, "heir"): bob.pk})
        assert [(each.user, each.role) for each in team.membership_set.all()] == [(bob, "owner")]
        assert not ApiKey.objects.exists()
        assert not User.objects.filter(pk=alice.pk).exists()

    def test_or_deletes_it_with_its_name_typed(self, owner: Client, alice: User, team: Team, key: ApiKey) -> None:
        mirrored(key, "1 Elm Row")
        owner.post(URL, {field(team, "heir"): "delete", field(team, "name"): "Northlight"})
        assert not User.objects.filter(pk=alice.pk).exists()
        for model in (Team, ApiKey, Order, Event):
            assert not model._base_manager.exists()

    def test_has_to_say_what_becomes_of_every_team(
        self, owner: Client, alice: User, bob: User, charlie: User, team: Team, key: ApiKey
    ) -> None:
        mine = Team.objects.start(owner=alice, name="Mine")
        heir, name, typed = field(team, "heir"), field(team, "name"), {field(mine, "name"): "Mine"}
        wrong = [{}, typed, {heir: bob.pk}, {heir: bob.pk, field(mine, "name"): "mine"}]
        wrong += [typed | {heir: other} for other in (charlie.pk, alice.pk, "delete", "x", 10**30)]
        wrong += [typed | {heir: "delete", name: "Mine"}]
        assert {owner.post(URL, data).status_code for data in wrong} == {422}
        assert User.objects.filter(pk=alice.pk).exists()
        assert ApiKey.objects.exists()
        assert Team.objects.count() == 3
        owner.post(URL, typed | {heir: bob.pk})
        assert set(Team.objects.values_list("name", flat=True)) == {"Northlight", "Faraway"}

    def test_nothing_happens_when_the_heir_is_not_in_the_team(
        self, alice: User, charlie: User, team: Team, key: ApiKey
    ) -> None:
        with pytest.raises(LastOwner):
            leaving.delete_account(alice, {team.pk: charlie})
        assert ApiKey.objects.exists()
        assert list(team.membership_set.values_list("user", flat=True)) == [alice.pk]


class DisabledTests:
    def test_the_sessions_of_somebody_disabled_are_worth_nothing_t41(self, as_user: AsUser, bob: User) -> None:
        browser = as_user(bob)
        assert browser.get("/keys/").status_code == 200
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert browser.get("/keys/")["Location"] == "/accounts/login/?next=/keys/"
        assert browser.get("/teams/northlight/orders/", headers={"HX-Request": "true"})["HX-Redirect"]
