"""/metrics: figures for Prometheus, behind a token of their own (features O5)."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from dashboard import counts, exposition
from dashboard.exposition import Family, Sample
from orders.gauges import gauges


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 without METRICS_TOKEN, 401 for whoever does not bring it."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(exposition.text([*counters(), *gauges()]), content_type=exposition.CONTENT_TYPE)


def counters() -> Iterator[Family]:
    """What was counted since the beginning, or since Postgres crashed."""
    requests = [Sample(n, {"route": route, "status": status}) for route, status, n in counts.read("requests")]
    yield Family("requests_total", "counter", "Requests by address and class of status.", requests)
    yield Family("request_seconds", "histogram", "How long they took.", _histogram("request_seconds"))
    answers = [Sample(n, {"status": status}) for status, _, n in counts.read("upstream")]
    yield Family("upstream_total", "counter", "Answers of Autoenhance: ok, a status, or none.", answers)
    held = [Sample(n, {"why": why}) for why, _, n in counts.read("upstream_held")]
    yield Family("upstream_held_total", "counter", "Requests to Autoenhance that were not sent.", held)


def _histogram(family: str) -> Iterator[Sample]:
    for route, bound, n in counts.cumulative(family):
        yield Sample(n, {"route": route, "le": bound}, "_bucket")
        if bound == "+Inf":
            yield Sample(n, {"route": route}, "_count")
    for route, _, seconds in counts.read(f"{family}_sum"):
        yield Sample(seconds, {"route": route}, "_sum")
