"""An identity opens for its own row with its own key, whole, or not at all."""

import os
import traceback
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from access.identities import Identity, IdentityUnreadableError, IdentityVault, SealedIdentity
from access.personnumbers import PersonalNumber, synthetic_number

K1, K2, INDEX = b"\x01" * 32, b"\x02" * 32, b"\x09" * 32
VAULT = IdentityVault({"k1": K1}, "k1", INDEX)
ROTATED = IdentityVault({"k1": K1, "k2": K2}, "k2", INDEX)
ELSA = Identity("Elsa Provsson", synthetic_number(date(1998, 3, 17), 238), "Provköping", protected=True)

numbers = st.dates(date(1990, 1, 1), date(2020, 1, 1)).map(lambda birth: synthetic_number(birth, 239))
identities = st.builds(Identity, st.text(max_size=80), numbers, st.text(max_size=30), st.booleans())
row_ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


def cause_of(vault: IdentityVault, row_id: str, sealed: SealedIdentity) -> str:
    with pytest.raises(IdentityUnreadableError) as caught:
        vault.open(row_id, sealed)
    assert caught.value.row_id == row_id
    return caught.value.cause


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


def with_part(sealed: SealedIdentity, part: str, data: bytes) -> SealedIdentity:
    changes: dict[str, Any] = {part: data}
    return replace(sealed, **changes)


def sealed_around(plain: bytes) -> SealedIdentity:
    """What a vault would hold had it sealed these bytes for row `r1`."""
    sealed = VAULT.seal("r1", ELSA)
    key = AESGCM(K1).decrypt(sealed.wrapped_key[:12], sealed.wrapped_key[12:], b"person|key|k1|r1")
    return replace(sealed, ciphertext=AESGCM(key).encrypt(sealed.nonce, plain, b"person|identity|r1"))


@given(row_ids, identities)
def test_what_was_sealed_opens_equal(row_id: str, identity: Identity) -> None:
    assert VAULT.open(row_id, VAULT.seal(row_id, identity)) == identity


@given(row_ids, row_ids)
def test_an_identity_moved_to_another_row_does_not_open(home: str, other: str) -> None:
    if home != other:
        assert cause_of(VAULT, other, VAULT.seal(home, ELSA)) == "altered"


@pytest.mark.parametrize("part", ["wrapped_key", "nonce", "ciphertext"])
@given(data=st.data())
def test_any_changed_bit_is_noticed(part: str, data: st.DataObject) -> None:
    sealed = VAULT.seal("r1", ELSA)
    old: bytes = getattr(sealed, part)
    new = flipped(old, data.draw(st.integers(0, len(old) - 1)), data.draw(st.integers(0, 7)))
    assert cause_of(VAULT, "r1", with_part(sealed, part, new)) == "altered"


@pytest.mark.parametrize("part", ["wrapped_key", "nonce", "ciphertext"])
@given(data=st.data())
def test_any_cut_is_noticed(part: str, data: st.DataObject) -> None:
    sealed = VAULT.seal("r1", ELSA)
    old: bytes = getattr(sealed, part)
    cut = old[: data.draw(st.integers(0, len(old) - 1))]
    assert cause_of(VAULT, "r1", with_part(sealed, part, cut)) == "altered"


def test_parts_of_two_seals_of_one_row_do_not_mix() -> None:
    first, second = VAULT.seal("r1", ELSA), VAULT.seal("r1", ELSA)
    assert cause_of(VAULT, "r1", replace(first, wrapped_key=second.wrapped_key)) == "altered"


def test_another_key_of_the_same_name_does_not_open() -> None:
    stranger = IdentityVault({"k1": K2}, "k1", INDEX)
    assert cause_of(stranger, "r1", VAULT.seal("r1", ELSA)) == "altered"


def test_a_key_that_is_not_in_the_keyring_is_named_as_such() -> None:
    assert cause_of(VAULT, "r1", ROTATED.seal("r1", ELSA)) == "unknown_key"


def test_a_wrapped_key_does_not_pass_for_another_keys() -> None:
    assert cause_of(ROTATED, "r1", replace(VAULT.seal("r1", ELSA), key_id="k2")) == "altered"


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"name": "Elsa Provsson"}',
        b'{"name": "Elsa Provsson", "number": "199803172388", "municipality": "", "protected": false}',
        b'{"name": "Elsa Provsson", "number": "199803172387", "municipality": "", "protected": "no"}',
    ],
)
def test_content_that_is_no_identity_is_refused_without_a_word_of_it(plain: bytes) -> None:
    with pytest.raises(IdentityUnreadableError) as caught:
        VAULT.open("r1", sealed_around(plain))
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert caught.value.cause == "content"
    assert caught.value.__context__ is None
    assert "Provsson" not in told


def test_the_same_identity_is_never_sealed_the_same_twice() -> None:
    first, second = VAULT.seal("r1", ELSA), VAULT.seal("r1", ELSA)
    assert {first.ciphertext, first.nonce, first.wrapped_key}.isdisjoint(
        {second.ciphertext, second.nonce, second.wrapped_key}
    )


@given(st.text("abcdefgh", max_size=20), st.text("abcdefgh", max_size=20))
def test_the_length_of_a_name_does_not_show(one: str, other: str) -> None:
    lengths = {len(VAULT.seal("r1", replace(ELSA, name=name, municipality="")).ciphertext) for name in (one, other)}
    assert len(lengths) == 1


@given(row_ids, identities)
def test_a_rewrapped_identity_opens_with_the_new_key_alone(row_id: str, identity: Identity) -> None:
    old = VAULT.seal(row_id, identity)
    new = ROTATED.rewrap(row_id, old)
    assert (new.key_id, new.ciphertext) == ("k2", old.ciphertext)
    assert IdentityVault({"k2": K2}, "k2", INDEX).open(row_id, new) == identity


def test_another_rows_identity_cannot_be_rewrapped() -> None:
    with pytest.raises(IdentityUnreadableError):
        ROTATED.rewrap("r2", VAULT.seal("r1", ELSA))


@given(numbers, numbers)
def test_equal_numbers_and_only_they_share_an_index(one: PersonalNumber, other: PersonalNumber) -> None:
    assert (VAULT.index(one) == ROTATED.index(other)) == (one == other)


def test_the_index_cannot_be_computed_without_its_key() -> None:
    stranger = IdentityVault({"k1": K1}, "k1", os.urandom(32))
    assert stranger.index(ELSA.number) != VAULT.index(ELSA.number)


@pytest.mark.parametrize("shown", [f"{ELSA}", f"{ELSA!r}", str(ELSA), repr({"who": ELSA})])
def test_an_identity_is_printed_as_stars(shown: str) -> None:
    assert "Identity(********)" in shown
    assert "Elsa" not in shown


@pytest.mark.parametrize("shown", [f"{VAULT!r}", f"{VAULT}"])
def test_a_vault_prints_no_key(shown: str) -> None:
    assert shown == "IdentityVault(current='k1', 1 keys)"
