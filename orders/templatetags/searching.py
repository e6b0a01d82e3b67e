"""How to search, beside the box for it."""

from __future__ import annotations

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils.translation import get_language

from orders.search import QUALIFIERS

register = template.Library()


@register.simple_tag
def help_sheet() -> str:
    """All that can be searched for, as HTML. It changes with the language only, so it is made once for each."""
    return _help_sheet(get_language())


@cache
def _help_sheet(language: str | None) -> str:
    return render_to_string("orders/_help.html", {"qualifiers": QUALIFIERS.values()})
