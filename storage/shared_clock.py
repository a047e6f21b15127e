"""One clock for every process: the database's. A computer whose own clock is wrong decides nothing early or late."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database

log = structlog.get_logger(__name__)

ASK_EVERY = 5.0  # seconds by the monotonic clock, which nobody sets
WRONG = timedelta(minutes=1)
STEP = timedelta(seconds=1)


class _Told(NamedTuple):
    at: datetime
    asked: float  # by the monotonic clock, when the answer had come
    own: datetime  # the computer's clock then


def database_time(connection: Connection) -> datetime:
    """Return the instant by PostgreSQL's clock, UTC."""
    told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return told


class SharedClock:
    """Tells the time by the database, UTC; asked every few seconds, in between it counts on by itself.

    SQLite has one process on one computer, whose own clock is as good as any. While PostgreSQL is away the clock counts
    on from what it was last told; before it was ever told anything it is the computer's own.

    Args of the constructor:
        database: whose clock it is.
        own: the computer's clock, UTC.
    """

    def __init__(self, database: Database, own: Callable[[], datetime]) -> None:
        self._database = database
        self._own = own
        self._told: _Told | None = None
        self._is_wrong = False

    def __call__(self) -> datetime:
        """Return the instant."""
        if self._database.is_sqlite:
            return self._own()
        if self._told is None or self._is_old(self._told):
            self._ask()
        told = self._told
        return told.at + timedelta(seconds=time.monotonic() - told.asked) if told else self._own()

    def _is_old(self, told: _Told) -> bool:
        """Say whether to ask anew: after a while, or when the computer slept, which the monotonic clock misses."""
        passed = time.monotonic() - told.asked
        return passed > ASK_EVERY or abs(self._own() - told.own - timedelta(seconds=passed)) > STEP

    def _ask(self) -> None:
        try:
            with self._database.read() as connection:
                at = database_time(connection)
        except SQLAlchemyError:
            return  # whoever wanted to know the time will notice soon enough
        self._told = _Told(at, time.monotonic(), self._own())
        self._tell_once(self._own() - at)

    def _tell_once(self, difference: timedelta) -> None:
        was_wrong, self._is_wrong = self._is_wrong, abs(difference) > WRONG
        if self._is_wrong and not was_wrong:
            log.warning("own_clock_wrong", seconds=int(difference.total_seconds()))
