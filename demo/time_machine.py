"""The time machine: it jumps from instant to instant at which something is due, and does there what time would do.

Nothing is skipped and nothing is faked: at each instant the real sweep, the digests and the postman run, so that
every message carries the time at which it would have left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from demo.clock import DemoClock
from demo.happenings import Happenings, earliest
from engine.delivering import deliver
from engine.digests import next_digest, queue_digests
from engine.parts import Engine, stay_asleep
from engine.sweeping import sweep
from storage import deadlines, outbox
from workflows.calendar import calendar_named
from workflows.dates import STOCKHOLM, Span, at_local, local_date, shift
from workflows.errors import BevakaError

ROUND = timedelta(hours=1)  # how often the postman goes while people are at work


class TimeRunsForwardError(BevakaError):
    """The time machine was asked for a time that has passed."""

    def __init__(self, until: datetime, now: datetime) -> None:
        self.until = until
        self.now = now
        super().__init__("time only runs forward: ask for a time after the demo's own")


@dataclass(frozen=True, slots=True)
class Travelled:
    """How far the time machine has come. `day` is the date in Stockholm."""

    day: date
    messages: int = 0
    events: int = 0
    cancelled: bool = False


Watcher = Callable[[Travelled], bool]
"""Told of every new day; answers whether to go on."""


def go_on(_travelled: Travelled) -> bool:
    """Watch nothing and stop nothing."""
    return True


def later(now: datetime, span: Span) -> datetime:
    """Return the instant a span after another, at the same time of day in Stockholm."""
    wall = now.astimezone(STOCKHOLM)
    return at_local(shift(wall.date(), span, 1, calendar_named("SE")), wall.time())


class TimeMachine:
    """Moves the demo's time. One at a time per database; the caller sees to that."""

    def __init__(self, engine: Engine, clock: DemoClock) -> None:
        self._engine = replace(engine, nudge=stay_asleep)
        self._clock = clock

    @property
    def engine(self) -> Engine:
        """The engine to act through while it runs: it wakes no postman beside its own."""
        return self._engine

    def advance(self, until: datetime, happenings: Sequence[Happenings] = (), watcher: Watcher = go_on) -> Travelled:
        """Let time pass until an instant (UTC), with sweeps, messages and whatever happens by itself.

        Raises:
            TimeRunsForwardError: the instant has passed.
        """
        started = self._clock()
        if until < started:
            raise TimeRunsForwardError(until, started)
        journey = _Journey(self._engine, self._clock, happenings, watcher, started)
        try:
            journey.run(until)
        finally:
            self._clock.release(journey.now)
        return journey.travelled

    def outage(self, until: datetime) -> None:
        """Let time pass while nothing runs: no sweep, no message, nobody at work.

        Raises:
            TimeRunsForwardError: the instant has passed.
        """
        if until < self._clock():
            raise TimeRunsForwardError(until, self._clock())
        self._clock.release(until)


class _Journey:
    def __init__(
        self,
        engine: Engine,
        clock: DemoClock,
        happenings: Sequence[Happenings],
        watcher: Watcher,
        started: datetime,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._happenings = happenings
        self._watcher = watcher
        self.now = started
        self.travelled = Travelled(local_date(started))
        self._digest_at = started

    def run(self, until: datetime) -> None:
        self._clock.hold(self.now)
        post_at = self.now
        while self.now < until and not self.travelled.cancelled:
            first = earliest(self._happenings)
            if first is not None and first[0] <= min(post_at, until):
                self._arrive(max(first[0], self.now))
                first[1].happen(self.now)
                self.travelled = replace(self.travelled, events=self.travelled.events + 1)
                post_at = min(post_at, self.now + ROUND)
            else:
                self._arrive(min(post_at, until))
                post_at = self._go_round()
        if not self.travelled.cancelled:
            self._go_round()

    def _arrive(self, at: datetime) -> None:
        if local_date(at) != self.travelled.day:
            # Written down before anything happens on the day: whoever is killed goes on from here.
            with self._engine.database.write() as connection:
                self._clock.write_down(connection, at)
            self.travelled = replace(self.travelled, day=local_date(at))
            self.travelled = replace(self.travelled, cancelled=not self._watcher(self.travelled))
        self.now = at
        self._clock.hold(at)

    def _go_round(self) -> datetime:
        """Do what is due: sweep, queue the digests, deliver. Return when there is something to do next."""
        if self._is_due(deadlines.next_moment):
            sweep(self._engine, self.now)
        if self.now >= self._digest_at:
            queue_digests(self._engine, self.now)
            self._digest_at = next_digest(calendar_named("SE"), self.now)
        if self._is_due(outbox.next_moment):
            delivered = deliver(self._engine, self.now)
            self.travelled = replace(self.travelled, messages=self.travelled.messages + delivered.sent)
        with self._engine.database.read() as connection:
            moments = (deadlines.next_moment(connection), outbox.next_moment(connection))
        # What could not be done now (a message behind another one that waits) is tried again with the next digest.
        return min([self._digest_at, *(moment for moment in moments if moment is not None and moment > self.now)])

    def _is_due(self, next_moment: Callable[[Connection], datetime | None]) -> bool:
        with self._engine.database.read() as connection:
            moment = next_moment(connection)
        return moment is not None and moment <= self.now
