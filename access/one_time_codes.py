"""One-time codes (TOTP, RFC 6238): six digits every thirty seconds, and each accepted once.

`pyotp` alone accepts a code as often as it is given (facts/trust.md §3); here the caller keeps the last step that was
accepted, and nothing up to it is accepted again.
"""

import hmac
import re
from datetime import datetime

import pyotp

STEP = 30  # seconds
_DRIFT = (0, -1, 1)  # steps: the telephone's clock may be wrong, and typing takes time
_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)
ISSUER = "Bevaka"


def new_secret() -> str:
    """Return a random secret of 160 bits, in base32 as telephones take it."""
    return pyotp.random_base32()


def address_of(secret: str, email: str) -> str:
    """Return the otpauth address that a telephone reads from a picture."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=ISSUER)


def accepted_step(secret: str, typed: str, now: datetime, last_step: int | None) -> int | None:
    """Return the step of a code that is right now and was not used before; None for every other one.

    Args:
        secret: of the account.
        typed: what was typed; spaces do not matter.
        now: a UTC instant.
        last_step: the last one accepted, None before the first. Whoever accepts a code stores its step with a
            comparison, so that of two at the same moment one is refused.
    """
    code = "".join(typed.split())
    if not _DIGITS.fullmatch(code):
        return None
    here = step_of(now)
    for step in (here + drift for drift in _DRIFT):
        right = hmac.compare_digest(code_at(secret, step), code)
        if right and (last_step is None or step > last_step):
            return step
    return None


def step_of(now: datetime) -> int:
    """Return the number of the half minute an instant is in."""
    return int(now.timestamp()) // STEP


def code_at(secret: str, step: int) -> str:
    """Return the code of a step."""
    return pyotp.TOTP(secret, interval=STEP).generate_otp(step)
