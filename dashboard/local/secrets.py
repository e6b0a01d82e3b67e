"""The secrets of a bare checkout: made once, kept in a file that only its owner can read."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Secrets:
    """What `make run` needs and nobody has given."""

    secret_key: str
    key_encryption_keys: str
    demo_password: str
    demo_key: str


def kept(path: Path) -> Secrets:
    """The secrets in the file `path`, made at first; SystemExit with a sentence when the file cannot be read."""
    if not path.exists():
        _create(path, json.dumps(asdict(_new()), indent=2).encode())
    try:
        return Secrets(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:  # unreadable, no JSON, other fields than ours
        raise SystemExit(f"{path} cannot be read ({error}). Keys kept in this checkout open only with it.") from error


def _new() -> Secrets:
    return Secrets(
        secret_key=secrets.token_urlsafe(50),
        key_encryption_keys=base64.b64encode(secrets.token_bytes(32)).decode(),
        demo_password=_readable(),
        demo_key=secrets.token_hex(24),
    )


def _readable() -> str:
    """A password of 12 characters that nobody confuses when typing it (59 bits)."""
    letters = "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _create(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, 0600, and never replaces one that is there."""
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        os.unlink(fresh)
