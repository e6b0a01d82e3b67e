"""An order's id in the search box: as it is, or in an address of Autoenhance that somebody pasted. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

HOME = "autoenhance.ai"

# What may be an id at Autoenhance at all (T16).
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What nobody would call an order: long, in one piece, with a digit.
_LOOKS_LIKE_ID = re.compile(r"(?=.*[0-9])[A-Za-z0-9_-]{12,64}")


def pasted_id(text: str, host: str = "") -> str:
    """The id that `text` is, or that follows "orders" in an address of Autoenhance or of `host`; "" for neither."""
    if _LOOKS_LIKE_ID.fullmatch(text):
        return text
    try:
        address = urlsplit(text)
        named = address.hostname or ""
    except ValueError:
        return ""
    if address.scheme not in ("http", "https") or not (named in (HOME, host) or named.endswith(f".{HOME}")):
        return ""
    parts = address.path.split("/")
    following = parts[parts.index("orders") + 1 :] if "orders" in parts else []
    return following[0] if following and _ID.fullmatch(following[0]) else ""


def is_certain(text: str, order_id: str) -> bool:
    """Whether `text` can mean nothing else but this id: an address, or the form that Autoenhance's own ids have."""
    try:
        return text != order_id or str(UUID(order_id)) == order_id.lower()
    except ValueError:
        return False
