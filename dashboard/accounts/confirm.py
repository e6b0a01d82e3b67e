"""Step-up: who changes what matters has shown a short while ago that it is them (T21, ASVS 7.5).

A login counts, and so does each time that the password or the second factor was asked for since. What one form needs
can be asked for in that form, so that nothing typed is lost; everything else leads to allauth's page and back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.access import person

P = ParamSpec("P")
CONFIRMED_AT, FIELD = "confirmed_at", "my_password"


def note(request: HttpRequest) -> None:
    """The person has just shown that it is them."""
    request.session[CONFIRMED_AT] = time.time()


def must_confirm(request: HttpRequest) -> bool:
    """Whether that was too long ago for what matters."""
    at: float = request.session.get(CONFIRMED_AT, 0)
    return time.time() - at > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def need_confirmation(request: HttpRequest) -> None:
    """Leads to the page that asks (see `ask`), for views that say first who may: else raises nothing."""
    if must_confirm(request):
        raise ReauthenticationRequired


def confirmed(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Ask for the password or second factor again first (features 4.6.5), then come back to the page."""

    @wraps(view)
    def ask_first(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        need_confirmation(request)
        return view(request, *args, **kwargs)

    return ask_first


def confirmed_in(form: forms.Form | forms.ModelForm, request: HttpRequest) -> bool:  # type: ignore[type-arg]
    """Whether the person has confirmed, now by the password sent along at the latest; else the form says what it needs.

    Wrong passwords are counted as those of a login are.
    """
    if not must_confirm(request):
        return True
    password = request.POST.get(FIELD, "")
    try:
        if password and get_adapter().reauthenticate(person(request), password):
            note(request)
            request.session.cycle_key()
            return True
        why = _("This is not your password.") if password else _("This matters, so type your password as well.")
    except ValidationError as limited:
        why = limited.messages[0]
    form.asks_password = True  # type: ignore[union-attr]
    form.add_error(None, f"{why} {_('Nothing was saved.')}")
    return False


def ask(request: HttpRequest) -> HttpResponse:
    """To the page that asks, and from there back to the page that the person was on. What was sent is not kept:
    it would be in the session, so an API key or a password in the database.
    """
    methods = get_adapter().get_reauthentication_methods(request.user)
    answer = redirect_to_login(page_of(request), methods[0]["url"])
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer  # type: ignore[attr-defined]


def page_of(request: HttpRequest) -> str:
    """The page with the form, where the browser says it; a form's own address may have no page."""
    if request.method in ("GET", "HEAD") and not request.htmx:  # type: ignore[attr-defined]
        return request.path
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    page = urlsplit(came_from) if ours else urlsplit("")
    return page._replace(scheme="", netloc="", fragment="").geturl() if page.netloc else request.path
