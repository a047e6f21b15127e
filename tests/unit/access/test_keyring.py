"""A key file opens a vault, or says what is wrong with it and shows no key."""

import base64
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.identities import Identity, IdentityVault, keyring_from_json, new_keyring_json, rotated_keyring_json
from access.keyring import KeyringError
from access.personnumbers import synthetic_number

ELSA = Identity("Elsa Provsson", synthetic_number(date(1998, 3, 17), 238))
A, B, SHORT = (base64.b64encode(bytes([n]) * size).decode() for n, size in ((1, 32), (2, 32), (3, 31)))


def complaint(document: object) -> str:
    with pytest.raises(KeyringError) as caught:
        keyring_from_json(json.dumps(document))
    assert caught.value.__context__ is None
    return str(caught.value)


def test_a_new_key_file_seals_and_opens() -> None:
    vault = keyring_from_json(new_keyring_json())
    assert vault.open("r1", vault.seal("r1", ELSA)) == ELSA


def test_two_new_key_files_share_no_key() -> None:
    one, other = (json.loads(new_keyring_json()) for _ in range(2))
    assert {one["keys"]["k1"], one["index"]}.isdisjoint({other["keys"]["k1"], other["index"]})


def test_rotation_keeps_old_rows_readable_and_the_index_the_same() -> None:
    text = new_keyring_json()
    before, after = keyring_from_json(text), keyring_from_json(rotated_keyring_json(text))
    assert after.current == "k2"
    assert after.open("r1", before.seal("r1", ELSA)) == ELSA
    assert after.index(ELSA.number) == before.index(ELSA.number)


def test_rotation_never_reuses_a_name() -> None:
    text = json.dumps({"current": "k2", "keys": {"k2": A}, "index": B})
    assert json.loads(rotated_keyring_json(text))["current"] == "k3"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], 'expected {"current"'),
        ({"current": "k1", "keys": {"k1": A}}, 'expected {"current"'),
        ({"current": 1, "keys": {"k1": A}, "index": B}, 'expected {"current"'),
        ({"current": "k1", "keys": [A], "index": B}, 'expected {"current"'),
        ({"current": "k2", "keys": {"k1": A}, "index": B}, "the current key is not among the keys"),
        ({"current": "k1", "keys": {}, "index": B}, "the current key is not among the keys"),
        ({"current": "k1", "keys": {"k1": SHORT}, "index": B}, "a key has 32 bytes (k1)"),
        ({"current": "k1", "keys": {"k1": A}, "index": SHORT}, "a key has 32 bytes (index)"),
        ({"current": "k1", "keys": {"k1": A}, "index": A}, "the same key is used twice"),
        ({"current": "k1", "keys": {"k1": A, "k2": A}, "index": B}, "the same key is used twice"),
        ({"current": "k1", "keys": {"k1": "not base64!"}, "index": B}, "a key is written in base64 (k1)"),
        ({"current": "k1", "keys": {"k1": "!" + A}, "index": B}, "a key is written in base64 (k1)"),
        ({"current": "k1", "keys": {"k1": 7}, "index": B}, "a key is written in base64 (k1)"),
        ({"current": A, "keys": {A: "k1"}, "index": B}, "a key id is 1 to 32"),
    ],
)
def test_a_faulty_key_file_says_what_is_wrong_and_shows_no_key(document: object, said: str) -> None:
    told = complaint(document)
    assert said in told
    assert not any(key in told for key in (A, B, SHORT, "not base64!"))


@given(st.text(max_size=60))
def test_text_that_is_no_key_file_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(KeyringError) as caught:
        keyring_from_json(text)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("key_id", ["", "a|b", "å", "k" * 33])
def test_a_vault_refuses_key_names_that_could_be_mistaken(key_id: str) -> None:
    with pytest.raises(KeyringError):
        IdentityVault({key_id: b"\x01" * 32}, key_id, b"\x02" * 32)
