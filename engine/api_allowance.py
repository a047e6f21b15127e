"""How much one token may ask in a minute, whichever of several web processes it asks.

The database counts for all of them; a process draws a few requests at a time and counts those itself, so that most
requests write nothing. What a process has drawn and not used is lost at the end of the minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from engine.parts import Engine
from storage.kept_answers import draw

DRAWN = 20
A_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class _Purse:
    """What this process may still let through for one token in one minute."""

    minute: datetime
    left: int
    empty: bool = False


class Allowance:
    """Counts requests by token.

    Args of the constructor:
        engine: the parts.
        each_minute: how many requests one token may make.
    """

    def __init__(self, engine: Engine, each_minute: int) -> None:
        self._engine = engine
        self._each_minute = each_minute
        self._purses: dict[int, _Purse] = {}
        self._lock = Lock()

    def take(self, token_id: int, now: datetime) -> timedelta | None:
        """Take one request; return None when it may be answered, else how long from `now` (UTC) there is none left."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            purse = self._purses.get(token_id)
            if purse is None or purse.minute != minute:
                purse = self._purses[token_id] = _Purse(minute, 0)
            if purse.left == 0 and not purse.empty:
                self._fill(token_id, purse)
            if purse.left == 0:
                return minute + A_MINUTE - now
            purse.left -= 1
            return None

    def _fill(self, token_id: int, purse: _Purse) -> None:
        number = min(DRAWN, self._each_minute)
        with self._engine.database.write() as connection:
            purse.left = draw(connection, token_id, purse.minute, number, self._each_minute)
        purse.empty = purse.left == 0
