"""Passwords: which ones are good enough, and argon2id hashes of them.

At least twelve characters and no rules about kinds of characters (NIST SP 800-63B, ASVS 5.0 V6.2); what is guessed
quickly is refused instead, by the lists and patterns of zxcvbn.
"""

from collections.abc import Iterable
from functools import lru_cache
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from zxcvbn import zxcvbn

from workflows.errors import BevakaError

SHORTEST, LONGEST = 12, 256  # characters
_LOOKED_AT = 72  # what zxcvbn takes; longer ones are strong by their length or by their beginning
_STRONG = 4  # of 0 to 4: more than 10^10 guesses
_HERE = ("bevaka", "rehab", "region", "psykiatri", "aktivitet")
# zxcvbn knows English. What Swedish people take first: words for a password, seasons, months, days, places, work.
_SWEDISH = (
    "lösenord losenord hemligt hemlig välkommen valkommen hejsan hej sommar vinter höst vår januari februari mars "
    "april maj juni juli augusti september oktober november december måndag tisdag onsdag torsdag fredag lördag "
    "söndag sverige stockholm göteborg malmö skåne lund uppsala fotboll hockey älskar älskling mamma pappa hund "
    "katt blomma solen jobbet kaffe midsommar julafton semester sjukhus sjukvård avdelning mottagning koordinator "
    "användare inloggning "
)

# A hash takes 64 MiB for a moment: a flood of sign-ins must not take all there is.
_AT_ONCE = BoundedSemaphore(4)
_ONE_JUDGE = Lock()  # zxcvbn keeps what it is told in a place of its module


class WeakPasswordError(BevakaError):
    """A password that is not taken; `cause` is `short`, `long` or `common`. The password is not quoted."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(
            {
                "short": f"a password has at least {SHORTEST} characters",
                "long": f"a password has at most {LONGEST} characters",
                "common": "the password is among those that are guessed first; several words of your own are better",
            }[cause]
        )


def check_strength(password: str, known: Iterable[str] = ()) -> None:
    """Return when a password may be used.

    Args:
        password: as typed.
        known: what others know of its owner: her name, her address.

    Raises:
        WeakPasswordError: it is too short or long, or guessed quickly.
    """
    if len(password) < SHORTEST:
        raise WeakPasswordError("short")
    if len(password) > LONGEST:
        raise WeakPasswordError("long")
    whole = list(known)
    parts = [part for text in whole for part in text.replace("@", " ").replace(".", " ").split()]
    with _ONE_JUDGE:
        score = zxcvbn(password[:_LOOKED_AT], user_inputs=[*whole, *parts, *_HERE, *_SWEDISH.split()])["score"]
        zxcvbn("-", user_inputs=[])  # forgets the name it was told
    if score < _STRONG:
        raise WeakPasswordError("common")


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, with its salt and parameters."""
    with _AT_ONCE:
        return _hasher().hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Say whether a password is the one that was hashed. Without a hash it takes the same time and says no."""
    with _AT_ONCE:
        try:
            _hasher().verify(password_hash or _nobodys(), password[:LONGEST])
        except (Argon2Error, InvalidHashError):
            return False
    return bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Say whether a hash was made with other parameters than today's; it is then made anew at the next sign-in."""
    try:
        return _hasher().check_needs_rehash(password_hash)
    except InvalidHashError:
        return True


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """Return a hash to try the passwords of people against who are not there."""
    return _hasher().hash("")
