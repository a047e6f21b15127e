"""Whether the books balance, in two sums: quick enough for every page. `engine.auditing` finds where they do not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from engine.parts import Engine
from storage.tables import deadline, ledger

GRACE = timedelta(minutes=10)  # for a sweep that is under way


@dataclass(frozen=True, slots=True)
class Accounts:
    """How many rungs ought to be in the ledger, how many are, and how many deadlines no sweep has taken in time."""

    expected: int
    entries: int
    unswept: int

    @property
    def unaccounted(self) -> int:
        """Return how many rungs are missing."""
        return abs(self.expected - self.entries) + self.unswept


def accounts_of(engine: Engine, now: datetime) -> Accounts:
    """Return the sums of the whole house at an instant (UTC). They name no case, so everybody may read them."""
    late = select(func.count()).where(deadline.c.next_at <= now - GRACE)
    with engine.database.read() as connection:
        return Accounts(
            expected=connection.execute(select(func.coalesce(func.sum(deadline.c.accounted), 0))).scalar_one(),
            entries=connection.execute(select(func.count()).select_from(ledger)).scalar_one(),
            unswept=connection.execute(late).scalar_one(),
        )
