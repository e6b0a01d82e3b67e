"""Light, dark, or what the system says: kept in a cookie, so that the first byte of a page knows it."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from dashboard.parts import wants_part

COOKIE = "theme"
YEAR = 365 * 24 * 3600


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """POST `theme`: "light", "dark", or "system", for which nothing is kept; then back to the page it came from.

    htmx loads that page again by itself, so that what a search has put into its address since stays.
    """
    chosen = request.POST.get("theme", "")
    if chosen not in ("light", "dark", "system"):
        raise BadRequest
    again: HttpResponse = HttpResponseClientRefresh()
    response = again if wants_part(request) else redirect(_came_from(request))
    if chosen == "system":
        response.delete_cookie(COOKIE, samesite="Lax")
    else:
        response.set_cookie(COOKIE, chosen, max_age=YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax")
    return response


def _came_from(request: HttpRequest) -> str:
    """The page with the form, if it is one of ours (T56): told by the browser, so that no page repeats its address."""
    page = request.headers.get("Referer", "")
    return page if page.startswith(request.build_absolute_uri("/")) else reverse("home")
