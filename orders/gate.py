"""Before and after each request to Autoenhance: whose turn it is, and what is done about pauses and outages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import partial
from random import SystemRandom

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import counts
from dashboard.accounts.models import User
from orders.errors import NotSent, RateLimited, RemoteError, Unavailable
from orders.models import Allowance, Pace
from orders.models.pace import Turn, Verdict
from orders.transport import Told

log = structlog.get_logger(__name__)

# The longest that a request waits for its turn. Somebody may be waiting for the page: rather a sentence now than an
# answer much later. Background work comes again by itself.
PATIENCE = 3.0

_JITTER = SystemRandom()


class Urgency(Enum):
    """How far ahead a place in the queue may be, in seconds; below 0, how much of a second's worth stays for others.

    So lists never make a queue that a person would have to stand in: they leave when half of a second's worth is left.
    """

    PERSON = PATIENCE
    SOON = -0.25
    LIST = -0.5


class Due(NotSent):
    """Autoenhance did not answer, and it is time to look whether it is back: but not with this request."""


_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.PERSON)
_asker: ContextVar[User | AnonymousUser | None] = ContextVar("asker", default=None)


@contextmanager
def urgency(how: Urgency) -> Iterator[None]:
    """Requests inside are as urgent as this; without, a person waits. Also decorates a function."""
    token = _urgency.set(how)
    try:
        yield
    finally:
        _urgency.reset(token)


@contextmanager
def asked_by(person: User | AnonymousUser) -> Iterator[None]:
    """Requests inside are for this person, and are taken from their share (T44)."""
    token = _asker.set(person)
    try:
        yield
    finally:
        _asker.reset(token)


def askers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what a page asks Autoenhance is asked by whoever opened it."""

    def answer(request: HttpRequest) -> HttpResponse:
        with asked_by(request.user):
            return get_response(request)

    return answer


def enter(method: str, *, again: bool) -> Told:
    """Wait for our turn; NotSent (Due) when that is far away, and nothing may be sent. The answer takes how it went."""
    if not again:
        _take_share()
    turn = _turn(may_probe=method == "GET", again=again)
    return partial(_tell, turn)


def _take_share() -> None:
    person = _asker.get()
    if person is None:
        return
    name = f"user:{person.pk}" if person.pk else "guests"
    if not Allowance.take(name, settings.AUTOENHANCE_REQUESTS_PER_SECOND):
        raise NotSent(
            _("Too many requests for Autoenhance at once. Nothing was sent; try again in a moment."), retry_after=1
        )


def _turn(*, may_probe: bool, again: bool) -> Turn:
    how = _urgency.get()
    rate = settings.AUTOENHANCE_REQUESTS_PER_SECOND
    ends = time.monotonic() + PATIENCE
    while True:
        turn = Pace.reserve(rate, ahead=how.value, may_probe=may_probe, again=again)
        if turn.verdict is Verdict.GO:
            if turn.wait:
                time.sleep(turn.wait)
            # Who stood in the queue asks again whether anything has happened meanwhile.
            if not turn.wait or turn.probe or Pace.standing().clear:
                return turn
            continue
        waits = how is not Urgency.PERSON and turn.verdict in (Verdict.FULL, Verdict.LIMITED)
        if not waits or time.monotonic() + turn.wait > ends:
            raise _refusal(turn)
        time.sleep(turn.wait * _JITTER.uniform(1, 1.25))  # not all at the same moment


def _refusal(turn: Turn) -> NotSent:
    counts.add("upstream_held", turn.verdict)
    kind = Due if turn.verdict is Verdict.DUE else NotSent
    return kind(_sentence(turn), retry_after=turn.wait)


def _sentence(turn: Turn) -> str:
    if turn.verdict is Verdict.LIMITED:
        return _("Autoenhance is getting too many requests, and lets us ask again in %s. Nothing was sent.") % _span(
            turn.wait
        )
    if turn.verdict in (Verdict.DOWN, Verdict.DUE):
        return _("Autoenhance does not answer at the moment. Nothing was sent; try again in a minute.")
    return _("Too much is waiting for Autoenhance at the moment. Nothing was sent; try again in a minute.")


def _span(wait: float) -> str:
    """Never shorter than it is."""
    seconds = int(wait) + 1
    if seconds < 100:
        return ngettext("%d second", "%d seconds", seconds) % seconds
    minutes = -(-seconds // 60)
    return ngettext("%d minute", "%d minutes", minutes) % minutes


def _tell(turn: Turn, failure: RemoteError | None) -> None:
    """Slow down, open or close the circuit. Anything that Autoenhance says of one order or key is an answer."""
    counts.add("upstream", str(failure.status or "none") if failure else "ok")
    if isinstance(failure, RateLimited):
        Pace.limited(turn, failure.retry_after)
        log.warning("Autoenhance wants a pause", seconds=failure.retry_after)
    elif isinstance(failure, Unavailable) and (failure.status is None or failure.status >= 500):
        if Pace.failed(turn):
            log.warning("Autoenhance does not answer; nothing is sent until a look shows that it is back")
    else:
        Pace.passed(turn)
