"""orders/gate.py: what is done while Autoenhance does not answer, with a real one on a socket."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from dashboard.accounts.models import User
from orders import services, wire
from orders.account import NOBODYS, autoenhance, look_whether_back
from orders.models import ApiKey, Pace, Write
from orders.models.pace import MOST_FAILURES
from orders.remote import NotFound, NotSent, RemoteError, Unavailable
from tests.cast import ALICES_KEY, AsUser, mirrored
from tests.certificates import certificate
from tests.hurry import break_down, passes
from tests.launcher import free_port
from tests.upstream import Step, Upstream

pytestmark = pytest.mark.django_db
DOWN = Step(status=503, forever=True)


def asks(times: int = 1) -> None:
    """Read an order so often, whatever comes of it."""
    for _ in range(times):
        with suppress(RemoteError):
            autoenhance().retrieve("o1")


def is_open() -> bool:
    return Pace.standing().down_since is not None


class OpeningTests:
    @pytest.mark.parametrize("step", [DOWN, Step(status=500, forever=True), Step(reset="before", forever=True)])
    def test_after_some_failures_nothing_is_sent(self, upstream: Upstream, step: Step) -> None:
        upstream.script("*", "*", step)
        asks(MOST_FAILURES)
        upstream.clear()
        with pytest.raises(NotSent, match="does not answer") as caught:
            autoenhance().list(ALICES_KEY)
        assert caught.value.retry_after
        assert upstream.calls() == []

    def test_nor_when_nobody_is_there_at_all(self, settings: Settings) -> None:
        settings.AUTOENHANCE_API_URL = f"http://127.0.0.1:{free_port()}"
        asks(MOST_FAILURES)
        assert is_open()

    @pytest.mark.parametrize(
        "step",
        [Step(status=404), Step(status=401), Step(status=422), Step(raw=b"<html>"), Step(json={"order_id": "another"}),
         Step(status=302), Step(raw=b" " * 3_000_000)],
    )  # fmt: skip
    def test_what_is_wrong_with_one_order_does_not_open_it(self, upstream: Upstream, step: Step) -> None:
        upstream.script("*", "*", *[step] * 2 * MOST_FAILURES)
        asks(2 * MOST_FAILURES)
        assert len(upstream.calls()) == 2 * MOST_FAILURES
        assert Pace.standing().clear

    def test_what_fails_now_and_then_does_not_open_it(self, upstream: Upstream) -> None:
        fails, answers = Step(status=500), Step(json={"order_id": "o1"})
        upstream.script("*", "*", *[*[fails] * (MOST_FAILURES - 1), answers] * 3)
        asks(3 * MOST_FAILURES)
        assert Pace.standing().clear

    def test_the_hosts_of_pictures_do_not_count(
        self, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wire, "is_public", lambda _: True)
        with Upstream(tls=certificate(tmp_path)[0]) as store:
            there = Step(status=302, headers={"Location": f"{store.url}/i1.jpg"}, forever=True)
            upstream.script("GET", "*", there)
            for _ in range(MOST_FAILURES):
                with pytest.raises(Unavailable):  # nobody trusts its certificate
                    autoenhance().preview("i1")
        assert Pace.standing().clear
        assert Pace.objects.get().failures == 0


class OpenTests:
    """Everything is NotSent at once: features S8."""

    @pytest.fixture(autouse=True)
    def _down(self, upstream: Upstream) -> None:
        break_down()

    def test_a_create_is_refused_with_a_sentence_and_its_text_kept(
        self, alice: User, key: ApiKey, upstream: Upstream
    ) -> None:
        write = services.place(alice, key, str(uuid.uuid4()), "5 Elm Row")
        assert (write.state, write.text) == (Write.State.REFUSED, "5 Elm Row")
        assert "does not answer" in write.reason
        assert upstream.calls() == []

    def test_a_form_keeps_what_was_typed(self, alice: User, key: ApiKey, as_user: AsUser, upstream: Upstream) -> None:
        order = mirrored(key, "12 Rosewood Ave")
        page = as_user(alice).post(f"/orders/{order.pk}/name/", {"name": "5 Elm Row", "seen": order.name})
        assert page.status_code == 422
        assert "5 Elm Row" in page.content.decode()
        assert "does not answer" in page.content.decode()
        assert upstream.calls() == []

    def test_pictures_do_without(self, upstream: Upstream) -> None:
        with pytest.raises(NotSent):
            autoenhance().preview("i1")
        assert upstream.calls() == []


class ClosingTests:
    """By a single look, at the first read that somebody wants anyway when it is time."""

    @pytest.fixture(autouse=True)
    def _due(self, upstream: Upstream) -> None:
        break_down()
        passes(1.1)

    def test_a_read_shows_that_it_is_back(self, upstream: Upstream) -> None:
        with pytest.raises(NotFound):
            autoenhance().retrieve("o1")
        assert Pace.standing().clear
        autoenhance().list(ALICES_KEY)

    def test_a_look_that_fails_is_not_repeated(self, upstream: Upstream) -> None:
        upstream.script("*", "*", DOWN)
        asks(3)
        assert len(upstream.calls()) == 1

    def test_a_write_never_is_the_look(self, alice: User, key: ApiKey, upstream: Upstream) -> None:
        upstream.script("*", "*", DOWN)
        write = services.place(alice, key, str(uuid.uuid4()), "5 Elm Row")
        assert write.state == Write.State.REFUSED
        (look,) = upstream.calls()
        assert (look.method, look.path) == ("GET", f"/v3/orders/{NOBODYS}")
        assert "x-api-key" not in look.headers

    def test_but_a_write_is_sent_when_a_look_before_it_succeeds(
        self, alice: User, key: ApiKey, upstream: Upstream
    ) -> None:
        write = services.place(alice, key, str(uuid.uuid4()), "5 Elm Row")
        assert write.state == Write.State.DONE
        assert [call.method for call in upstream.calls()] == ["GET", "POST"]

    def test_somebody_may_look_who_wants_nothing_else(self, upstream: Upstream) -> None:
        look_whether_back()
        look_whether_back()
        assert len(upstream.calls()) == 1
        assert Pace.standing().clear

    def test_nobody_looks_before_it_is_time(self, upstream: Upstream) -> None:
        break_down()
        Pace.failed(Pace.reserve(50))
        look_whether_back()
        assert upstream.calls() == []

    def test_others_do_not_wait_for_the_look(self, upstream: Upstream) -> None:
        assert Pace.reserve(50).probe
        with pytest.raises(NotSent):
            autoenhance().retrieve("o1")
        assert upstream.calls() == []


@pytest.mark.parametrize("call", [lambda: autoenhance().retrieve("o1"), lambda: autoenhance().list(ALICES_KEY)])
def test_with_every_request_failing_a_tenth_at_most_is_tried_again(
    call: Callable[[], object], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R10, F40: without the circuit, which would send far less."""
    monkeypatch.setattr(Pace, "failed", lambda _: False)
    monkeypatch.setattr("orders.transport._JITTER.uniform", lambda *_: 0)
    Pace.reserve(50)
    Pace.objects.update(tries=1)
    upstream.script("*", "*", DOWN)
    for _ in range(60):
        with pytest.raises(Unavailable):
            call()
    assert 60 < len(upstream.calls()) <= 66


def test_a_single_failure_is_tried_again_where_that_was_saved_up(upstream: Upstream) -> None:
    for _ in range(13):
        Pace.reserve(50)
    upstream.script("*", "*", Step(status=503), Step(json={"order_id": "o1"}))
    assert autoenhance().retrieve("o1").order_id == "o1"
    assert Pace.standing().clear
