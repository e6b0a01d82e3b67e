"""dashboard/local/secrets.py: the secrets of a bare checkout."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from dashboard.local import secrets


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the secrets may be kept; nothing is there yet."""
    return tmp_path / "secrets.json"


def test_keeps_what_it_made(file: Path) -> None:
    assert secrets.kept(file) == secrets.kept(file)


def test_makes_others_for_every_checkout(file: Path, tmp_path: Path) -> None:
    one, other = secrets.kept(file), secrets.kept(tmp_path / "other.json")
    assert not {*vars_of(one)} & {*vars_of(other)}


def test_lets_nobody_else_read_the_file(file: Path) -> None:
    secrets.kept(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_leaves_nothing_beside_the_file(file: Path) -> None:
    secrets.kept(file)
    assert [path.name for path in file.parent.iterdir()] == ["secrets.json"]


def test_makes_an_encryption_key_of_32_bytes(file: Path) -> None:
    assert len(base64.b64decode(secrets.kept(file).key_encryption_keys)) == 32


@pytest.mark.parametrize("content", ["", "{", "[]", '{"secret_key": "x"}'])
def test_says_so_when_the_file_is_damaged_and_keeps_it(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(SystemExit, match="cannot be read"):
        secrets.kept(file)
    assert file.read_text() == content


def vars_of(found: secrets.Secrets) -> list[str]:
    """All its values."""
    return [found.secret_key, found.key_encryption_keys, found.demo_password, found.demo_key]
