"""dashboard/accounts/widgets.py: the same elements as Django's, sooner."""

from __future__ import annotations

import pytest
from django import forms
from django.test.html import parse_html

from dashboard.accounts.widgets import LongSelect

CHOICES = [("", 'none of "these" <'), ("Europe/Oslo", "Europe/Oslo"), ("UTC", "UTC")]


@pytest.mark.parametrize("value", ["", "UTC", "Mars/Base", None])
def test_a_long_select_is_what_djangos_is(value: str | None) -> None:
    ours, djangos = (made(choices=CHOICES, attrs={"id": "zone"}) for made in (LongSelect, forms.Select))
    attrs = {"required": True, "aria-describedby": "hint"}
    expected = djangos.render("zone", value, attrs)
    assert parse_html(ours.render("zone", value, attrs)) == parse_html(expected)
