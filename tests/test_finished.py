"""The end of an order: told once for each of its runs, and never at first sight (D2, N1)."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import IntegrityError, connections, transaction

from dashboard.accounts.models import Team, User
from orders.answers import RemoteOrder
from orders.mirror import mirror, mirror_list
from orders.models import Announcement, ApiKey, Event, Follow, Order, OrderWatch, Shown, now
from tests.test_mirror import EARLY, picture, said

pytestmark = pytest.mark.django_db


def at_work(ready: int = 0, failed: int = 0, pictures: int = 30, order_id: str = "o-1") -> RemoteOrder:
    """The answer about an order that is so far on; when all of its pictures are ready or failed, it is finished."""
    words = [*["processed"] * ready, *["error"] * failed, *["processing"] * (pictures - ready - failed)]
    busy = ready + failed < pictures
    return said(
        order_id,
        status="processing" if busy else "processed",
        is_processing=busy,
        images=tuple(picture(f"i-{n}", word) for n, word in enumerate(words)),
        created_at=EARLY,
        last_updated_at=EARLY + timedelta(seconds=ready + failed),
    )


def finished() -> list[dict[str, Any]]:
    """What was told of ends, the first first; how long it took is left out."""
    events = Event.objects.filter(kind=Event.Kind.FINISHED).order_by("pk")
    return [{name: value for name, value in event.data.items() if name != "seconds"} for event in events]


@pytest.fixture
def hear(team: Team, key: ApiKey) -> Callable[..., Order]:
    """hear(answer): as a look at the order takes it in."""

    def take(answer: RemoteOrder) -> Order:
        (order,) = mirror(team, [answer], now(), key=key)
        return order

    return take


Hear = Callable[[RemoteOrder], Order]


class RunTests:
    def test_the_end_is_told_once_with_its_counts(self, hear: Hear) -> None:
        for answer in (at_work(3), at_work(20, 1), at_work(29, 1), at_work(29, 1)):
            order = hear(answer)
        assert finished() == [{"run": 0, "pictures": 30, "ready": 29, "failed": 1}]
        assert (order.run, order.run_at) == (0, None)

    def test_how_long_it_was_at_work_is_kept(self, hear: Hear) -> None:
        hear(said(status="waiting", created_at=EARLY))
        hear(at_work(3))
        hear(at_work(30))
        assert Event.objects.get(kind="finished").data["seconds"] == 0

    def test_waiting_for_pictures_is_not_counted_as_work(self, hear: Hear) -> None:
        """Nobody can tell how long one was at work that was never seen at it."""
        hear(said(status="waiting", created_at=EARLY))
        hear(at_work(30))
        assert "seconds" not in Event.objects.get(kind="finished").data

    def test_first_sight_is_no_end(self, hear: Hear, team: Team, key: ApiKey) -> None:
        hear(at_work(30))
        hear(said(name="Renamed", status="processed"))
        mirror_list(team, [said("o-2", status="error", total_images=2)], now(), key)
        assert finished() == []

    def test_an_order_without_pictures_never_ends(self, hear: Hear) -> None:
        hear(said(status="processing"))
        order = hear(said(status="processed"))
        assert (order.shown, finished()) == (Shown.READY, [])

    def test_one_that_is_opened_again_ends_again(self, hear: Hear) -> None:
        hear(at_work(1, pictures=2))
        hear(at_work(2, pictures=2))
        assert hear(at_work(2, pictures=4)).run == 1
        hear(at_work(4, pictures=4))
        assert [end["run"] for end in finished()] == [0, 1]

    def test_one_that_was_finished_before_we_saw_it_ends_when_it_is_opened_again(self, hear: Hear) -> None:
        hear(at_work(2, pictures=2))
        hear(at_work(2, pictures=3))
        hear(at_work(3, pictures=3))
        assert [end["run"] for end in finished()] == [1]

    def test_being_lost_and_found_is_no_end(self, hear: Hear) -> None:
        hear(at_work(2, pictures=2))
        hear(said(is_deleted=True))
        hear(said(is_deleted=False, status="processed"))
        assert finished() == []

    def test_the_database_takes_one_of_each_run(self, hear: Hear) -> None:
        order = hear(at_work(1))
        Event.add(Event.Kind.FINISHED, order=order, run=0)
        Event.add(Event.Kind.FINISHED, order=order, run=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            Event.add(Event.Kind.FINISHED, order=order, run=0)


class ListTests:
    def test_a_list_ends_what_it_can_count(self, hear: Hear, team: Team, key: ApiKey) -> None:
        busy = at_work(2, pictures=2)
        hear(said(status="processing", images=busy.images))
        mirror_list(team, [said(status="processed", total_images=2)], now(), key)
        assert finished() == [{"run": 0, "pictures": 2, "ready": 2, "failed": 0}]

    def test_what_it_cannot_count_is_looked_at_and_ends_then(self, hear: Hear, team: Team, key: ApiKey) -> None:
        hear(at_work(1, pictures=2))
        began = now()
        mirror_list(team, [said(status="processed", is_processing=False, total_images=2)], began, key)
        assert finished() == []
        assert OrderWatch.objects.get().next_at == began
        hear(at_work(1, 1, pictures=2))
        assert finished() == [{"run": 0, "pictures": 2, "ready": 1, "failed": 1}]
        assert OrderWatch.objects.get().next_at is None

    def test_a_look_ends_it_whatever_its_pictures_are_called(self, hear: Hear) -> None:
        hear(at_work(1, pictures=2))
        hear(said(status="processed", is_processing=False, images=(picture("i-0"), picture("i-1", "odd"))))
        assert finished() == [{"run": 0, "pictures": 2, "ready": 1, "failed": 0}]


@pytest.mark.django_db(transaction=True)
def test_thirty_pictures_twice_in_any_order_by_four_workers_end_once(
    hear: Hear,
    team: Team,
    alice: User,
    bob: User,
    run_jobs: Callable[[], None],
    mailoutbox: list[EmailMessage],
) -> None:
    """D2: one line, and one mail for each follower."""
    order = hear(at_work(0))
    for user in (alice, bob):
        Follow.switch(user, order, True)
    answers = [at_work(n) for n in range(1, 31)] * 2
    random.Random(7).shuffle(answers)

    def work(share: list[RemoteOrder]) -> None:
        for answer in share:
            mirror(team, [answer], now())
        connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, (answers[n::4] for n in range(4))))
    assert Announcement.objects.count() == 1
    run_jobs()
    assert not Announcement.objects.exists()
    assert finished() == [{"run": 0, "pictures": 30, "ready": 30, "failed": 0}]
    assert sorted(mail.to[0] for mail in mailoutbox) == ["alice@example.com", "bob@example.com"]
