"""orders/gate.py: whose turn it is, for calls to a real Autoenhance on a socket (T44, features fact 7)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from dashboard.accounts.models import User
from orders import services
from orders.account import autoenhance
from orders.gate import PATIENCE, Urgency, asked_by, askers, urgency
from orders.models import Allowance, ApiKey, Pace, Write
from orders.remote import NotFound, NotSent, RateLimited
from tests.cast import ALICES_KEY
from tests.hurry import passes
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db
HERE, BUSY = "/v3/orders/", Step(status=429, headers={"Retry-After": "70"})


def lists() -> object:
    return autoenhance().list(ALICES_KEY)


@contextmanager
def at_work(work: Callable[[], object], threads: int) -> Iterator[None]:
    """So many do this without end, as processes of their own would: each with its own connection."""
    over = threading.Event()

    def repeat() -> None:
        try:
            while not over.is_set():
                work()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        busy = [pool.submit(repeat) for _ in range(threads)]
        try:
            yield
        finally:
            over.set()
    for one in busy:
        one.result()


def used_up(rate: int) -> None:
    """Nothing may leave at once any more."""
    while not Pace.reserve(rate).wait:
        pass


@pytest.mark.django_db(transaction=True)
class RateTests:
    def test_all_together_stay_under_it(self, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = rate = 20
        upstream.script("GET", HERE, Step(json={"orders": []}, forever=True))
        with at_work(lists, threads=6):
            upstream.wait(rate + 10)
        seen = [call.at for call in upstream.calls()]
        assert len(seen) <= rate + 1 + (seen[-1] - seen[0]) * rate * 1.1

    def test_a_person_overtakes_an_import(self, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = rate = 20
        upstream.script("GET", HERE, Step(json={"orders": []}, forever=True))
        with at_work(urgency(Urgency.LIST)(lists), threads=4):
            upstream.wait(rate)
            waits = [Pace.reserve(rate).wait for _ in range(5)]
        assert waits == [0] * 5


class QueueTests:
    def test_waits_for_its_place(self, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = rate = 10
        used_up(rate)
        before = time.monotonic()
        lists()
        assert 0.1 <= time.monotonic() - before < 1

    def test_a_place_too_far_ahead_is_none(self, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = rate = 10
        while Pace.reserve(rate).wait < PATIENCE - 0.2:
            pass
        for _ in range(5):
            Pace.reserve(rate)
        with pytest.raises(NotSent, match="Too much is waiting"), within(0.5):
            lists()
        assert upstream.calls() == []

    def test_a_list_waits_until_enough_is_left(self, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = rate = 100
        used_up(rate)
        before = time.monotonic()
        with urgency(Urgency.LIST):
            lists()
        assert time.monotonic() - before >= 0.45


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """It must not take longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


class PauseTests:
    """F07 to F09: 429."""

    @pytest.fixture(autouse=True)
    def _busy(self, upstream: Upstream) -> None:
        upstream.script("GET", HERE, BUSY)
        with pytest.raises(RateLimited):
            lists()
        upstream.clear()

    def test_is_everybody_s(self, upstream: Upstream) -> None:
        for call in (lists, lambda: autoenhance().retrieve("o1"), lambda: autoenhance().preview("i1")):
            with pytest.raises(NotSent) as caught:
                call()
            assert caught.value.retry_after == pytest.approx(70, abs=2)
        assert upstream.calls() == []

    def test_is_told_to_a_person_at_once(self) -> None:
        with within(0.5), pytest.raises(NotSent, match=r"lets us ask again in (70|69) seconds\. Nothing was sent"):
            lists()

    def test_is_told_in_minutes_when_it_is_long(self) -> None:
        turn = Pace.reserve(50)
        Pace.limited(turn, 290)
        with pytest.raises(NotSent, match="ask again in 5 minutes"):
            lists()

    def test_lets_a_background_call_wait_when_it_is_nearly_over(self, upstream: Upstream) -> None:
        passes(69.7)
        with urgency(Urgency.LIST), within(PATIENCE):
            lists()
        assert len(upstream.calls()) == 1

    def test_sends_a_background_call_back_when_it_is_long(self) -> None:
        with urgency(Urgency.LIST), pytest.raises(NotSent) as caught, within(0.5):
            lists()
        assert caught.value.retry_after == pytest.approx(70, abs=2)

    def test_refuses_a_write_with_a_sentence_and_keeps_its_text(
        self, alice: User, key: ApiKey, upstream: Upstream
    ) -> None:
        write = services.place(alice, key, "6d3ff5a1-7a37-4b56-9a5f-0d53e1d4a001", "5 Elm Row")
        assert (write.state, write.text) == (Write.State.REFUSED, "5 Elm Row")
        assert "ask again in" in write.reason
        assert upstream.calls() == []

    def test_is_over_when_it_is_over(self, upstream: Upstream) -> None:
        passes(71)
        lists()
        assert len(upstream.calls()) == 1


def test_who_stood_in_the_queue_when_a_pause_began_does_not_send(
    upstream: Upstream, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUTOENHANCE_REQUESTS_PER_SECOND = rate = 10
    used_up(rate)
    turn = Pace.reserve(rate)

    monkeypatch.setattr("orders.gate.time.sleep", lambda _: Pace.limited(turn, 60))
    with pytest.raises(NotSent, match="lets us ask again"):
        lists()
    assert upstream.calls() == []


class ShareTests:
    """T44: one greedy person must not eat it all."""

    def ask(self, times: int = 1) -> int:
        """How many of so many requests get through."""
        sent = 0
        for _ in range(times):
            with pytest.raises((NotFound, NotSent)) as caught:
                autoenhance().retrieve("nobodys")
            sent += caught.type is NotFound
        return sent

    def test_takes_no_more_than_their_share(self, alice: User, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = 20
        with asked_by(alice):
            began = time.monotonic()
            sent = self.ask(60)
        assert 10 <= sent <= 11 + (time.monotonic() - began) * 5
        assert len(upstream.calls()) == sent

    def test_leaves_others_alone(self, alice: User, bob: User, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = 20
        with asked_by(alice):
            self.ask(40)
        with asked_by(bob), within(0.5):
            assert self.ask(5) == 5

    def test_comes_back_with_time(self, alice: User, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = 4
        with asked_by(alice):
            self.ask(8)
            assert self.ask() == 0
            Allowance.objects.update(free_at=F("free_at") - timedelta(seconds=1))
            assert self.ask() == 1

    def test_is_one_for_all_guests(self, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = 4
        for _ in range(2):
            with asked_by(AnonymousUser()):
                sent = self.ask(5)
        assert sent <= 1

    def test_is_not_counted_for_the_background(self, upstream: Upstream, settings: Settings) -> None:
        settings.AUTOENHANCE_REQUESTS_PER_SECOND = 20
        assert self.ask(20) == 20

    def test_is_that_of_whoever_opens_the_page(self, alice: User, rf: RequestFactory, upstream: Upstream) -> None:
        def page(request: HttpRequest) -> HttpResponse:
            self.ask()
            return HttpResponse()

        request = rf.get("/")
        request.user = alice
        askers(page)(request)
        assert Allowance.objects.get().name == f"user:{alice.pk}"
