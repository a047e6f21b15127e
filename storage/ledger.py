"""Rows of the ledger: what became of every rung, for every slot."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from storage.tables import ledger


def insert_entries(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Account for rungs. A second entry for the same rung and slot is refused by the primary key."""
    if rows:
        connection.execute(insert(ledger), rows)


def settle_entry(
    connection: Connection, deadline_id: int, rung: str, slot: str, *, outcome: str, at: datetime, **facts: Any
) -> None:
    """Give a queued entry its final outcome."""
    connection.execute(
        update(ledger)
        .where(ledger.c.deadline_id == deadline_id, ledger.c.rung == rung, ledger.c.slot == slot)
        .values(outcome=outcome, settled_at=at, **facts)
    )


def reopen_entry(connection: Connection, deadline_id: int, rung: str, slot: str) -> None:
    """Let an entry wait again: its message is back in the queue."""
    waits = {"outcome": "queued", "reason": None, "settled_at": None, "staff_id": None, "message_id": None}
    connection.execute(
        update(ledger)
        .where(ledger.c.deadline_id == deadline_id, ledger.c.rung == rung, ledger.c.slot == slot)
        .values(**waits)
    )
