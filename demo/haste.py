"""A demo's database in a hurry: it may lose its last moments when the power fails, and nothing when it is killed."""

from typing import Any

from sqlalchemy import event

from storage.database import Database


def hasten(database: Database) -> None:
    """Write without waiting for the disk at every commit, on SQLite; a real installation waits.

    With the write-ahead log the file stays whole either way. A year of a demo is some 20,000 commits.
    """
    if database.is_sqlite:
        event.listen(database.engine, "connect", _wait_less)


def _wait_less(connection: Any, record: object) -> None:  # noqa: ARG001 - SQLAlchemy gives both
    connection.execute("PRAGMA synchronous=NORMAL")
