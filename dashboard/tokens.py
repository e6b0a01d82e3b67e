"""Secrets in addresses: of which only a hash is kept."""

from __future__ import annotations

from hashlib import sha256


def hash_of(token: str) -> str:
    """SHA-256 in hex: what the database keeps of a token. 256 random bits need neither salt nor a slow hash."""
    return sha256(token.encode()).hexdigest()
