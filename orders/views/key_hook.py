"""The webhook of one of my keys: its address and secret to enter at Autoenhance, and what came in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.accounts.confirm import confirmed
from orders.models import ApiKey, Hook
from orders.vault import Unreadable
from orders.views.access import key_or_404
from orders.views.present import moment

DEEDS = {"make": Hook.make, "remove": Hook.remove}


@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def key_hook(request: HttpRequest, pk: int) -> HttpResponse:
    """GET address, secret and counters; POST `deed`: "make" a fresh address and secret, or "remove" them."""
    key = key_or_404(request, pk)
    if request.method == "POST":
        deed = DEEDS.get(request.POST.get("deed", ""))
        if deed is None:
            raise BadRequest
        deed(key)
        return redirect("orders:key_hook", key.pk)
    hook = Hook.objects.filter(key=key).first()
    return render(request, "orders/key_hook.html", {"key": key, "hook": hook} | _shown(request, key, hook))


def _shown(request: HttpRequest, key: ApiKey, hook: Hook | None) -> dict[str, Any]:
    """What the owner compares with Autoenhance: nothing without a hook, or of one that cannot be opened any more."""
    if hook is None:
        return {}
    hook.key = key  # what it is sealed for, read already
    made, last = moment(hook.made_at, key.team), moment(hook.last_at, key.team) if hook.last_at else None
    try:
        address = request.build_absolute_uri(reverse("orders:hook", args=[hook.token()]))
        return {"made": made, "last": last, "address": address, "secret": hook.secret()}
    except Unreadable:
        return {"made": made, "last": last}
