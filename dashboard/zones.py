"""Whose clock a page shows: the person's own setting, else what their browser says, else their team's (features X6).

Searches speak of the team's days, whoever asks (DESIGN section 6); only what is shown goes by this.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard.accounts.access import person

NAMES = frozenset(available_timezones())

# A script of ours writes it (static/zone.js); anybody can put anything there.
COOKIE = "tz"

_viewers: ContextVar[ZoneInfo | None] = ContextVar("the viewer's zone", default=None)


def of_viewer(otherwise: str) -> ZoneInfo:
    """The zone of whoever looks at what is being made, else the one of this name."""
    return _viewers.get() or ZoneInfo(otherwise)


def of_browser(request: HttpRequest) -> str:
    """The zone that the browser says it is in, "" when it says none that we know."""
    said = request.COOKIES.get(COOKIE, "")
    return said if said in NAMES else ""


class ViewersZone:
    """Behind the login wall, which has read who asks, so that it costs no query; guests see the team's clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            _viewers.set(None)
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> None:
        if not getattr(view, "login_required", True):
            return
        own = person(request).time_zone
        name = own if own in NAMES else of_browser(request)
        if name:
            _viewers.set(ZoneInfo(name))
            timezone.activate(ZoneInfo(name))
