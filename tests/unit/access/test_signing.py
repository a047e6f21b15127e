"""Signatures of the house: its own, the same after a rotation of keys, and told from anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.keyring import new_keyring_json, rotated_keyring_json
from access.signing import Signer, is_signed

KEYRING = new_keyring_json()
SIGNER = Signer.from_keyring(KEYRING)


@given(st.text())
def test_what_was_signed_is_known_by_the_public_key_alone(text: str) -> None:
    assert is_signed(SIGNER.public_key, text, SIGNER.sign(text))


@given(st.text(), st.text())
def test_another_text_is_not_what_was_signed(text: str, other: str) -> None:
    assert SIGNER.signed(other, SIGNER.sign(text)) is (text == other)


def test_a_rotation_of_keys_keeps_signatures_good() -> None:
    assert Signer.from_keyring(rotated_keyring_json(KEYRING)).public_key == SIGNER.public_key


def test_another_house_signs_with_another_key() -> None:
    assert not SIGNER.signed("x", Signer.from_keyring(new_keyring_json()).sign("x"))


@pytest.mark.parametrize("signature", ["", "x", "å", "AAAA", SIGNER.sign("y")], ids=range(5))
def test_what_is_no_signature_is_none(signature: str) -> None:
    assert not SIGNER.signed("x", signature)


@pytest.mark.parametrize("key", ["", "x", "AAAA"])
def test_with_what_is_no_key_nothing_is_signed(key: str) -> None:
    assert not is_signed(key, "x", SIGNER.sign("x"))


def test_a_signer_prints_no_secret() -> None:
    assert repr(SIGNER) == f"Signer({SIGNER.public_key})"
