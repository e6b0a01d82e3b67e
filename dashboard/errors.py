"""The pages of errors: what happened, whether anything was saved, what to do, and a reference (features 4.7.6).

None needs a database, a session or a context processor: what broke the page that was asked for must not break these.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.template.loader import render_to_string

TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 for more than a form of ours sends; at a name that is not ours, with the line that makes it ours."""
    if isinstance(exception, TOO_LARGE):
        return _page(request, 413)
    return _page(request, 400, site_url=_opened_at(request) if isinstance(exception, DisallowedHost) else "")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the sentence that the refusal came with."""
    return _page(request, 403, exception=str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, which never says whether there is such a thing."""
    return _page(request, 404)


def too_many(request: HttpRequest) -> HttpResponse:
    """429, for limits that allauth counts."""
    return _page(request, 429)


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    return _page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that is not from this session; with the line to set where SITE_URL is not where we are (O3)."""
    site = _sent_from(request) if reason == REASON_BAD_ORIGIN % request.headers.get("Origin") else ""
    page = render_to_string("403_csrf.html", {"request": request, "site_url": site})
    # For our script, which has no other way to tell it from what somebody may not do.
    return HttpResponse(page, status=403, headers={"X-Stale": "1"})


class ErrorPages:
    """What Django would answer without a page, or under DEBUG with one of its own: `make run` is how people try us."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            response.content = _page(request, 405).content
        elif response.status_code == 404 and settings.DEBUG and request.resolver_match is None:
            return not_found(request, Http404())
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if settings.DEBUG and isinstance(exception, Http404):
            return not_found(request, exception)
        if settings.DEBUG and isinstance(exception, BadRequest | SuspiciousOperation):
            return bad_request(request, exception)
        return None


def _page(request: HttpRequest, status: int, **context: str) -> HttpResponse:
    return HttpResponse(render_to_string(f"{status}.html", {"request": request, **context}), status=status)


def _opened_at(request: HttpRequest) -> str:
    """The address that the browser was given, "" when that is none; a proxy's word for https is good enough to read."""
    host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
    secure = request.is_secure() or request.headers.get("X-Forwarded-Proto") == "https"
    return f"{'https' if secure else 'http'}://{request.META['HTTP_HOST']}" if host else ""


def _sent_from(request: HttpRequest) -> str:
    """The address of the page that sent the form, if that is one of ours: nobody is told to trust another site."""
    origin = request.headers.get("Origin", "")
    host, _port = split_domain_port(urlsplit(origin).netloc)
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin" or host == split_domain_port(request.get_host())[0]
    return origin if host and ours else ""
