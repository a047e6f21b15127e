"""Rows of deadlines: one per ladder."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from storage.tables import deadline

OPEN = "open"


def open_deadlines(connection: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return the open deadlines of a case."""
    return connection.execute(select(deadline).where(deadline.c.case_id == case_id, deadline.c.status == OPEN)).all()


def deadlines_of(connection: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return every deadline a case has had, in order of opening."""
    return connection.execute(select(deadline).where(deadline.c.case_id == case_id).order_by(deadline.c.id)).all()


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


def next_moment(connection: Connection) -> datetime | None:
    """Return when the next ladder has something to do, None when none has."""
    moment: datetime | None = connection.execute(select(func.min(deadline.c.next_at))).scalar_one()
    return moment
