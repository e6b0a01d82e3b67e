"""The help sheet of the keyboard: a dialog that "?" opens, and a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.accounts.access import person
from dashboard.parts import part_or_page
from orders.shortcuts import sheet


@require_safe
def shortcut_sheet(request: HttpRequest) -> HttpResponse:
    """Every shortcut that works for this person."""
    on = person(request).single_keys
    context = {"groups": sheet(on), "single_keys": on}
    return part_or_page(request, "orders/_shortcuts.html", "orders/shortcuts.html", context)
