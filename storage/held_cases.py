"""A case held for an event: locked, with everything an event needs of it, read in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, cast

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, select

from storage.cases import CaseRow, find_case
from storage.deadlines import OPEN, open_deadlines
from storage.definitions import closures_declared
from storage.tables import deadline, outbox


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A locked case, its open deadlines as stored, which of them have unsent messages, and the extra days closed."""

    case: CaseRow
    deadlines: Sequence[Any]
    unsent: frozenset[int]
    closures: frozenset[date]


def hold_case(connection: Connection, ref: str, now: datetime) -> HeldCase | None:
    """Lock a case until the transaction ends and return it with what an event needs; None when there is none."""
    if connection.dialect.name == "postgresql":
        return _hold_at_once(connection, ref, now)
    case = find_case(connection, ref, lock=True)
    if case is None:
        return None
    waiting = select(outbox.c.deadline_id).join(deadline, deadline.c.id == outbox.c.deadline_id)
    unsent = waiting.where(deadline.c.case_id == case.id, deadline.c.status == OPEN, outbox.c.state == "queued")
    return HeldCase(
        case,
        open_deadlines(connection, case.id),
        frozenset(connection.execute(unsent).scalars()),
        frozenset(closures_declared(connection, now)),
    )


_COLUMNS = ", ".join(f'"{field.name}"' for field in fields(CaseRow))
_CLOSURES = "(SELECT array_agg(day) FROM closure WHERE declared_at <= %s)"
_CASE = f'SELECT {_CLOSURES}, {_COLUMNS} FROM "case" WHERE ref = %s FOR UPDATE'.encode()  # noqa: S608 - names of ours
_DEADLINES = b"""
SELECT d.*, EXISTS (SELECT 1 FROM outbox o WHERE o.deadline_id = d.id AND o.state = 'queued') AS unsent
FROM deadline d WHERE d.case_id = (SELECT id FROM "case" WHERE ref = %s) AND d.status = 'open'
"""


def _hold_at_once(connection: Connection, ref: str, now: datetime) -> HeldCase | None:
    """Send both questions in one pipeline. The second is answered after the lock is held, so it cannot be stale."""
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with driver.pipeline():
        cases = driver.execute(_CASE, (now, ref))
        cursor = driver.cursor(row_factory=namedtuple_row)
        cursor.execute(_DEADLINES, (ref,))
        found = cases.fetchone()
        open_rows: list[Any] = cursor.fetchall()
    if found is None:
        return None
    closures, *columns = found
    unsent = frozenset(row.id for row in open_rows if row.unsent)
    return HeldCase(CaseRow(*columns), open_rows, unsent, frozenset(closures or ()))
