"""Orders that take far longer than the team's own (S6, D14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.accounts.models import Team, User
from orders import stuck
from orders.models import ApiKey, Event, Order, Shown
from orders.search import search
from tests.cast import mirrored

pytestmark = pytest.mark.django_db

Busy = Callable[..., Order]


@pytest.fixture
def busy(key: ApiKey) -> Busy:
    """busy(minutes): an order that is at work for so long."""

    def make(minutes: float, shown: Shown = Shown.PROCESSING) -> Order:
        return mirrored(key, f"{minutes}", shown=shown, run_at=timezone.now() - timedelta(minutes=minutes))

    return make


def finish(team: Team, *minutes: float) -> None:
    """Orders of the team finished after so long."""
    Event.objects.bulk_create(
        Event(kind="finished", team_id=team.pk, order_id=n, data={"run": 0, "seconds": 60 * taken})
        for n, taken in enumerate(minutes)
    )


def found(team: Team, user: User, text: str = "is:stuck") -> list[str]:
    return sorted(search(team, user, text).orders.values_list("name", flat=True))


class UsualTests:
    def test_is_that_of_half_and_of_nine_in_ten(self, team: Team) -> None:
        finish(team, *range(1, 11))
        assert stuck.usual(team) == stuck.Usual(timedelta(minutes=5.5), timedelta(minutes=10))

    def test_is_unknown_from_few(self, team: Team) -> None:
        finish(team, *[4] * 9)
        assert stuck.usual(team) is None

    def test_counts_neither_other_teams_nor_what_nobody_timed(self, team: Team, charlie: User) -> None:
        finish(team, *[4] * 9)
        Event.objects.create(kind="finished", team_id=team.pk, order_id=99, data={"run": 0})
        for n in range(2):
            Event.objects.create(kind="finished", team_id=team.pk + 1, order_id=n, data={"run": 1, "seconds": 240})
        assert stuck.usual(team) is None

    def test_the_last_ones_count(self, team: Team) -> None:
        finish(team, *[90] * 50, *[4] * stuck.MOST)
        known = stuck.usual(team)
        assert known
        assert known.most == timedelta(minutes=4)


class SentenceTests:
    def test_says_how_long_it_takes_and_how_long_it_usually_does(self, team: Team, busy: Busy) -> None:
        finish(team, *[4] * 10)
        assert stuck.sentence(busy(47)) == "Processing for 47 min; this team’s orders usually take 4 min."
        assert stuck.sentence(busy(180, Shown.MERGING)) == "Merging for 3 h; this team’s orders usually take 4 min."

    @pytest.mark.parametrize("minutes", [1, 14])
    def test_a_quarter_of_an_hour_is_never_long(self, team: Team, busy: Busy, minutes: int) -> None:
        finish(team, *[0.5] * 10)
        assert stuck.sentence(busy(minutes)) == ""

    def test_slow_teams_have_patience(self, team: Team, busy: Busy) -> None:
        finish(team, *[20] * 10)
        assert stuck.sentence(busy(59)) == ""
        assert stuck.sentence(busy(61))

    def test_nothing_is_said_without_a_history(self, busy: Busy) -> None:
        assert stuck.sentence(busy(600)) == ""

    @pytest.mark.parametrize("shown", [Shown.WAITING, Shown.READY, Shown.UNKNOWN, Shown.DELETED])
    def test_what_is_not_at_work_is_not_stuck(self, team: Team, busy: Busy, shown: Shown) -> None:
        finish(team, *[4] * 10)
        assert stuck.sentence(busy(600, shown)) == ""


class SearchTests:
    def test_finds_the_stuck_ones(self, team: Team, alice: User, busy: Busy) -> None:
        finish(team, *[4] * 10)
        for minutes in (2, 14, 47):
            busy(minutes)
        busy(48, Shown.WAITING)
        assert found(team, alice) == ["47"]
        assert found(team, alice, "-is:stuck") == ["14", "2", "48"]

    def test_finds_none_without_a_history(self, team: Team, alice: User, busy: Busy) -> None:
        busy(600)
        assert found(team, alice) == []
        assert found(team, alice, "-is:stuck") == ["600"]
