"""Rows of sessions. A session is found by the hash of its name: the table opens nothing for who reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from storage.account_tables import session
from storage.tables import staff


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of somebody who works here."""

    id_hash: str
    staff_id: int
    stage: str
    method: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    proved_at: datetime
    tries: int
    address: str
    agent: str
    flashes: Any


def put_session(connection: Connection, row: SessionRow) -> None:
    """Store a new session."""
    connection.execute(insert(session).values(**{name: getattr(row, name) for name in SessionRow.__slots__}))


def find_session(connection: Connection, id_hash: str, *, lock: bool = False) -> SessionRow | None:
    """Return a session by its hash; None where there is none, or its owner does not work here any more."""
    query = select(session).where(
        session.c.id_hash == id_hash, session.c.staff_id.in_(select(staff.c.id).where(staff.c.active))
    )
    row = connection.execute(query.with_for_update(of=session) if lock else query).one_or_none()
    return SessionRow(**row._mapping) if row is not None else None


def sessions_of(connection: Connection, staff_id: int, now: datetime) -> list[SessionRow]:
    """Return the sessions of a member of staff that have not reached their end, newest first."""
    query = select(session).where(session.c.staff_id == staff_id, session.c.expires_at > now)
    return [SessionRow(**row._mapping) for row in connection.execute(query.order_by(session.c.created_at.desc()))]


def change_session(connection: Connection, id_hash: str, **values: object) -> None:
    """Store something new about a session."""
    connection.execute(update(session).where(session.c.id_hash == id_hash).values(**values))


def end_session(connection: Connection, id_hash: str) -> None:
    """Forget a session."""
    connection.execute(delete(session).where(session.c.id_hash == id_hash))


def end_sessions_of(connection: Connection, staff_id: int) -> int:
    """Forget every session of a member of staff, and return how many there were."""
    return connection.execute(delete(session).where(session.c.staff_id == staff_id)).rowcount
