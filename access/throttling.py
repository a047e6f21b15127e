"""How long somebody who guesses has to wait, without letting her keep others out.

Failures are counted in three heaps. An account's failures from an address it has entered from before are a heap of that
pair alone: a stranger cannot fill it, so nobody is locked out at her own desk by somebody elsewhere. All other failures
of the account are one heap, and all other failures of an address, whatever the account, are one more (stuffing). Every
wait doubles with each failure and ends at the latest after a quarter of an hour; what is tried while one waits is
neither looked at nor counted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

NO_WAIT = timedelta(0)
REMEMBERED = timedelta(days=1)  # how long a failure counts
TRUSTED = timedelta(days=30)  # how long an address is known to an account after it entered from there


@dataclass(frozen=True, slots=True)
class Limits:
    """When waiting begins, and how it grows."""

    free: int
    first: timedelta
    longest: timedelta = timedelta(minutes=15)


ACCOUNT = Limits(free=5, first=timedelta(seconds=30))
ADDRESS = Limits(free=20, first=timedelta(seconds=10))


def wait_after(failures: Collection[datetime], now: datetime, limits: Limits) -> timedelta:
    """Return how long from `now` nothing is looked at; zero when one may try.

    Args:
        failures: the instants of the failures of one heap, UTC, in any order.
        now: a UTC instant.
        limits: of the heap.
    """
    counted = [at for at in failures if now - at < REMEMBERED]
    over = len(counted) - limits.free
    if over < 0:
        return NO_WAIT
    pause = min(limits.first * (1 << min(over, 20)), limits.longest)
    return max(max(counted) + pause - now, NO_WAIT)
