"""The login wall that also speaks htmx, and what every answer carries."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from psycopg.errors import ReadOnlySqlTransaction

from dashboard.accounts.confirm import ask, page_of
from dashboard.accounts.sessions import note_activity

Next = Callable[[HttpRequest], HttpResponse]

PROBES = ("/healthz", "/readyz")
# The doors of a browser that no page of ours goes through, and those that only ours do (passkeys, "Copy").
SHUT = ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
OURS = ("publickey-credentials-create", "publickey-credentials-get", "clipboard-write")
PERMISSIONS = ", ".join([*(f"{name}=()" for name in SHUT), *(f"{name}=(self)" for name in OURS)])


class RequestId:
    """Gives each request an id that its log lines, its answer and its error page share."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.id = given if re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request.id):  # type: ignore[attr-defined]
            response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class Compressed(GZipMiddleware):
    """Pages leave compressed, a list as a tenth of its size; pictures and tables are as small as they get.

    Django pads each answer by a random length, so that its size tells nothing of a secret in it (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class Headers:
    """Nothing dynamic is kept by a cache (T69), nothing of ours is embedded elsewhere, nor others' with us (T72).

    Stands before the static files, so that they carry it as well.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        response.setdefault("Permissions-Policy", PERMISSIONS)
        return response


class OwnPages:
    """Other sites may link to a page, and that is all: they send us no form, and fetch no part or picture (T54, T72).

    Browsers say where a request comes from; other clients send no such header, and no other person's cookie either.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none") and not _is_link(request):
            raise PermissionDenied(_("Another site asked for this in your name. Nothing was done."))
        return self.get_response(request)


def _is_link(request: HttpRequest) -> bool:
    """Whether somebody follows a link, or types an address, in a window of their own."""
    fetch = (request.headers.get("Sec-Fetch-Mode"), request.headers.get("Sec-Fetch-Dest", "document"))
    return request.method in ("GET", "HEAD") and fetch == ("navigate", "document")


class Activity:
    """Notes for the session's end that a person is there (T48): pages and forms count, what a page asks for by itself
    does not (DESIGN section 5)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        goes = not request.htmx and request.headers.get("Sec-Fetch-Dest", "document") == "document"  # type: ignore[attr-defined]
        if response.status_code < 500 and request.session.accessed and (goes or request.method == "POST"):
            note_activity(request.session)
        return response


class StepUp:
    """Whoever has to confirm first that it is them is asked to, whichever view says so: ours or allauth's (T21)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return ask(request) if isinstance(exception, ReauthenticationRequired) else None


class Unavailable:
    """A database that does not answer is a 503 that needs none itself (F43), not a crash."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unavailable(request, exception, begun=True) if _is_away(exception) else None


def _is_away(error: Exception) -> bool:
    """Whether the database cannot be asked, or takes nothing in: it became read-only, as after a failover (F49)."""
    return isinstance(error, OperationalError | InterfaceError) or isinstance(error.__cause__, ReadOnlySqlTransaction)


def unavailable(request: HttpRequest, exception: Exception, *, begun: bool = False) -> HttpResponse:
    """The page for a database that does not answer. `begun`: a view has, so what it has saved is not certain."""
    structlog.get_logger(__name__).error("database unavailable", error=type(exception).__name__)
    page = render_to_string("503.html", {"request": request, "begun": begun})
    return HttpResponse(page, status=503, headers={"Retry-After": "10"})


class Common(CommonMiddleware):
    """Django's, but a load balancer may ask after our health by any name or address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path in PROBES else super().process_request(request)


class LoginWall(LoginRequiredMiddleware):
    """Everything needs a login unless its view says otherwise.

    With the stock answer htmx would follow the redirect and put the login page into a table row (T58). So a part is
    answered with a redirect of the whole page, back to the page that the person was on. What somebody typed would be
    lost by that, so a POST is answered with 401, which swaps nothing (F66). A form without scripts comes to the login
    page, which says what became of it.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase], *args: Any
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):  # Django would look up who asks even so
            return None
        try:
            return super().process_view(request, view_func, *args)
        except Error as error:
            # Who asks is looked up here, and Django hands to process_exception only what a view raises.
            if not _is_away(error):
                raise
            return unavailable(request, error)

    def handle_no_permission(  # type: ignore[override]  # Django always redirects, we do not
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        lost = request.method not in ("GET", "HEAD")
        if not request.htmx and not lost:  # type: ignore[attr-defined]
            return super().handle_no_permission(request, view_func)
        if request.htmx and lost:  # type: ignore[attr-defined]
            return HttpResponse(_("You are logged out. Nothing was saved."), status=401)
        messages.warning(request, _("You were logged out. Nothing was saved."))
        if lost:
            return redirect_to_login(page_of(request))
        back = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(redirect_to_login(back).url)
