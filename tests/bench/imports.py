"""B1: a list into the mirror, against K: raw COPY into the same table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from dashboard.accounts.models import Team
from orders.answers import RemoteOrder
from orders.mirror import mirror_list
from orders.models import Shown, Sync, now
from tests.bench.addresses import names
from tests.bench.data import Owner, World, copy, keep_key, line, order_id
from tests.bench.measure import CALLS, Goal, interleaved, p50, wall

ROWS = 1000
EARLY = datetime(2026, 1, 1, tzinfo=UTC)


class Lists:
    """Orders that are new each time, as Autoenhance lists them and as COPY reads them."""

    def __init__(self, world: World) -> None:
        self._random = Random(5)
        self._numbers = count()
        self.team = Team.objects.create(name="Imported", slug="imported")
        self._sync = Sync.take_up(keep_key(world.user, self.team), Sync.Kind.IMPORT)
        copied = Team.objects.create(name="Copied", slug="copied")
        self._owner = Owner(copied.pk, keep_key(world.user, copied).pk, 0)
        self.last: list[RemoteOrder] = []

    def answers(self) -> list[RemoteOrder]:
        """A list of orders that nobody has seen yet."""
        made = [
            RemoteOrder(order_id(self._random), name, "processed", False, False, False, 12, at, at, None)
            for name, at in self._named()
        ]
        self.last = made
        return made

    def store(self, answers: list[RemoteOrder], began: datetime) -> None:
        """Into the mirror, as a pass does it."""
        mirror_list(self.team, answers, began, self._sync.key, self._sync)

    def lines(self) -> list[str]:
        """The same for COPY."""
        return [line(self._owner, order_id(self._random), name, Shown.READY, at, 12) for name, at in self._named()]

    def _named(self) -> list[tuple[str, datetime]]:
        return [(name, EARLY + timedelta(seconds=next(self._numbers))) for name in names(self._random, ROWS)]


def bulk(world: World) -> list[Goal]:
    """B1: what is new, and a pass a day later that changes nothing."""
    lists = Lists(world)
    lists.store(lists.answers(), now())

    def raw(_: int) -> float:
        lines = lists.lines()
        return wall(lambda: copy(lines))

    def first(_: int) -> float:
        answers, began = lists.answers(), now()
        return wall(lambda: lists.store(answers, began))

    def again(turn: int) -> float:
        answers, began = lists.last, now() + timedelta(days=turn + 10)
        return wall(lambda: lists.store(answers, began))

    seconds = interleaved({"K": raw, "first": first, "again": again}, times=CALLS, warm=3)
    medians = {name: p50(taken) for name, taken in seconds.items()}
    return [
        Goal("B1", "import into the mirror, rows a second", medians["K"] / medians["first"], 0.5, "K", at_least=True),
        Goal("B1", "a pass that changes nothing", medians["K"] / medians["again"], 2, "K", at_least=True),
    ]
