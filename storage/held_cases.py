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
_CASE = f'SELECT {_COLUMNS} FROM "case" WHERE ref = %s FOR UPDATE'.encode()  # noqa: S608 - column names of ours
_DEADLINES = b"""
SELECT * FROM deadline WHERE case_id = (SELECT id FROM "case" WHERE ref = %s) AND status = 'open'
"""
_UNSENT = b"""
SELECT o.deadline_id FROM outbox o JOIN deadline d ON d.id = o.deadline_id
WHERE d.case_id = (SELECT id FROM "case" WHERE ref = %s) AND d.status = 'open' AND o.state = 'queued'
"""
_CLOSURES = b"SELECT day FROM closure WHERE declared_at <= %s"


def _hold_at_once(connection: Connection, ref: str, now: datetime) -> HeldCase | None:
    """Send all questions in one pipeline. Each is answered after the lock is held: none of them can be stale."""
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    questions = ((_CASE, ref), (_DEADLINES, ref), (_UNSENT, ref), (_CLOSURES, now))
    with driver.pipeline():
        cursors = [driver.cursor(row_factory=namedtuple_row) for _ in questions]
        for cursor, (question, value) in zip(cursors, questions, strict=True):
            cursor.execute(question, (value,))
        found, open_rows, unsent, closures = (cursor.fetchall() for cursor in cursors)
    if not found:
        return None
    return HeldCase(
        CaseRow(*found[0]), open_rows, frozenset(row[0] for row in unsent), frozenset(row[0] for row in closures)
    )
