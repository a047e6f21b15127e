"""Many writes in few round trips: collected, then sent together.

On PostgreSQL all of them become one statement (data-modifying CTEs), in which many rows travel as arrays, so that a
transition costs one round trip for all its writes. They do not see each other's effects, so no row may be written twice
in a batch. On SQLite, where there is no network, the same calls are plain multi-row statements. What is written is the
same (facts/performance.md, "what follows").
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
from sqlalchemy.exc import IntegrityError
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


FEW = 12  # rows that travel as plain values; more of them travel as arrays


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
        if len(rows) <= FEW:
            values = [_plain(table, name, row[name]) for row in rows for name in columns]
            self._work.append((_insert_few_sql(table, columns, len(rows)), values, None))
        else:
            self._work.append((_insert_sql(table, columns), _arrays(table, columns, rows), None))

    def update(self, table: Table, rows: Rows, *, expect: Mapping[str, int] | None = None) -> None:
        """Write columns of rows by `id`; every row must have the same columns.

        With `expect`, a row is only written while it holds these values; when one does not, `send` raises
        `StaleRowError`.
        """
        if not rows:
            return
        if self._pipelined:
            self._update_pipelined(table, rows, expect or {})
            return
        statement = update(table).where(table.c.id == bindparam("_id"))
        for name, value in (expect or {}).items():
            statement = statement.where(table.c[name] == value)
        statement = statement.values({name: bindparam(f"_{name}") for name in rows[0] if name != "id"})
        done = self._connection.execute(statement, [{f"_{name}": value for name, value in row.items()} for row in rows])
        self._stale = self._stale or (expect is not None and done.rowcount != len(rows))

    def _update_pipelined(self, table: Table, rows: Rows, expect: Mapping[str, int]) -> None:
        columns, expected = tuple(rows[0]), tuple(expect)
        if len(rows) > FEW:
            arrays = _arrays(table, columns, rows)
            wanted = len(rows) if expect else None
            self._work.append((_update_sql(table, columns, expected), [*arrays, *expect.values()], wanted))
            return
        sql = _update_one_sql(table, columns, expected)
        for row in rows:
            values = [_plain(table, name, row[name]) for name in columns if name != "id"]
            self._work.append((sql, [*values, row["id"], *expect.values()], 1 if expect else None))

    def send(self, *, commit: bool = False) -> None:
        """Send what was collected.

        With `commit`, the transaction is committed in the same round trip, and nothing may follow in it. A row that is
        no longer as expected must then make another write of the batch fail by a key (the history's does); it cannot be
        noticed before the commit.

        Raises:
            StaleRowError: a row did not hold what was expected of it.
            sqlalchemy.exc.IntegrityError: a key was taken.
        """
        work, self._work = self._work, []
        if self._stale:
            raise StaleRowError
        if not work:
            return
        driver = cast("psycopg.Connection[Any]", self._connection.connection.driver_connection)
        expected = tuple(wanted for _, _, wanted in work)
        try:
            with driver.pipeline():
                sql = _at_once(tuple(sql for sql, _, _ in work), tuple(wanted is not None for wanted in expected))
                counts = psycopg.RawCursor(driver)
                counts.execute(sql, [value for _, values, _ in work for value in values])
                if commit:
                    driver.commit()
                found = counts.fetchone() or ()
        except psycopg.IntegrityError as error:
            raise IntegrityError("batch", None, error) from error
        if tuple(found) != tuple(wanted for wanted in expected if wanted is not None):
            raise StaleRowError


@lru_cache(maxsize=1024)
def _at_once(statements: tuple[bytes, ...], counted: tuple[bool, ...]) -> bytes:
    """Return one statement that does what these do, and counts the rows of those that are to be counted.

    Its placeholders are the server's own ($1, $2 …): the driver rewrites its `%s` anew each time when there are many.
    """
    parts = [
        f"w{i} AS ({sql.decode()}{' RETURNING 1' if count else ''})"
        for i, (sql, count) in enumerate(zip(statements, counted, strict=True))
    ]
    counts = ", ".join(f"(SELECT count(*) FROM w{i})" for i, count in enumerate(counted) if count)  # noqa: S608 - ours
    pieces = f"WITH {', '.join(parts)} SELECT {counts}".split("%s")
    return "".join(f"{piece}${i}" for i, piece in enumerate(pieces[:-1], start=1)).encode() + pieces[-1].encode()


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


@lru_cache(maxsize=1024)
def _insert_few_sql(table: Table, columns: tuple[str, ...], number: int) -> bytes:
    row = ", ".join(f"%s::{_postgres_type(table, name)}" for name in columns)
    rows = ", ".join([f"({row})"] * number)
    return f'INSERT INTO "{table.name}" ({_names(columns)}) VALUES {rows}'.encode()  # noqa: S608 - names of ours


@lru_cache(maxsize=512)
def _insert_sql(table: Table, columns: tuple[str, ...]) -> bytes:
    picked = ", ".join(_value(table, name) for name in columns)
    into = f'INSERT INTO "{table.name}" ({_names(columns)})'
    return f"{into} SELECT {picked} FROM {_unnest(table, columns)}".encode()  # noqa: S608 - names of ours


@lru_cache(maxsize=512)
def _update_one_sql(table: Table, columns: tuple[str, ...], expect: tuple[str, ...]) -> bytes:
    written = ", ".join(f'"{name}" = %s::{_postgres_type(table, name)}' for name in columns if name != "id")
    found = "id = %s" + "".join(f' AND "{name}" = %s' for name in expect)
    return f'UPDATE "{table.name}" SET {written} WHERE {found}'.encode()  # noqa: S608 - names of ours


@lru_cache(maxsize=512)
def _update_sql(table: Table, columns: tuple[str, ...], expect: tuple[str, ...]) -> bytes:
    written = ", ".join(f'"{name}" = {_value(table, name)}' for name in columns if name != "id")
    found = "t.id = u.id" + "".join(f' AND t."{name}" = %s' for name in expect)
    return f'UPDATE "{table.name}" AS t SET {written} FROM {_unnest(table, columns)} WHERE {found}'.encode()  # noqa: S608


def _unnest(table: Table, columns: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{_array_type(table, name)}[]" for name in columns)
    return f"unnest({arrays}) AS u({_names(columns)})"


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
    return [[_plain(table, name, row[name]) for row in rows] for name in columns]


def _plain(table: Table, name: str, value: Any) -> Any:
    return json.dumps(value) if value is not None and _postgres_type(table, name) == "jsonb" else value
