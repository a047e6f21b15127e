"""Recovery codes: ten for the day the telephone is lost, each good once, only their hashes are kept."""

import hashlib
import secrets

NUMBER = 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing to misread
LENGTH, GROUP = 24, 4  # 120 bits: a plain hash is enough (ASVS 5.0 V6.5.2)
_MISREAD = str.maketrans("OIL", "011")


def new_codes() -> tuple[str, ...]:
    """Return ten random codes, in groups as they are written down."""
    return tuple(_new_code() for _ in range(NUMBER))


def code_hash(typed: str) -> str:
    """Return the hash of a code, however it was typed: small letters, no groups, O for 0."""
    plain = "".join(char for char in typed.upper() if char.isascii() and char.isalnum()).translate(_MISREAD)
    return hashlib.sha256(b"recovery|" + plain.encode()).hexdigest()


def _new_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[start : start + GROUP] for start in range(0, LENGTH, GROUP))
