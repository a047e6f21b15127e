"""The clock: every few seconds it wakes the sweep, the postman and the digests. It decides nothing.

Between ticks it looks once a second at what falls due next, and wakes whoever is meant at that very moment: a reminder
of 08:00 need not wait for the next tick. What it has woken for it remembers only so as not to wake for it again.

Any number of clocks may run: a tick is a row that only one of them can insert. APScheduler is used as a ticker alone,
never as a store of deadlines (facts/engine.md §2).
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from engine.parts import Engine
from storage.agenda import WAKE, Agenda, agenda_after
from storage.ticks import take_tick
from tasks.app import DELIVER, DIGESTS, HOUSEKEEPING, SWEEP
from tasks.cadence import Every
from tasks.nudging import call
from tasks.provided import Clock
from tasks.steps import Steps

_LOG = logging.getLogger(__name__)

TICK, HOUSE = "clock", "house"
AN_HOUR = 3600
LOOK = timedelta(seconds=1)
"""How often the clock looks at what falls due before its next tick."""


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
        self._woken: datetime | None = None  # whatever fell due until then has been woken for
        # Late runs are made up for by one run (coalesce), however late (misfire_grace_time), never by two at once.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults)
        self._steps = Steps(self._go_on)

    def start(self) -> None:
        """Begin to tick, at once: what waited while nothing ran is taken up now."""
        self._scheduler.add_job(self.tick, Every(timedelta(seconds=self._every)), next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self.look, Every(LOOK))
        self._scheduler.start()
        self._steps.start()

    def stop(self) -> None:
        """Tick no more."""
        self._steps.stop()
        self._scheduler.shutdown(wait=False)

    def _go_on(self) -> None:
        """Begin anew: the scheduler would wait until the computer's clock is again where it has been."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

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

    def look(self) -> timedelta | None:
        """Wake whoever is meant by what has fallen due since the last time, or be back when something does.

        Returns:
            How long until something falls due, where that is before the next look. Never raises.
        """
        if self._is_held():
            return None
        try:
            wait = self._wake()
        except Exception as error:  # noqa: BLE001 - the next tick makes up for it
            _LOG.warning("nobody could be woken: %s", type(error).__name__)
            return None
        if wait is None or wait > LOOK:
            return None
        self._scheduler.add_job(self.look, "date", run_date=datetime.now(UTC) + wait, id=WAKE, replace_existing=True)
        return wait

    def _wake(self) -> timedelta | None:
        """Wake for what is due; else return how long until something is, None when nothing ever will be."""
        now = self._clock()
        since = self._woken = self._woken or now
        with self._engine.database.read() as connection:
            agenda = agenda_after(connection, since)
        first = agenda.first
        if first is None or first > now:
            return None if first is None else first - now
        with self._engine.database.write() as connection:
            is_ours = take_tick(connection, WAKE, first)
        self._woken = now
        for task in _meant(agenda, now) if is_ours else ():
            call(task)
        return None

    def _take(self) -> list[str]:
        now = self._clock()
        tasks: list[str] = []
        with self._engine.database.write() as connection:
            if take_tick(connection, TICK, _floor(now, self._every)):
                tasks += [SWEEP, DIGESTS, DELIVER]
            if take_tick(connection, HOUSE, _floor(now, AN_HOUR)):
                tasks.append(HOUSEKEEPING)  # it calls the audit, so that they never keep two workers busy
        if SWEEP in tasks:
            self._woken = now
        return tasks


def _meant(agenda: Agenda, now: datetime) -> list[str]:
    """Return who is meant by what is due. A sweep wakes the postman itself."""
    due = ((SWEEP, agenda.ladder), (DELIVER, agenda.message))
    return [task for task, moment in due if moment is not None and moment <= now]


def _floor(now: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
