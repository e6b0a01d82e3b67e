"""Where Autoenhance's webhooks arrive."""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from dashboard.tokens import hash_of
from orders import hints
from orders.models import Hook

LARGEST = 64 * 1024


@login_not_required
@csrf_exempt  # no browser posts here, and the secret is in no cookie
@require_POST
def hook(request: HttpRequest, token: str) -> HttpResponse:
    """Take a hint from whoever knows the secret, and answer at once: nothing here calls Autoenhance."""
    found = get_object_or_404(Hook.objects.select_related("key"), token_hash=hash_of(token))
    if not found.admits(_given(request)):
        found.refuse()
        return HttpResponse(status=401)
    body = _body(request)
    if len(body) > LARGEST:
        found.accept(understood=False)
        return HttpResponse(status=413)
    hints.take(found, body)
    return HttpResponse(status=204)


def _given(request: HttpRequest) -> str:
    """The secret that came along: in the header that Autoenhance uses, else in the one that proxies and people know."""
    given = request.headers.get("Authentication") or request.headers.get("Authorization", "")
    return re.sub(r"^bearer\s+", "", given.strip(), flags=re.IGNORECASE)


def _body(request: HttpRequest) -> bytes:
    """What was sent; of too much, one byte more than is allowed."""
    try:
        return request.read(LARGEST + 1)
    except UnreadablePostError:  # whoever sent it is gone
        raise BadRequest from None
