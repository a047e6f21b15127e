"""Many writes in few round trips: collected, then sent together in a transaction that is under way.

On PostgreSQL all of them become one statement (`storage.statements`), so that they cost one round trip. They do not see
each other's effects, so no row may be written twice in a batch. On SQLite, where there is no network, the same calls
are plain multi-row statements. What is written is the same.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import psycopg
from sqlalchemy import Connection, Table, bindparam, insert, update

from storage.errors import translated
from storage.statements import Rows, StaleRowError, Statement


class Writes(Protocol):
    """Where writes are collected: a `Batch`, or a `Statement` that is a transaction of its own."""

    def insert(self, table: Table, rows: Rows) -> None:
        """Insert rows; every row must have the same columns."""

    def update(self, table: Table, rows: Rows, expect: Rows | None = None) -> None:
        """Write columns of rows by `id`, with `expect` only while each row holds the values given for it."""


class Batch:
    """Writes to be sent together on one connection, in the order they were asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._statement = Statement() if connection.dialect.name == "postgresql" else None
        self._stale = False

    def insert(self, table: Table, rows: Rows) -> None:
        """Insert rows; every row must have the same columns."""
        if self._statement is not None:
            self._statement.insert(table, rows)
        elif rows:
            self._connection.execute(insert(table), rows)

    def update(self, table: Table, rows: Rows, expect: Rows | None = None) -> None:
        """Write columns of rows by `id`; every row must have the same columns.

        With `expect` (one mapping for every row), a row is only written while it holds these values; when one does
        not, `send` raises `StaleRowError`.
        """
        if self._statement is not None:
            self._statement.update(table, rows, expect)
        elif rows:
            self._update(table, rows, expect)

    def _update(self, table: Table, rows: Rows, expect: Rows | None) -> None:
        statement = update(table).where(table.c.id == bindparam("_id"))
        for name in expect[0] if expect else ():
            statement = statement.where(table.c[name] == bindparam(f"_expected_{name}"))
        statement = statement.values({name: bindparam(f"_{name}") for name in rows[0] if name != "id"})
        bound = [_bound(row, expect[number] if expect else {}) for number, row in enumerate(rows)]
        done = self._connection.execute(statement, bound)
        self._stale = self._stale or (expect is not None and done.rowcount != len(rows))

    def send(self) -> None:
        """Send what was collected.

        Raises:
            StaleRowError: a row did not hold what was expected of it.
            sqlalchemy.exc.IntegrityError: a key was taken.
            sqlalchemy.exc.DBAPIError: anything else that the database refuses.
        """
        if self._stale:
            raise StaleRowError
        statement, self._statement = self._statement, Statement()
        if not statement:
            return
        try:
            statement.run(cast("psycopg.Connection[Any]", self._connection.connection.driver_connection))
        except psycopg.Error as error:
            raise translated(error) from error


def _bound(row: Mapping[str, Any], expect: Mapping[str, Any]) -> dict[str, Any]:
    return {f"_{name}": value for name, value in row.items()} | {f"_expected_{n}": v for n, v in expect.items()}
