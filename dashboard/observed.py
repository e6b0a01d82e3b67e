"""A line in the log and a count in the metrics for each request (features O5)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashboard import counts

log = structlog.get_logger(__name__)
_enabled = logging.getLogger(__name__).isEnabledFor

# What machines ask for, and what tells nobody anything: a poll without news, a file that the browser has.
PROBES = ("healthz", "readyz", "metrics", "static")
NO_NEWS = (204, 304)


def requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: notes what was asked, how it was answered, in what time; never a query: people search for names."""

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - began
        route, status = route_of(request), response.status_code
        counts.add("requests", route, f"{status // 100}xx")
        counts.observe("request_seconds", route, seconds)
        level = logging.DEBUG if route in PROBES or status in NO_NEWS else logging.INFO
        if _enabled(level):  # polls without news are most of all requests, and their lines nobody wants
            facts = {"method": request.method, "path": request.path, "route": route, "user": user_of(request)}
            log.log(level, "request", status=status, ms=round(seconds * 1000, 1), **facts)
        return response

    return answer


def route_of(request: HttpRequest) -> str:
    """The name of the address, without whose and which: "orders:detail"; "none" for an address that there is not."""
    if request.resolver_match:
        return request.resolver_match.view_name
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def user_of(request: HttpRequest) -> int | None:
    """Who asked, where answering had to find that out; it is not worth a query of its own."""
    user = getattr(request, "_cached_user", None)
    return user.pk if user else None
