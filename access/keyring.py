"""The key file: which keys seal identities, and the key of the blind index. Kept apart from backups of the data."""

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping

from workflows.errors import BevakaError

KEY_BYTES = 32

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class KeyringError(BevakaError):
    """A keyring cannot be used. Says what is wrong and with which entry, never the key itself."""

    def __init__(self, cause: str, entry: str = "") -> None:
        self.cause = cause
        self.entry = entry
        super().__init__(f"keyring: {cause}" + (f" ({entry})" if entry else ""))


def new_keyring_json() -> str:
    """A new key file: one random key-encryption key, `k1`, and one random index key."""
    return _text("k1", {"k1": os.urandom(KEY_BYTES)}, os.urandom(KEY_BYTES))


def rotated_keyring_json(text: str) -> str:
    """The key file with a new key added and made current; the index key and the old keys stay.

    Raises:
        KeyringError: the text is not a key file.
    """
    keys, _, index_key = read_keyring(text)
    number = len(keys) + 1
    while f"k{number}" in keys:
        number += 1
    return _text(f"k{number}", {**keys, f"k{number}": os.urandom(KEY_BYTES)}, index_key)


def read_keyring(text: str) -> tuple[dict[str, bytes], str, bytes]:
    """Read a key file: `{"current": "k1", "keys": {"k1": base64}, "index": base64}`.

    Returns:
        The keys by id, the id of the current one, and the index key; checked.

    Raises:
        KeyringError: what is wrong with it, never what it holds.
    """
    match _json(text):
        case {"current": str(current), "keys": dict(written), "index": index}:
            _check_ids(written)
            keys = {key_id: _key(value, key_id) for key_id, value in written.items()}
            index_key = _key(index, "index")
        case _:
            raise KeyringError('expected {"current": id, "keys": {id: base64}, "index": base64}')
    check_keys(keys, current, index_key)
    return keys, current, index_key


def check_keys(keys: Mapping[str, bytes], current: str, index_key: bytes) -> None:
    """Check a set of keys.

    Raises:
        KeyringError: a key has the wrong size or name, is used twice, or the current one is missing.
    """
    _check_ids(keys)
    for entry, key in [*keys.items(), ("index", index_key)]:
        if len(key) != KEY_BYTES:
            raise KeyringError(f"a key has {KEY_BYTES} bytes", entry)
    if current not in keys:
        raise KeyringError("the current key is not among the keys")
    if len({*keys.values(), index_key}) != len(keys) + 1:
        raise KeyringError("the same key is used twice")


def _check_ids(keys: Mapping[str, object]) -> None:
    """Before an id may appear in a message: whoever swaps id and key in the file must not see the key quoted."""
    for key_id in keys:
        if not _KEY_ID.fullmatch(key_id):
            raise KeyringError("a key id is 1 to 32 of the characters A-Z, a-z, 0-9, _ and -")


def _key(value: object, entry: str) -> bytes:
    key = _base64(value) if isinstance(value, str) else None
    if key is None:
        raise KeyringError("a key is written in base64", entry)
    return key


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _json(text: str) -> object:
    """None when the text is no JSON: the decoder's own exception holds the whole text, keys and all."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(current: str, keys: Mapping[str, bytes], index_key: bytes) -> str:
    written = {key_id: base64.b64encode(key).decode() for key_id, key in keys.items()}
    return json.dumps({"current": current, "keys": written, "index": base64.b64encode(index_key).decode()}, indent=2)
