"""The way back from a form that stands on many pages."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme


def back_to(request: HttpRequest, default: str) -> str:
    """Where a plain form returns to: the address it brought along, if that is one of ours (T56).

    Encoded as well, because a redirect is measured by that: one too long would be refused after the deed is done.
    """
    given = request.POST.get("next") or request.GET.get("next") or ""
    ours = all(url_has_allowed_host_and_scheme(address, allowed_hosts=None) for address in (given, iri_to_uri(given)))
    return given if ours and given.startswith("/") else default
