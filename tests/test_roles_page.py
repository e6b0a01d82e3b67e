"""/teams/<slug>/roles/: who can do what, printed from the matrix that the code reads."""

from __future__ import annotations

import pytest

from dashboard.accounts.models import Team, User
from dashboard.accounts.roles import MATRIX, Action, Role
from tests.cast import AsUser

pytestmark = pytest.mark.django_db
URL = "/teams/northlight/roles/"


def test_prints_every_cell_of_the_matrix(as_user: AsUser, alice: User, team: Team) -> None:
    answer = as_user(alice).get(URL)
    rows = dict(answer.context["rows"])
    assert rows == {action.label: [action in MATRIX[role] for role in Role] for action in Action}
    assert answer.content.count(b'<span class="vh">yes</span>') == sum(len(actions) for actions in MATRIX.values())


def test_says_what_i_am(as_user: AsUser, vera: User) -> None:
    assert "In Northlight you are viewer." in as_user(vera).get(URL).content.decode()


def test_is_not_there_for_strangers(as_user: AsUser, team: Team, charlie: User) -> None:
    assert as_user(charlie).get(URL).status_code == 404


def test_refuses_post(as_user: AsUser, alice: User, team: Team) -> None:
    assert as_user(alice).post(URL).status_code == 405
