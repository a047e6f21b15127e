"""What falls due next, and whether much is due: looks at the ends of two partial indexes, cheap every second."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from storage.database import Database
from storage.tables import deadline, outbox

WAKE = "due"
"""The ticks by which several clocks agree on who wakes the others for a moment; `at` is that moment."""

# With parameters in their place neither database would see that the partial index has all the rows.
_WAITS = text("outbox.state IN ('queued', 'sending') AND outbox.state = 'queued'")


# Without a moment to compare with: of one it does not know PostgreSQL expects a third of all rows to be due, and reads
# the whole table to find that none is.
EARLIEST = "SELECT next_at FROM deadline WHERE next_at IS NOT NULL ORDER BY next_at, id LIMIT 1"


class Agenda(NamedTuple):
    """The first moment after an instant at which a ladder has a step, and at which a message may leave. UTC."""

    ladder: datetime | None
    message: datetime | None

    @property
    def first(self) -> datetime | None:
        """Return the earlier of the two."""
        return min((moment for moment in self if moment is not None), default=None)


def agenda_after(connection: Connection, instant: datetime) -> Agenda:
    """Return what falls due first after an instant (UTC)."""
    ladder = select(func.min(deadline.c.next_at)).where(deadline.c.next_at > instant)
    message = select(func.min(outbox.c.not_before)).where(
        _WAITS, outbox.c.held_at.is_(None), outbox.c.not_before > instant
    )
    found = connection.execute(select(ladder.scalar_subquery(), message.scalar_subquery())).one()
    return Agenda(*found)


def is_any_due(database: Database, now: datetime) -> bool:
    """Say whether a ladder has a step at `now` (UTC): one round trip, and on SQLite without its write lock.

    A clock asks every few seconds, and nearly always nothing is due.
    """
    if database.is_sqlite:
        with database.read() as connection:
            first: datetime | None = connection.execute(select(func.min(deadline.c.next_at))).scalar_one()
            return first is not None and first <= now
    with database.at_once() as driver:
        found = driver.execute(EARLIEST, prepare=True).fetchone()
    return found is not None and found[0] <= now


def many_wait(connection: Connection, now: datetime, many: int) -> bool:
    """Say whether so many messages may leave at `now` (UTC), looking at no more of them."""
    ready = select(outbox.c.id).where(_WAITS, outbox.c.held_at.is_(None), outbox.c.not_before <= now).limit(many)
    counted: int = connection.execute(select(func.count()).select_from(ready.subquery())).scalar_one()
    return counted == many
