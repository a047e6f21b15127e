"""Rows of answers kept for requests that are sent again, and of how much each token has asked this minute."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text
from sqlalchemy import case as either
from sqlalchemy.dialects import postgresql, sqlite

from storage.api_tables import api_usage, kept_answer

_MOST = 1000  # rows swept away at a time


def hold_key(connection: Connection, token_id: int, key: str) -> bool:
    """Keep everybody else from a key until the transaction ends; say whether nobody else has it now.

    On SQLite the transaction's one write lock does so: whoever else comes has waited, and finds the answer.
    """
    if connection.dialect.name != "postgresql":
        return True
    number = int.from_bytes(hashlib.sha256(f"{token_id}|{key}".encode()).digest()[:8], signed=True)
    held: bool = connection.execute(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": number}).scalar_one()
    return held


def find_answer(connection: Connection, token_id: int, key: str, since: datetime) -> Row[Any] | None:
    """Return the answer kept under a key, unless it is older than an instant; then it is forgotten."""
    mine = (kept_answer.c.token_id == token_id, kept_answer.c.key == key)
    connection.execute(delete(kept_answer).where(*mine, kept_answer.c.at <= since))
    return connection.execute(select(kept_answer).where(*mine)).one_or_none()


def insert_answer(connection: Connection, **row: Any) -> None:
    """Keep an answer."""
    connection.execute(insert(kept_answer).values(**row))


def forget_answers(connection: Connection, before: datetime) -> int:
    """Sweep away answers from before an instant; return how many."""
    old = select(kept_answer.c.token_id, kept_answer.c.key).where(kept_answer.c.at <= before).limit(_MOST)
    rows = connection.execute(old.with_for_update(skip_locked=True)).all()
    for row in rows:
        mine = (kept_answer.c.token_id == row.token_id, kept_answer.c.key == row.key)
        connection.execute(delete(kept_answer).where(*mine))
    return len(rows)


def draw(connection: Connection, token_id: int, minute: datetime, number: int, most: int) -> int:
    """Take so many requests of a token's allowance of a minute; return how many there were still to take."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    first = dialect.insert(api_usage).values(token_id=token_id, minute=minute, used=number)
    same = api_usage.c.minute == first.excluded.minute
    statement = first.on_conflict_do_update(
        index_elements=["token_id"],
        set_={"minute": first.excluded.minute, "used": either((same, api_usage.c.used + number), else_=number)},
    )
    used: int = connection.execute(statement.returning(api_usage.c.used)).scalar_one()
    return max(0, min(number, most - (used - number)))
