"""Page or part? The only place that decides it, so that Back never shows a bare part (style item 10)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect


def wants_part(request: HttpRequest) -> bool:
    """True for a request of htmx that will swap a part: not a boosted link, not a restored history entry."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def part_or_page(
    request: HttpRequest, part: str, page: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render `part` for htmx and `page` for everybody else, from the same context."""
    response = render(request, part if wants_part(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def part_or_redirect(
    request: HttpRequest, part: str, context: dict[str, Any], to: str, status: int = 200
) -> HttpResponse:
    """After a POST that worked: the fresh part for htmx, a redirect to `to` for a plain form."""
    if not wants_part(request):
        return redirect(to)
    return part_or_page(request, part, part, context, status)


def nothing_new() -> HttpResponse:
    """For a part that asks by itself: it stays as it is, and no template is rendered."""
    response = HttpResponse(status=204)
    patch_vary_headers(response, ["HX-Request"])
    return response


def go(request: HttpRequest, to: str) -> HttpResponse:
    """To another page, also for htmx, which would put a redirect's answer into the part that asked."""
    return HttpResponseClientRedirect(to) if wants_part(request) else redirect(to)
