"""`{% script "app.js" %}`: a script of our own site, and in production the hash of what it has to be (T80)."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = Library()


@register.simple_tag
def script(path: str) -> SafeString:
    """The element that loads it once the page is there. A browser runs it only if it is what was collected.

    Without collected files, so in a checkout and in tests, whoever edits it wants to see that, so there is no hash.
    """
    address = staticfiles_storage.url(path)
    if not getattr(staticfiles_storage, "hashed_files", None):
        return format_html('<script src="{}" defer></script>', address)
    return format_html('<script src="{}" integrity="{}" defer></script>', address, _digest(path))


@cache
def _digest(path: str) -> str:
    """Of the collected file, read once in a process: another one comes with another start."""
    with staticfiles_storage.open(staticfiles_storage.stored_name(path)) as file:  # type: ignore[attr-defined]
        digest = hashlib.sha384(file.read()).digest()
    return f"sha384-{base64.b64encode(digest).decode()}"
