"""Twelve hours at 1,000,000 open cases, in virtual time: nothing is unaccounted for, and memory stays flat.

From 07:00 to 19:00 the engine does every five seconds what the clock's tick asks of a worker. Thousands of reminders
fall due, people hold meetings all day long, and every message goes to a real mail server.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

from benchmarks import smtp_sink
from benchmarks.caseload import ACTOR, FIRST_REMINDER, build_engine, fill, prepare, ref_of
from benchmarks.memory import resident
from benchmarks.results import Goal, Result, Row
from benchmarks.run import Run
from benchmarks.smtp_sink import Sink, settings_of
from engine.delivering import deliver
from engine.digests import queue_digests
from engine.doctoring import examine
from engine.firing import fire
from engine.parts import Engine
from engine.proving import prove
from engine.readiness import figures_of
from engine.sweeping import sweep
from notifications.channels.email import EmailChannel
from workflows.calendar import calendar_named
from workflows.case import Event
from workflows.dates import at_local, local_date

CASES, QUICK_CASES = 1_000_000, 20_000
DUE, QUICK_DUE = 6_000, 500  # at 08:00, as reminders are
OTHER_DAYS = 60
BEGINS = FIRST_REMINDER - timedelta(hours=1)
ENDS = BEGINS + timedelta(hours=12)
WARM = BEGINS + timedelta(hours=2)  # after the morning's post: everything has been done once
TICK = timedelta(seconds=5)
EVENTS_EVERY = timedelta(seconds=15)
FLAT = 1.05


@dataclass(slots=True)
class Day:
    """What the day has been like so far."""

    engine: Engine
    sink: Sink
    now: datetime = BEGINS
    sent: int = 0
    rungs: int = 0
    events: int = 0
    megabytes: list[float] = field(default_factory=list)

    def live(self, cases: int) -> None:
        """Let the twelve hours pass."""
        chosen = iter(random.Random(7).sample(range(1, cases + 1), 2 + (ENDS - BEGINS) // EVENTS_EVERY))
        while self.now < ENDS:
            self._tick()
            if (self.now - BEGINS) % EVENTS_EVERY == timedelta(0):
                self._hold_meeting(next(chosen))
            if self.now >= WARM and (self.now - BEGINS) % timedelta(minutes=5) == timedelta(0):
                self.megabytes.append(resident())
            self.now += TICK
        self._tick()

    def _tick(self) -> None:
        swept = sweep(self.engine, self.now)
        queue_digests(self.engine, self.now)
        self.sent += deliver(self.engine, self.now, clock=lambda: self.now).sent
        self.rungs += swept.queued

    def _hold_meeting(self, case: int) -> None:
        meeting = (self.now + timedelta(days=70)).replace(minute=0, second=0)
        fire(
            self.engine,
            ref_of(case),
            Event("hold", {"held_on": local_date(self.now), "meeting_at": meeting}),
            ACTOR,
            self.now,
        )
        self.events += 1


def results(run: Run) -> Iterator[Result]:
    """Live through the day."""
    cases, due = (QUICK_CASES, QUICK_DUE) if run.quick else (CASES, DUE)
    url = run.server.create_database()
    prepare(url).database.close()
    fill(url, cases, 1, due_at=FIRST_REMINDER, later=FIRST_REMINDER, due=due, later_on=list(other_days()))
    with tempfile.TemporaryDirectory() as folder, smtp_sink.running(Path(folder)) as sink:
        day: Day
        engine = build_engine(url, EmailChannel(settings_of(sink.port), clock=lambda: day.now))
        day = Day(engine, sink)
        with closing(engine.database):
            began = time.perf_counter()
            day.live(cases)
            took = time.perf_counter() - began
            yield _accounted(day, cases, took)
            yield _flat(day, cases)
    run.server.drop(url)


def other_days() -> Iterator[tuple[date, datetime]]:
    """Give days and the moments of their first reminders, none of them on this day."""
    calendar, first = calendar_named("SE"), local_date(BEGINS)
    for ahead in range(OTHER_DAYS):
        due_on = first + timedelta(days=21 + ahead)
        told_on = due_on - timedelta(days=14)
        while not calendar.is_working_day(told_on):
            told_on -= timedelta(days=1)
        yield due_on, at_local(told_on, clock(8))


def _accounted(day: Day, cases: int, took: float) -> Result:
    seconds = {
        "twelve hours": took,
        "the hourly proof": _timed(lambda: prove(day.engine, ENDS)),
        "the figures for /metrics": _timed(lambda: figures_of(day.engine, ENDS)),
        "the check-up (doctor)": _timed(lambda: examine(day.engine, None, ENDS)),
    }
    rows = tuple(Row.of(name, [value]) for name, value in seconds.items())
    goals = (
        Goal("rungs unaccounted for: 0", 0, prove(day.engine, ENDS).total),
        Goal("sent, but not at the mail server: 0", 0, day.sent - day.sink.count()),
        Goal("rungs due that did not leave or end: 0", 0, figures_of(day.engine, ENDS).waiting),
    )
    remarks = (f"{day.rungs:,} rungs came due, {day.events:,} meetings were held, {day.sent:,} mails left.",)
    return Result("twelve_hours", f"Twelve hours at {cases:,} open cases", "seconds", rows, 1, None, goals, remarks)


def _flat(day: Day, cases: int) -> Result:
    rows = (Row.of("the process", day.megabytes, f"{len(day.megabytes)} looks from 09:00 to 19:00"),)
    goals = (Goal("highest over lowest after the warm-up", FLAT, rows[0].high / rows[0].low),)
    return Result("twelve_hours", f"Memory over twelve hours at {cases:,} open cases", "MB", rows, 1, None, goals)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
