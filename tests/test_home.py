"""/: to the orders of the team I used last."""

from __future__ import annotations

import pytest

from dashboard.accounts.models import Membership, Team, User
from dashboard.accounts.roles import Role
from tests.cast import AsUser, person

pytestmark = pytest.mark.django_db


def test_leads_to_the_team(as_user: AsUser, alice: User, team: Team) -> None:
    assert as_user(alice).get("/")["Location"] == f"/teams/{team.slug}/orders/"


def test_leads_to_the_team_used_last(as_user: AsUser, alice: User, team: Team, charlie: User) -> None:
    faraway = Team.objects.get(slug="faraway")
    Membership.objects.create(user=alice, team=faraway, role=Role.VIEWER)
    client = as_user(alice)
    for used in (team, faraway, team):
        client.get(f"/teams/{used.slug}/orders/")
        assert client.get("/")["Location"] == f"/teams/{used.slug}/orders/"


def test_never_leads_to_a_team_that_was_left(as_user: AsUser, alice: User, team: Team, charlie: User) -> None:
    alice.last_team = Team.objects.get(slug="faraway")
    alice.save()
    assert as_user(alice).get("/")["Location"] == f"/teams/{team.slug}/orders/"


def test_says_what_to_do_without_a_team(as_user: AsUser, db: None) -> None:
    answer = as_user(person("Dora")).get("/")
    assert answer.status_code == 200
    assert b"Ask an owner" in answer.content


def test_refuses_post(as_user: AsUser, alice: User, team: Team) -> None:
    assert as_user(alice).post("/").status_code == 405
