"""Errands for whoever runs the demo: journeys in time, asked for by a page or another process, done by one.

An errand is a row, so that the command line can ask a running demo and watch how far it has come.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from storage.database import Database
from storage.ticks import read_setting, write_setting
from workflows.errors import BevakaError

SETTING = "demo_errand"


class Journey(StrEnum):
    """What kind of journey is asked for."""

    FORWARD = "forward"  # time passes, and everything that time does is done
    OUTAGE = "outage"  # time passes while nothing runs


class Stage(StrEnum):
    """How far an errand has come."""

    ASKED = "asked"
    RUNNING = "running"
    STOPPING = "stopping"  # somebody wants it to end where it is
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


UNDER_WAY = frozenset({Stage.ASKED, Stage.RUNNING, Stage.STOPPING})


class BusyError(BevakaError):
    """A journey is under way; two at once would pull the clock in two directions."""

    def __init__(self) -> None:
        super().__init__("the time machine is running: wait until it has arrived, or stop it")


@dataclass(frozen=True, slots=True)
class Errand:
    """One journey, and how far it has come. `day` is the date in Stockholm; instants are UTC."""

    number: int
    journey: Journey
    started: datetime
    until: datetime
    acting: bool
    stage: Stage = Stage.ASKED
    day: date | None = None
    messages: int = 0
    events: int = 0

    @property
    def under_way(self) -> bool:
        """Whether it has not ended yet."""
        return self.stage in UNDER_WAY

    @property
    def part(self) -> float:
        """Return how much of the way is done, 0 to 1."""
        if not self.under_way:
            return 1.0
        whole = (self.until - self.started).days
        return 0.0 if self.day is None or whole <= 0 else min(1.0, (self.day - self.started.date()).days / whole)


class Errands:
    """The latest errand, kept in the demo's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> Errand | None:
        """Return the latest errand, None when there never was one."""
        with self._database.read() as connection:
            return _from_json(read_setting(connection, SETTING))

    def ask(self, journey: Journey, started: datetime, until: datetime, *, acting: bool = True) -> Errand:
        """Ask for a journey.

        Raises:
            BusyError: one is under way.
        """
        with self._database.write() as connection:
            latest = _from_json(read_setting(connection, SETTING))
            if latest is not None and latest.under_way:
                raise BusyError
            errand = Errand(latest.number + 1 if latest else 1, journey, started, until, acting)
            write_setting(connection, SETTING, _to_json(errand))
        return errand

    def stop(self) -> None:
        """Ask the journey under way to end where it is; nothing happens when there is none."""
        with self._database.write() as connection:
            latest = _from_json(read_setting(connection, SETTING))
            if latest is not None and latest.under_way:
                write_setting(connection, SETTING, _to_json(replace(latest, stage=Stage.STOPPING)))

    def report(self, errand: Errand) -> bool:
        """Write how far an errand has come; say whether to go on (nobody has asked to stop)."""
        with self._database.write() as connection:
            latest = _from_json(read_setting(connection, SETTING))
            stopping = latest is not None and latest.stage is Stage.STOPPING
            kept = replace(errand, stage=Stage.STOPPING) if stopping and errand.under_way else errand
            write_setting(connection, SETTING, _to_json(kept))
        return not stopping

    def forget_interrupted(self) -> None:
        """End what was under way in a process that is gone: the clock stands where it came to."""
        latest = self.latest()
        if latest is not None and latest.under_way:
            self.report(replace(latest, stage=Stage.CANCELLED))


def _to_json(errand: Errand) -> dict[str, Any]:
    plain = asdict(errand)
    for name in ("started", "until", "day"):
        plain[name] = plain[name].isoformat() if plain[name] else None
    return plain


def _from_json(stored: Any) -> Errand | None:
    if stored is None:
        return None
    return Errand(
        number=stored["number"],
        journey=Journey(stored["journey"]),
        started=datetime.fromisoformat(stored["started"]),
        until=datetime.fromisoformat(stored["until"]),
        acting=stored["acting"],
        stage=Stage(stored["stage"]),
        day=date.fromisoformat(stored["day"]) if stored["day"] else None,
        messages=stored["messages"],
        events=stored["events"],
    )
