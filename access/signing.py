"""Signatures of the house (Ed25519). Their key follows from the key file: it is in no database and no backup."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from access.keyring import read_keyring


class Signer:
    """Signs, and tells its own signatures from others."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        return f"Signer({self.public_key})"

    @staticmethod
    def from_keyring(text: str) -> "Signer":
        """Return the signer of a key file's text; the same after a rotation. Raises `KeyringError`."""
        _, _, index_key = read_keyring(text)
        derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"bevaka|signatures")
        return Signer(derived.derive(index_key))

    @property
    def public_key(self) -> str:
        """Return the public key in base64: with it anybody can check a signature."""
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def sign(self, text: str) -> str:
        """Return the signature of a text, in base64."""
        return base64.b64encode(self._private.sign(text.encode())).decode()

    def signed(self, text: str, signature: str) -> bool:
        """Say whether a signature is this signer's own, of this text."""
        return is_signed(self.public_key, text, signature)


def is_signed(public_key: str, text: str, signature: str) -> bool:
    """Say whether a signature of a text was made with the private half of a key; False for anything malformed."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
