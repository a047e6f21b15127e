"""The door before sign-in exists: a code printed at start lets in, throttled, and then one chooses who one is."""

import hmac
import secrets
import time
from collections.abc import Callable
from threading import Lock

from web.errors import TooManyTriesError, WrongCodeError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing to misread
LENGTH = 12
TRIES, WINDOW = 5, 60.0  # wrong codes in so many seconds, whoever gave them


def new_code() -> str:
    """Return a random access code, in groups."""
    letters = [secrets.choice(ALPHABET) for _ in range(LENGTH)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, LENGTH, 4))


class AccessDoor:
    """Makes a code that is good as long as the process runs, and checks it.

    Wrong codes are counted for all visitors together: there is one code, and one right guess is enough.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.code = new_code()
        self._clock = clock
        self._wrong: list[float] = []
        self._lock = Lock()

    def check(self, typed: str) -> None:
        """Return when the code is right.

        Raises:
            TooManyTriesError: there were too many wrong ones of late; right or wrong, this one was not looked at.
            WrongCodeError: it is wrong.
        """
        now = self._clock()
        with self._lock:
            self._wrong = [at for at in self._wrong if now - at < WINDOW]
            if len(self._wrong) >= TRIES:
                raise TooManyTriesError(int(WINDOW))
            if not hmac.compare_digest(_plain(typed).encode(), _plain(self.code).encode()):
                self._wrong.append(now)
                raise WrongCodeError


def _plain(code: str) -> str:
    return "".join(char for char in code.upper() if char.isascii() and char.isalnum())
