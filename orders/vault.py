"""Keys in, keys out: AES-256-GCM with the encryption keys of the environment (T01 to T05).

A sealed secret is: 4 bytes that name the encryption key, 12 bytes of nonce, ciphertext and tag. The context (which
row, whose, which team, format version) is authenticated with it, so that a ciphertext copied to another row does not
open there. Imports nothing of ours.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ID_BYTES, NONCE_BYTES = 4, 12


class Unreadable(Exception):
    """No encryption key that we have opens this secret in this context."""


class Vault:
    """Seals with the newest of `keys` and opens with any; each is 32 bytes in base64, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        raw = [base64.b64decode(key, validate=True) for key in keys]
        self._ciphers = {key_id(secret): AESGCM(secret) for secret in raw}
        self.newest = key_id(raw[0])

    def seal(self, secret: str, context: bytes) -> bytes:
        """`secret` encrypted for `context`."""
        nonce = os.urandom(NONCE_BYTES)
        return self.newest + nonce + self._ciphers[self.newest].encrypt(nonce, secret.encode(), context)

    def open(self, sealed: bytes, context: bytes) -> str:
        """The secret that was sealed for this very context; Unreadable otherwise."""
        named, nonce, rest = (
            sealed[:ID_BYTES],
            sealed[ID_BYTES : ID_BYTES + NONCE_BYTES],
            sealed[ID_BYTES + NONCE_BYTES :],
        )
        try:
            return self._ciphers[named].decrypt(nonce, rest, context).decode()
        except (KeyError, InvalidTag, ValueError):
            raise Unreadable from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the secret is sealed with the newest encryption key."""
        return sealed[:ID_BYTES] == self.newest


def key_id(secret: bytes) -> bytes:
    """The 4 bytes that name an encryption key, without telling anything of it."""
    return sha256(b"proofsheet encryption key" + secret).digest()[:ID_BYTES]


def new_key() -> str:
    """A fresh encryption key for KEY_ENCRYPTION_KEYS."""
    return base64.b64encode(os.urandom(32)).decode()
