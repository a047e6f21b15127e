"""The clock: every few seconds it wakes the sweep, the postman and the digests. It decides and remembers nothing.

Any number of clocks may run: a tick is a row that only one of them can insert. APScheduler is used as a ticker alone,
never as a store of deadlines (facts/engine.md §2).
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

from engine.parts import Engine
from storage.ticks import take_tick
from tasks.app import AUDIT, DELIVER, DIGESTS, HOUSEKEEPING, SWEEP
from tasks.nudging import call
from tasks.provided import Clock

_LOG = logging.getLogger(__name__)

TICK, HOUSE = "clock", "house"
AN_HOUR = 3600


def never() -> bool:
    """Never hold the clock."""
    return False


def unwatched() -> None:
    """Tell nobody that the clock goes."""


class Clockwork:
    """A ticking thread.

    Args of the constructor:
        engine: whose database keeps the ticks.
        clock: the time, UTC.
        every: seconds between ticks.
        is_held: while true no tick is taken (the demo's time machine runs).
        alive: called after every look at the ticks, whether this clock had one or not.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        every: int = 5,
        is_held: Callable[[], bool] = never,
        alive: Callable[[], None] = unwatched,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._every = every
        self._is_held = is_held
        self._alive = alive
        # Late runs are made up for by one run (coalesce), however late (misfire_grace_time), never by two at once.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults)

    def start(self) -> None:
        """Begin to tick, at once: what waited while nothing ran is taken up now."""
        self._scheduler.add_job(self.tick, "interval", seconds=self._every, next_run_time=datetime.now(UTC))
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)

    def tick(self) -> bool:
        """Wake whoever has something to do; say whether this clock had the tick. Never raises."""
        if self._is_held():
            return False
        try:
            taken = self._take()
        except Exception as error:  # noqa: BLE001 - the database may be away for a moment; the next tick comes
            _LOG.warning("no tick could be taken: %s", type(error).__name__)
            return False
        self._alive()
        for task in taken:
            call(task)
        return bool(taken)

    def _take(self) -> list[str]:
        now = self._clock()
        tasks: list[str] = []
        with self._engine.database.write() as connection:
            if take_tick(connection, TICK, _floor(now, self._every)):
                tasks += [SWEEP, DIGESTS, DELIVER]
            if take_tick(connection, HOUSE, _floor(now, AN_HOUR)):
                tasks += [HOUSEKEEPING, AUDIT]
        return tasks


def _floor(now: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
