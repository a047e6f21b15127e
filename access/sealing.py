"""The system's own secrets (webhook addresses) at rest: AES-256-GCM, bound to their row, under a key of their own."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from access.keyring import read_keyring
from workflows.errors import BevakaError

NONCE_BYTES = 12


class SecretUnreadableError(BevakaError):
    """A sealed secret cannot be opened: another key, or altered or moved bytes. The secret is never quoted."""

    def __init__(self, row: str) -> None:
        self.row = row
        super().__init__(f"the secret of {row} cannot be read: it was sealed under another key, or altered")


class SecretBox:
    """Seals short texts. Its key is derived from the keyring's current one, so that it is never the identities' own."""

    def __init__(self, keys: dict[str, bytes], current: str) -> None:
        self._keys = {key_id: _derived(key) for key_id, key in keys.items()}
        self._current = current

    def __repr__(self) -> str:
        return f"SecretBox(current={self._current!r})"

    @staticmethod
    def from_keyring(text: str) -> "SecretBox":
        """Return the box of a keyring file's text; raises `KeyringError` as `access.keyring` does."""
        keys, current, _ = read_keyring(text)
        return SecretBox(dict(keys), current)

    def seal(self, row: str, secret: str) -> bytes:
        """Encrypt a secret for one row, named such as `team_channel|7`."""
        nonce = os.urandom(NONCE_BYTES)
        prefix = self._current.encode() + b"|" + nonce
        return prefix + AESGCM(self._keys[self._current]).encrypt(nonce, secret.encode(), row.encode())

    def fingerprint(self, kind: str, text: str) -> str:
        """Return a keyed hash of a text, in hex: equal for equal texts, and nothing to guess from without the key.

        Another key makes other fingerprints, so only what is forgotten soon is found by them (failed sign-ins).
        """
        key = self._keys[self._current]
        return hmac.new(key, f"fingerprint|{kind}|".encode() + text.encode(), hashlib.sha256).hexdigest()

    def open(self, row: str, sealed: bytes) -> str:
        """Decrypt the secret of a row.

        Raises:
            SecretUnreadableError: it was sealed for another row or key, or altered.
        """
        key_id, _, rest = sealed.partition(b"|")
        key = self._keys.get(key_id.decode(errors="replace"))
        if key is None:
            raise SecretUnreadableError(row)
        try:
            return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], row.encode()).decode()
        except (InvalidTag, ValueError):
            raise SecretUnreadableError(row) from None


def _derived(key: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"bevaka|secrets").derive(key)
