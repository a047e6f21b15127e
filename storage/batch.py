"""Many writes in few round trips: collected, then sent together.

On PostgreSQL every statement takes whole columns as arrays (`unnest`) and all of them travel in one pipeline, so that a
transition costs one round trip for all its writes. On SQLite, where there is no network, the same calls are plain
multi-row statements. What is written is the same (facts/performance.md, "what follows").
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import psycopg
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    insert,
    update,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

Rows = Sequence[Mapping[str, Any]]
Work = Callable[[], None]

# The order matters: a BigInteger is an Integer too.
POSTGRES_TYPES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Boolean, "boolean"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (LargeBinary, "bytea"),
    (JSON, "jsonb"),
)


class StaleRowError(Exception):
    """A row that had to be there, as it was read, has changed: the transaction must be given up."""


class Batch:
    """Writes to be sent together on one connection, in the order they were asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pipelined = connection.dialect.name == "postgresql"
        self._work: list[tuple[bytes, list[Any], int | None]] = []
        self._stale = False

    def insert(self, table: Table, rows: Rows) -> None:
        """Insert rows; every row must have the same columns."""
        if not rows:
            return
        if not self._pipelined:
            self._connection.execute(insert(table), rows)
            return
        columns = tuple(rows[0])
        self._work.append((_insert_sql(table, columns), _arrays(table, columns, rows), None))

    def update(self, table: Table, rows: Rows, *, expect: Mapping[str, int] | None = None) -> None:
        """Write columns of rows by `id`; every row must have the same columns.

        With `expect`, a row is only written while it holds these values; when one does not, `send` raises
        `StaleRowError`.
        """
        if not rows:
            return
        columns = tuple(rows[0])
        if self._pipelined:
            sql, arrays = _update_sql(table, columns, tuple(expect or ())), _arrays(table, columns, rows)
            self._work.append((sql, [*arrays, *(expect or {}).values()], len(rows) if expect else None))
            return
        statement = update(table).where(table.c.id == bindparam("_id"))
        for name, value in (expect or {}).items():
            statement = statement.where(table.c[name] == value)
        statement = statement.values({name: bindparam(f"_{name}") for name in columns if name != "id"})
        done = self._connection.execute(statement, [{f"_{name}": value for name, value in row.items()} for row in rows])
        self._stale = self._stale or (expect is not None and done.rowcount != len(rows))

    def send(self) -> None:
        """Send what was collected; raises `StaleRowError`, or the database's own error."""
        work, self._work = self._work, []
        if self._stale:
            raise StaleRowError
        if not work:
            return
        driver = cast("psycopg.Connection[Any]", self._connection.connection.driver_connection)
        with driver.pipeline():
            cursors = [(driver.cursor(), expected) for _, _, expected in work]
            for (cursor, _), (sql, arrays, _) in zip(cursors, work, strict=True):
                cursor.execute(sql, arrays)
        if any(expected is not None and cursor.rowcount != expected for cursor, expected in cursors):
            raise StaleRowError


@lru_cache(maxsize=512)
def _insert_sql(table: Table, columns: tuple[str, ...]) -> bytes:
    names = ", ".join(f'"{name}"' for name in columns)
    picked = ", ".join(_value(table, name) for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {picked} FROM {_unnest(table, columns)}'.encode()  # noqa: S608 - ours


@lru_cache(maxsize=512)
def _update_sql(table: Table, columns: tuple[str, ...], expect: tuple[str, ...]) -> bytes:
    written = ", ".join(f'"{name}" = {_value(table, name)}' for name in columns if name != "id")
    found = "t.id = u.id" + "".join(f' AND t."{name}" = %s' for name in expect)
    return f'UPDATE "{table.name}" AS t SET {written} FROM {_unnest(table, columns)} WHERE {found}'.encode()  # noqa: S608 - ours


def _unnest(table: Table, columns: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{_array_type(table, name)}[]" for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f"unnest({arrays}) AS u({names})"


def _value(table: Table, name: str) -> str:
    return f'u."{name}"::jsonb' if _postgres_type(table, name) == "jsonb" else f'u."{name}"'


def _array_type(table: Table, name: str) -> str:
    kind = _postgres_type(table, name)
    return "text" if kind == "jsonb" else kind


@lru_cache(maxsize=1024)
def _postgres_type(table: Table, name: str) -> str:
    kind: TypeEngine[Any] = table.c[name].type
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return next((written for known, written in POSTGRES_TYPES if isinstance(kind, known)), "text")


def _arrays(table: Table, columns: tuple[str, ...], rows: Rows) -> list[Any]:
    return [_array(table, name, [row[name] for row in rows]) for name in columns]


def _array(table: Table, name: str, values: list[Any]) -> list[Any]:
    if _postgres_type(table, name) != "jsonb":
        return values
    return [None if value is None else json.dumps(value) for value in values]
