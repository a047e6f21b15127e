"""People at work: each lets the same story happen to each of her cases, whatever the database does.

The plan (`PLAN`, a file) names the cases with their `seq` at the beginning, and who acts. What the database has
acknowledged is written to `SAID`: a line `REF SEQ EVENT` each. An answer that was lost is asked for again with the
`seq` last seen; whoever was killed looks up how far her cases have come. `REST_SECONDS` is the rest after each event.
"""

import json
import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from access.actors import Actor, Grant
from bevaka.wiring import build_engine
from config.settings import read_settings
from engine.errors import CaseMovedError
from engine.firing import fire
from engine.parts import Engine
from notifications.channels.clock import utc_now
from storage.tables import case
from workflows.case import Event
from workflows.dates import STOCKHOLM, local_date

PAUSE = 0.05  # seconds before asking a database again that was away
MEETING = ("record_consent", "book_meeting", "cancel_meeting", "hold_meeting", "hold_follow_up", "close")
PLAIN = ("record_consent", "withdraw_consent", "record_consent", "hold_meeting", "hold_follow_up", "hold_follow_up")


def story(place: int) -> tuple[str, ...]:
    """Return the events of the case at a place of the plan; few have meetings, whose invitations are mail."""
    return MEETING if place % 10 == 0 else PLAIN


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cases (with their first `seq`), who acts in which unit, and among how many writers."""

    cases: list[tuple[str, int]]
    staff: int
    unit: int
    writers: int

    def write(self, path: Path) -> None:
        """Write it to a file."""
        path.write_text(json.dumps([self.cases, self.staff, self.unit, self.writers]), encoding="utf-8")

    @staticmethod
    def read(path: Path) -> "Plan":
        """Read it back."""
        cases, staff, unit, writers = json.loads(path.read_text(encoding="utf-8"))
        return Plan([(ref, seq) for ref, seq in cases], staff, unit, writers)


def write_all(member: int) -> None:
    """Let every story of this member's cases happen."""
    plan = Plan.read(Path(os.environ["PLAN"]))
    writer = Writer(build_engine(read_settings()), plan, Path(os.environ["SAID"]))
    mine = [(place, ref, seq) for place, (ref, seq) in enumerate(plan.cases) if place % plan.writers == member]
    known, rest = writer.seen([ref for _, ref, _ in mine]), float(os.environ["REST_SECONDS"])
    for step in range(len(PLAIN)):
        for place, ref, first in mine:
            if known[ref] == first + step:
                known[ref] = writer.insist(ref, story(place)[step], known[ref])
                time.sleep(rest)


class Writer:
    """Acts as the coordinator, and keeps what was acknowledged."""

    def __init__(self, engine: Engine, plan: Plan, said: Path) -> None:
        self._engine = engine
        self._actor = Actor.staff(plan.staff, [Grant("coordinator", plan.unit)])
        self._said = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def seen(self, refs: list[str]) -> dict[str, int]:
        """Return how far cases have come."""
        while True:
            try:
                with self._engine.database.read() as connection:
                    found = connection.execute(select(case.c.ref, case.c.seq).where(case.c.ref.in_(refs)))
                    return {row.ref: row.seq for row in found}
            except SQLAlchemyError:
                time.sleep(PAUSE)

    def insist(self, ref: str, event: str, seq: int) -> int:
        """Let an event happen, once, and return the case's new `seq`."""
        while True:
            now = utc_now()
            try:
                fire(self._engine, ref, Event(event, answers(event, now)), self._actor, now, expected_seq=seq)
            except SQLAlchemyError:
                self._tell("unsure", ref, seq + 1, event)
                time.sleep(PAUSE)
                continue
            except CaseMovedError:
                return seq + 1  # it had happened; its answer was lost. Nobody else writes these cases.
            self._tell("happened", ref, seq + 1, event)
            return seq + 1

    def _tell(self, *words: object) -> None:
        os.write(self._said, f"{' '.join(map(str, words))}\n".encode())


def answers(event: str, now: datetime) -> dict[str, Any]:
    """Return what an event asks for."""
    today = local_date(now)
    match event:
        case "book_meeting":
            day = now.astimezone(STOCKHOLM).replace(hour=10, minute=0, second=0, microsecond=0)
            return {"meeting_at": day + timedelta(days=7), "place": "clinic"}
        case "hold_meeting":
            return {"held_on": today, "met_on": today}
        case "hold_follow_up":
            return {"held_on": today}
        case "close":
            return {"outcome": "work"}
        case _:
            return {}
