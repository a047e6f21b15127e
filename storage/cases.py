"""Rows of cases: finding, locking, opening and saving them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from storage.bulk import among
from storage.tables import case, history


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as stored; `snapshot` is the JSON of `workflows.values.snapshot_to_json`."""

    id: int
    ref: str
    programme: str
    version: str
    person_id: str
    decided_on: date
    unit_id: int
    coordinator_id: int | None
    handler_id: int | None
    state: str
    seq: int
    entry_seq: int
    snapshot: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    head: str


def find_case(connection: Connection, ref: str, *, lock: bool = False) -> CaseRow | None:
    """Return the case with a reference; `lock` keeps every other writer away from it until the transaction ends."""
    return _one(connection, select(case).where(case.c.ref == ref), lock)


def find_case_by_id(connection: Connection, case_id: int, *, lock: bool = False) -> CaseRow | None:
    """Return the case with an id; `lock` as in `find_case`."""
    return _one(connection, select(case).where(case.c.id == case_id), lock)


def _one(connection: Connection, query: Select[Any], lock: bool) -> CaseRow | None:
    # SQLite ignores FOR UPDATE; there the write transaction itself is the lock.
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return as_case(row) if row is not None else None


def cases_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, CaseRow]:
    """Return the cases with these ids."""
    rows = connection.execute(select(case).where(case.c.id.in_(ids)))
    return {row.id: as_case(row) for row in rows}


def as_case(row: Row[Any]) -> CaseRow:
    """Return a row of the table as a record."""
    return CaseRow(**row._mapping)


def known_decisions(connection: Connection, programme: str, person_ids: Sequence[str]) -> set[tuple[str, date]]:
    """Return (person, decision date) of the cases these persons have in a programme."""
    query = select(case.c.person_id, case.c.decided_on).where(
        case.c.programme == programme, among(connection, case.c.person_id, person_ids)
    )
    return {(row.person_id, row.decided_on) for row in connection.execute(query)}


def history_of(connection: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return the history of a case, oldest first."""
    return connection.execute(select(history).where(history.c.case_id == case_id).order_by(history.c.seq)).all()
