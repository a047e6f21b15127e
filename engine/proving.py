"""Promise 1, proved again and again: an audit's result is kept, so that everybody who asks hears the same."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from engine.auditing import Cause, each_gap
from engine.parts import Engine
from storage.ticks import read_setting, write_setting

SETTING = "audit"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the newest audit found.

    Attributes:
        at: when it looked, UTC.
        gaps: how many rungs nobody has accounted for, by each cause; nothing is lost when all are 0.
    """

    at: datetime
    gaps: Mapping[str, int]

    @property
    def total(self) -> int:
        """Return how many there are in all."""
        return sum(self.gaps.values())


def prove(engine: Engine, now: datetime) -> Proof:
    """Look at every rung of every deadline, keep what was found, and return it."""
    found = Counter(gap.cause.value for gap in each_gap(engine, now))
    proof = Proof(now, {cause.value: found[cause.value] for cause in Cause})
    with engine.database.write() as connection:
        write_setting(connection, SETTING, {"at": now.isoformat(), "gaps": dict(proof.gaps)})
    return proof


def newest_proof(connection: Connection) -> Proof | None:
    """Return what the newest audit found; None before the first."""
    kept = read_setting(connection, SETTING)
    return Proof(datetime.fromisoformat(kept["at"]), kept["gaps"]) if kept else None
