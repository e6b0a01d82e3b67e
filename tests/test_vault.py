"""orders/vault.py: keys in, keys out (T01, T02, T05)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.vault import ID_BYTES, NONCE_BYTES, Unreadable, Vault, new_key

OLD, NEW = (base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2))
CONTEXT = b"1:row:user:team"


@given(secret=st.text(st.characters(codec="ascii", min_codepoint=33), min_size=8, max_size=256), context=st.binary())
def test_opens_what_it_sealed(secret: str, context: bytes) -> None:
    vault = Vault([NEW])
    assert vault.open(vault.seal(secret, context), context) == secret


@given(other=st.binary().filter(lambda other: other != CONTEXT))
def test_opens_nothing_in_another_place(other: bytes) -> None:
    vault = Vault([NEW])
    with pytest.raises(Unreadable):
        vault.open(vault.seal("ae_secret", CONTEXT), other)


@given(data=st.data())
def test_opens_nothing_that_was_changed(data: st.DataObject) -> None:
    vault = Vault([NEW])
    sealed = vault.seal("ae_secret", CONTEXT)
    at = data.draw(st.integers(0, len(sealed) - 1))
    flipped = data.draw(st.integers(1, 255))
    with pytest.raises(Unreadable):
        vault.open(sealed[:at] + bytes([sealed[at] ^ flipped]) + sealed[at + 1 :], CONTEXT)


@given(garbage=st.binary(max_size=60))
def test_opens_no_garbage(garbage: bytes) -> None:
    vault = Vault([NEW])
    for sealed in (garbage, vault.newest + garbage):
        with pytest.raises(Unreadable):
            vault.open(sealed, CONTEXT)


def test_reads_with_every_key_and_writes_with_the_newest() -> None:
    sealed = Vault([OLD]).seal("ae_secret", CONTEXT)
    both = Vault([NEW, OLD])
    assert both.open(sealed, CONTEXT) == "ae_secret"
    assert not both.is_newest(sealed)
    assert Vault([NEW]).open(both.seal("ae_secret", CONTEXT), CONTEXT) == "ae_secret"


def test_reads_nothing_once_the_old_key_is_gone() -> None:
    with pytest.raises(Unreadable):
        Vault([NEW]).open(Vault([OLD]).seal("ae_secret", CONTEXT), CONTEXT)


def test_never_uses_a_nonce_twice() -> None:
    vault = Vault([NEW])
    nonces = {vault.seal("ae_secret", CONTEXT)[ID_BYTES : ID_BYTES + NONCE_BYTES] for _ in range(1000)}
    assert len(nonces) == 1000


def test_says_nothing_of_a_secret_that_it_cannot_open() -> None:
    with pytest.raises(Unreadable) as caught:
        Vault([NEW]).open(Vault([OLD]).seal("ae_secret", CONTEXT), CONTEXT)
    assert (str(caught.value), caught.value.__cause__, caught.value.__suppress_context__) == ("", None, True)


def test_a_new_key_is_32_bytes_and_another_each_time() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(base64.b64decode(key, validate=True)) for key in keys} == {32}
