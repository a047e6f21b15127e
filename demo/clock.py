"""The demo's clock: real time moved by an offset that every process of the demo shares."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from sqlalchemy import Connection, func, select

from storage.database import Database
from storage.tables import history, ledger, outbox
from storage.ticks import read_setting, write_setting

SETTING = "demo_clock"
LOOK_AGAIN = timedelta(milliseconds=250)

RealTime = Callable[[], datetime]


def real_time() -> datetime:
    """Return the moment by the computer's clock, in UTC."""
    return datetime.now(UTC)


class DemoClock:
    """Tells the demo's time; calling it returns UTC. Safe to share between threads.

    While the time machine runs it holds the clock at one instant after another; other processes then see the instants
    it has written down, which is once a virtual day.
    """

    def __init__(self, database: Database, real: RealTime = real_time) -> None:
        self._database = database
        self._real = real
        self._lock = Lock()
        self._held: datetime | None = None
        self._offset = timedelta(0)
        self._looked_at: datetime | None = None

    def __call__(self) -> datetime:
        """Return the demo's time, UTC."""
        with self._lock:
            return self._held or self._real() + self._current_offset()

    @property
    def held(self) -> bool:
        """Whether the time machine holds the clock in this process."""
        return self._held is not None

    def hold(self, at: datetime) -> None:
        """Stand still at an instant, in this process alone."""
        with self._lock:
            self._held = at

    def write_down(self, connection: Connection, at: datetime) -> None:
        """Let the clock go on from an instant in every process, from the moment the transaction is committed."""
        offset = at - self._real()
        write_setting(connection, SETTING, {"offset_seconds": offset.total_seconds()})
        with self._lock:
            self._offset, self._looked_at = offset, self._real()

    def release(self, at: datetime) -> None:
        """Go on from an instant, in every process."""
        with self._database.write() as connection:
            self.write_down(connection, at)
        with self._lock:
            self._held = None

    def catch_up(self) -> None:
        """Never stand before something that has happened: whoever was killed had written down an earlier day."""
        with self._database.read() as connection:
            latest = _latest_trace(connection)
        if latest is not None and latest > self():
            self.release(latest)

    def _current_offset(self) -> timedelta:
        if self._looked_at is None or self._real() - self._looked_at >= LOOK_AGAIN:
            with self._database.read() as connection:
                self._offset = offset_of(connection) or timedelta(0)
            self._looked_at = self._real()
        return self._offset


def offset_of(connection: Connection) -> timedelta | None:
    """Return how far the demo's time lies from real time; None when the database is not a demo's."""
    stored = read_setting(connection, SETTING)
    return None if stored is None else timedelta(seconds=stored["offset_seconds"])


def _latest_trace(connection: Connection) -> datetime | None:
    moments = (history.c.at, ledger.c.decided_at, ledger.c.settled_at, outbox.c.done_at)
    found = [connection.execute(select(func.max(moment))).scalar_one() for moment in moments]
    return max((moment for moment in found if moment is not None), default=None)
