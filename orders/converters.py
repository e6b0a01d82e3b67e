"""Converters of paths: what does not have the exact shape never reaches the database (T32)."""

from __future__ import annotations

from django.urls.converters import StringConverter

from orders import tokens


class TokenConverter(StringConverter):
    """The token of a share link."""

    regex = tokens.PATTERN
