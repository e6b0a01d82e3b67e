"""orders/models/hooks.py and orders/hints.py: sealed secrets, counters, and when a hint makes us look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from dashboard.accounts.models import Team, User
from orders import hints
from orders.models import ApiKey, Hook, Order, OrderHint, OrderWatch, now
from orders.queue import later
from orders.vault import Unreadable, new_key
from tests.cast import BOBS_KEY, MakeKey
from tests.upstream import Step, Upstream

SECOND = timedelta(seconds=1)


def looks() -> list[str]:
    """The states of all jobs that look at orders, the oldest first."""
    jobs = ProcrastinateJob.objects.filter(task_name="orders.look")
    return [*jobs.order_by("pk").values_list("status", flat=True)]


@pytest.fixture
def hook(key: ApiKey) -> Hook:
    return Hook.make(key)


@pytest.mark.django_db
class SealedTests:
    def test_the_database_holds_neither_token_nor_secret(self, hook: Hook) -> None:
        """T01, T31: a dump opens nothing."""
        kept = repr({name: bytes(v) if isinstance(v, memoryview) else v for name, v in vars(hook).items()})
        assert hook.token() not in kept
        assert hook.secret() not in kept
        assert len(hook.token()) == len(hook.secret()) == 43

    def test_neither_opens_in_another_row_or_place(
        self, hook: Hook, alice: User, team: Team, make_key: MakeKey
    ) -> None:
        """T02."""
        other = Hook.make(make_key(alice, team, BOBS_KEY, "Second"))
        other.sealed_secret = hook.sealed_secret
        with pytest.raises(Unreadable):
            other.secret()
        hook.sealed_secret = hook.sealed_token
        assert not hook.admits(hook.token())

    def test_is_sealed_again_with_the_newest_encryption_key(self, hook: Hook, settings: Settings) -> None:
        """T05."""
        known = hook.token(), hook.secret()
        assert not hook.reseal()
        settings.KEY_ENCRYPTION_KEYS = [new_key(), *settings.KEY_ENCRYPTION_KEYS]
        assert hook.reseal()
        settings.KEY_ENCRYPTION_KEYS = settings.KEY_ENCRYPTION_KEYS[:1]
        again = Hook.objects.get()
        assert (again.token(), again.secret()) == known

    def test_goes_with_its_team(self, hook: Hook, team: Team) -> None:
        team.delete()
        assert not Hook.objects.exists()


@pytest.mark.django_db
class CatchUpTests:
    """Once a minute, and the last id that we did not know is looked for as well."""

    @pytest.mark.parametrize(("ago", "waits"), [(None, 0), (61, 0), (20, 40)])
    def test_is_due_a_minute_after_the_one_before(self, ago: int | None, waits: int, hook: Hook) -> None:
        hook.caught_up_at = now() - ago * SECOND if ago else None
        hook.save()
        began = now()
        at = hook.catch_up_at()
        assert at is not None
        assert abs(at - began - waits * SECOND) < SECOND
        assert Hook.objects.get().caught_up_at == at

    def test_is_not_due_while_one_is_going_to_be(self, hook: Hook) -> None:
        hook.caught_up_at = now() + 40 * SECOND
        hook.save()
        assert hook.catch_up_at() is None

    def test_is_given_to_one_of_two_that_ask_at_once(self, hook: Hook) -> None:
        other = Hook.objects.get()
        assert [hook.catch_up_at() is None, other.catch_up_at() is None] == [False, True]


@pytest.mark.django_db(transaction=True)
class LookTests:
    @pytest.fixture
    def hinted(self, order: Order) -> Callable[..., OrderHint]:
        """The order, of which a webhook spoke after we had last seen it, or at another time."""

        def hint(*, at: datetime | None = None, looked_at: datetime | None = None) -> OrderHint:
            OrderWatch.objects.update(seen_at=now() - 60 * SECOND)
            return OrderHint.objects.create(order=order, at=at or now(), looked_at=looked_at)

        return hint

    def test_reads_the_order_without_a_key(
        self, hinted: Callable[..., OrderHint], order: Order, upstream: Upstream
    ) -> None:
        """Decision 5."""
        hinted()
        hints.look(order.pk)
        (look,) = upstream.calls()
        assert (look.method, "x-api-key" in look.headers) == ("GET", False)
        hint = OrderHint.objects.get()
        assert hint.answered
        assert hint.rests_until

    def test_is_not_done_when_somebody_looked_since(
        self, hinted: Callable[..., OrderHint], order: Order, upstream: Upstream
    ) -> None:
        hinted(at=now() - 90 * SECOND)
        hints.look(order.pk)
        assert (upstream.calls(), ProcrastinateJob.objects.count()) == ([], 0)

    def test_of_one_order_is_done_every_five_seconds_at_most(
        self, hinted: Callable[..., OrderHint], order: Order, upstream: Upstream
    ) -> None:
        """T75, F83: what comes meanwhile is looked at when they are over."""
        looked_at = now() - 2 * SECOND
        hinted(looked_at=looked_at)
        hints.look(order.pk)
        assert upstream.calls() == []
        assert ProcrastinateJob.objects.get().scheduled_at == looked_at + 5 * SECOND

    @pytest.mark.parametrize("step", [Step(status=500, forever=True), Step(status=404), Step(status=429)])
    def test_that_fails_is_logged_and_ends_there(
        self,
        step: Step,
        hinted: Callable[..., OrderHint],
        order: Order,
        upstream: Upstream,
        run_jobs: Callable[[], None],
    ) -> None:
        upstream.script("GET", "*", step)
        hinted()
        later("orders.look", once=f"look:{order.pk}", order_id=order.pk)
        run_jobs()
        assert looks() == ["succeeded"]

    def test_of_an_order_that_is_gone_is_none(self, upstream: Upstream) -> None:
        hints.look(999_999)
        assert upstream.calls() == []

    def test_during_a_look_another_word_leads_to_another(self, hinted: Callable[..., OrderHint], order: Order) -> None:
        """The last event after a running look is not lost."""
        hinted()
        later("orders.look", once=f"look:{order.pk}", order_id=order.pk)
        with connection.cursor() as cursor:
            cursor.execute("update procrastinate_jobs set status = 'doing'")
        for _ in range(3):
            later("orders.look", once=f"look:{order.pk}", order_id=order.pk)
        assert looks() == ["doing", "todo"]
