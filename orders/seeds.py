"""The seeds of second factors, sealed like API keys (ASVS 6.5.2). Here, because people know nothing of the vault."""

from __future__ import annotations

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret

from orders.models.keys import vault
from orders.vault import Unreadable

# allauth does not say whose seed it is, so the context names only the purpose.
CONTEXT = b"second factor"
MARK = "sealed:"
FIELDS = ("secret", "seed")


class SealedSeeds(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's adapter, whose two hooks for this do nothing."""

    def encrypt(self, text: str) -> str:
        return MARK + base64.b64encode(vault().seal(text, CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The seed; a random one when its encryption key is gone: of an empty one everybody can compute the codes."""
        try:
            return _plain(encrypted_text)
        except Unreadable:
            return str(generate_totp_secret())


def reseal(authenticator: Authenticator) -> bool:
    """Seal its seed with the newest encryption key, if it is not; saved. True when it was done, or Unreadable."""
    old = {name: authenticator.data[name] for name in FIELDS if name in authenticator.data}
    if all(text.startswith(MARK) and vault().is_newest(_bytes(text)) for text in old.values()):
        return False
    plain = {name: _plain(text) for name, text in old.items()}
    authenticator.data |= {name: SealedSeeds().encrypt(text) for name, text in plain.items()}
    authenticator.save(update_fields=["data"])
    return True


def _plain(text: str) -> str:
    """Of a seed that is sealed, or was kept before seeds were: `rotate_keys` seals those."""
    return vault().open(_bytes(text), CONTEXT) if text.startswith(MARK) else text


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.removeprefix(MARK))
