"""Rows of deadlines: one per ladder. Claims follow the three rules of facts/engine.md §2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from storage.tables import case, deadline

OPEN = "open"


@dataclass(frozen=True, slots=True)
class DueRow:
    """A claimed deadline with what is needed of its case to decide it."""

    id: int
    case_id: int
    kind: str
    due_on: date
    next_rung: int
    next_at: datetime
    quiet: Sequence[Any] | None
    quiet_told: bool
    accounted: int
    programme: str
    version: str


def open_deadlines(connection: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return the open deadlines of a case."""
    return connection.execute(select(deadline).where(deadline.c.case_id == case_id, deadline.c.status == OPEN)).all()


def deadlines_of(connection: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return every deadline a case has had, in order of opening."""
    return connection.execute(select(deadline).where(deadline.c.case_id == case_id).order_by(deadline.c.id)).all()


def insert_deadlines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert opened deadlines."""
    connection.execute(insert(deadline), rows)


def update_deadlines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write columns of deadlines by id; every row must have the same columns."""
    if not rows:
        return
    columns = [name for name in rows[0] if name != "id"]
    statement = update(deadline).where(deadline.c.id == bindparam("row_id"))
    statement = statement.values({name: bindparam(f"new_{name}") for name in columns})
    connection.execute(statement, [_bound(row) for row in rows])


def _bound(row: Mapping[str, Any]) -> dict[str, Any]:
    return {("row_id" if name == "id" else f"new_{name}"): value for name, value in row.items()}


def claim_due(connection: Connection, now: datetime, limit: int) -> list[DueRow]:
    """Claim up to `limit` deadlines whose moment has come, oldest first; their cases stay locked until the commit.

    Three rules, each measured in facts/engine.md §2: search by the partial index; lock the case, not the deadline
    (events lock in the same order, so nobody waits in a circle); claim by a second, conditional statement, because the
    row found may be stale by the time its case is locked. What somebody else holds is left for the next sweep.
    """
    found = (
        select(deadline.c.id, case.c.programme, case.c.version)
        .join(case, case.c.id == deadline.c.case_id)
        .where(deadline.c.next_at <= now)
        .order_by(deadline.c.next_at, deadline.c.id)
        .limit(limit)
        .with_for_update(of=case, skip_locked=True)
    )
    pinned = {row.id: (row.programme, row.version) for row in connection.execute(found)}
    if not pinned:
        return []
    still_due = deadline.c.id.in_(list(pinned)) & (deadline.c.next_at <= now) & (deadline.c.status == OPEN)
    fresh = connection.execute(select(deadline).where(still_due).order_by(deadline.c.id)).all()
    return [_due(row, *pinned[row.id]) for row in fresh]


def _due(row: Row[Any], programme: str, version: str) -> DueRow:
    return DueRow(
        id=row.id,
        case_id=row.case_id,
        kind=row.kind,
        due_on=row.due_on,
        next_rung=row.next_rung,
        next_at=row.next_at,
        quiet=row.quiet,
        quiet_told=row.quiet_told,
        accounted=row.accounted,
        programme=programme,
        version=version,
    )


def next_moment(connection: Connection) -> datetime | None:
    """Return when the next ladder has something to do, None when none has."""
    moment: datetime | None = connection.execute(select(func.min(deadline.c.next_at))).scalar_one()
    return moment
