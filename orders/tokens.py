"""The secret part of a share link's address. Recognisable, checked before any look-up, kept as a hash alone (T31)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

PREFIX = "ps_"
CHECKSUM = 6
# For a path converter as well: nothing else ever reaches the database (T32).
PATTERN = rf"{PREFIX}[A-Za-z0-9_-]{{43}}[0-9a-f]{{{CHECKSUM}}}"


def issue() -> str:
    """A fresh token: the prefix, 256 random bits as base64url, a checksum."""
    secret = PREFIX + secrets.token_urlsafe(32)
    return secret + _checksum(secret)


def is_ours(text: str) -> bool:
    """Whether it has the shape and the checksum of a token; a mistyped or invented one costs no look-up."""
    secret, checksum = text[:-CHECKSUM], text[-CHECKSUM:]
    return bool(re.fullmatch(PATTERN, text)) and hmac.compare_digest(_checksum(secret), checksum)


def _checksum(secret: str) -> str:
    return hashlib.sha256(f"checksum {secret}".encode()).hexdigest()[:CHECKSUM]
