"""Who a person is, sealed: one data key per person, bound to its row, found by a keyed index (docs/adr/0005)."""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from access.keyring import KEY_BYTES, check_keys, new_keyring_json, read_keyring, rotated_keyring_json
from access.personnumbers import PersonalNumber, PersonalNumberError
from workflows.errors import BevakaError

__all__ = [
    "Identity",
    "IdentityUnreadableError",
    "IdentityVault",
    "SealedIdentity",
    "keyring_from_json",
    "new_keyring_json",
    "rotated_keyring_json",
]

NONCE_BYTES = 12
PADDING = 128


class IdentityUnreadableError(BevakaError):
    """A sealed identity cannot be opened. Names the row and the cause, nothing of what it holds.

    Attributes:
        cause: `unknown_key` (its key is not in the keyring), `altered` (bytes changed, moved from another row, or
            sealed with another key of the same name) or `content` (opened, but not an identity).
    """

    def __init__(self, row_id: str, cause: str) -> None:
        self.row_id = row_id
        self.cause = cause
        super().__init__(f"the identity of row {row_id} cannot be read: {cause}")


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What names a person. Printed as stars.

    Attributes:
        name: the full name.
        number: the personal identity number.
        municipality: kommun, or "" when not known.
        protected: skyddade personuppgifter (sekretessmarkering or skyddad folkbokföring).
    """

    name: str
    number: PersonalNumber
    municipality: str = ""
    protected: bool = False

    def __repr__(self) -> str:
        return "Identity(********)"


@dataclass(frozen=True, slots=True)
class SealedIdentity:
    """An identity as the database keeps it.

    Attributes:
        key_id: the key-encryption key that wraps the data key.
        wrapped_key: a nonce and the person's data key, encrypted.
        nonce: the nonce of `ciphertext`.
        ciphertext: the identity, padded, encrypted with the data key.
    """

    key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


class IdentityVault:
    """Seals and opens identities with AES-256-GCM, and computes the blind index that finds them."""

    def __init__(self, keys: Mapping[str, bytes], current: str, index_key: bytes) -> None:
        """Take the keys.

        Args:
            keys: key-encryption keys of 32 bytes by id; old ones stay until every row is rewrapped.
            current: the id of the key that seals.
            index_key: 32 bytes, none of `keys`.

        Raises:
            KeyringError: a key has the wrong size or name, is used twice, or `current` is missing.
        """
        check_keys(keys, current, index_key)
        self._keys = dict(keys)
        self._current = current
        self._index_key = index_key

    def __repr__(self) -> str:
        return f"IdentityVault(current={self._current!r}, {len(self._keys)} keys)"

    @property
    def current(self) -> str:
        """The id of the key that seals; rows with another one want `rewrap`."""
        return self._current

    def seal(self, row_id: str, identity: Identity) -> SealedIdentity:
        """Encrypt an identity for one row, under a data key of its own."""
        data_key = os.urandom(KEY_BYTES)
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = AESGCM(data_key).encrypt(nonce, _to_bytes(identity), _row_label(row_id))
        return SealedIdentity(self._current, self._wrap(row_id, data_key), nonce, ciphertext)

    def open(self, row_id: str, sealed: SealedIdentity) -> Identity:
        """Decrypt the identity of a row: the whole of it or nothing.

        Raises:
            IdentityUnreadableError: unknown key, altered or moved bytes, or content that is no identity.
        """
        plain = _decrypt(self._unwrap(row_id, sealed), sealed.nonce, sealed.ciphertext, _row_label(row_id))
        if plain is None:
            raise IdentityUnreadableError(row_id, "altered")
        identity = _from_bytes(plain)
        if identity is None:
            raise IdentityUnreadableError(row_id, "content")
        return identity

    def index(self, number: PersonalNumber) -> str:
        """The blind index of a number: HMAC-SHA-256 in hex, equal for equal numbers, useless without its key."""
        return hmac.new(self._index_key, b"person|number|" + number.digits.encode(), hashlib.sha256).hexdigest()

    def rewrap(self, row_id: str, sealed: SealedIdentity) -> SealedIdentity:
        """Wrap the data key of a row under the current key (key rotation); the ciphertext stays as it is.

        Raises:
            IdentityUnreadableError: the data key cannot be unwrapped.
        """
        data_key = self._unwrap(row_id, sealed)
        return SealedIdentity(self._current, self._wrap(row_id, data_key), sealed.nonce, sealed.ciphertext)

    def _wrap(self, row_id: str, data_key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._keys[self._current]).encrypt(nonce, data_key, _key_label(row_id, self._current))

    def _unwrap(self, row_id: str, sealed: SealedIdentity) -> bytes:
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise IdentityUnreadableError(row_id, "unknown_key")
        nonce, wrapped = sealed.wrapped_key[:NONCE_BYTES], sealed.wrapped_key[NONCE_BYTES:]
        data_key = _decrypt(key, nonce, wrapped, _key_label(row_id, sealed.key_id))
        if data_key is None or len(data_key) != KEY_BYTES:
            raise IdentityUnreadableError(row_id, "altered")
        return data_key


def keyring_from_json(text: str) -> IdentityVault:
    """Open a key file: `{"current": "k1", "keys": {"k1": base64}, "index": base64}`.

    Raises:
        KeyringError: what is wrong with it, never what it holds.
    """
    return IdentityVault(*read_keyring(text))


def _to_bytes(identity: Identity) -> bytes:
    """JSON, padded with spaces so that the length of the ciphertext does not tell the length of the name."""
    text = json.dumps(
        {
            "name": identity.name,
            "number": identity.number.digits,
            "municipality": identity.municipality,
            "protected": identity.protected,
        }
    ).encode()
    return text + b" " * (-len(text) % PADDING)


def _from_bytes(plain: bytes) -> Identity | None:
    try:
        content = json.loads(plain)
    except (ValueError, RecursionError):
        return None
    match content:
        case {"name": str(name), "number": str(digits), "municipality": str(place), "protected": bool(protected)}:
            try:
                return Identity(name, PersonalNumber(digits), place, protected)
            except PersonalNumberError:
                return None
        case _:
            return None


def _decrypt(key: bytes, nonce: bytes, data: bytes, label: bytes) -> bytes | None:
    """None when the bytes, the key, the nonce or the label are not the ones it was encrypted with."""
    try:
        return AESGCM(key).decrypt(nonce, data, label)
    except (InvalidTag, ValueError):
        return None


def _row_label(row_id: str) -> bytes:
    return b"person|identity|" + row_id.encode()


def _key_label(row_id: str, key_id: str) -> bytes:
    return b"person|key|" + key_id.encode() + b"|" + row_id.encode()
