"""Many writes as one SQL statement of PostgreSQL: data-modifying CTEs, whose rows travel as values or as arrays.

The parts do not see each other's effects, so no row may be written twice in one statement. A row that has to be as it
was read is counted; when one is not, the statement divides by nought and nothing of it has happened. So one round trip
can both look and write, in a transaction of its own (facts/performance.md, "what follows").
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import JSON, BigInteger, Boolean, Date, DateTime, Integer, LargeBinary, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

Rows = Sequence[Mapping[str, Any]]

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
GIVEN_UP = (psycopg.errors.DivisionByZero, psycopg.errors.DeadlockDetected)


class StaleRowError(Exception):
    """A row that had to be there, as it was read, has changed: the transaction must be given up."""


class Statement:
    """Writes collected for one statement, in the order they were asked for."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._values: list[Any] = []
        self._wanted: list[int] = []  # how many rows each part must find; -1: however many there are

    def __bool__(self) -> bool:
        """Say whether there is anything to write."""
        return bool(self._parts)

    def insert(self, table: Table, rows: Rows) -> None:
        """Insert rows; every row must have the same columns."""
        if not rows:
            return
        columns = tuple(rows[0])
        if len(rows) <= FEW:
            values = [value for row in rows for value in _plain(table, columns, row)]
            self._add(_insert_few_sql(table, columns, len(rows)), values)
        else:
            self._add(_insert_sql(table, columns), _arrays(table, columns, rows))

    def update(self, table: Table, rows: Rows, expect: Rows | None = None) -> None:
        """Write columns of rows by `id`; every row must have the same columns.

        With `expect` (one mapping for every row), a row is only written while it holds these values, and `run` raises
        when one does not.
        """
        if not rows:
            return
        if len(rows) > FEW:
            self._update_many(table, rows, expect)
            return
        columns = tuple(name for name in rows[0] if name != "id")
        sql = _update_one_sql(table, columns, tuple(expect[0]) if expect else ())
        for number, row in enumerate(rows):
            wanted = expect[number].values() if expect else ()
            self._add(sql, [*_plain(table, columns, row), row["id"], *wanted], 1 if expect else -1)

    def _update_many(self, table: Table, rows: Rows, expect: Rows | None) -> None:
        columns, expected = tuple(rows[0]), tuple(expect[0]) if expect else ()
        arrays = _arrays(table, columns, rows)
        wanted = [[one[name] for one in expect] for name in expected] if expect else []
        self._add(_update_sql(table, columns, expected), [*arrays, *wanted], len(rows) if expect else -1)

    def _add(self, sql: str, values: list[Any], wanted: int = -1) -> None:
        self._parts.append(sql)
        self._values.extend(values)
        self._wanted.append(wanted)

    def run(self, driver: "psycopg.Connection[Any]") -> None:
        """Send it all at once.

        Raises:
            StaleRowError: a row did not hold what was expected of it; nothing of the statement has happened.
            psycopg.IntegrityError: a key was taken.
        """
        sql = _at_once(tuple(self._parts), tuple(self._wanted))
        try:
            psycopg.RawCursor(driver).execute(sql, self._values)
        except GIVEN_UP as error:
            raise StaleRowError from error


@lru_cache(maxsize=1024)
def _at_once(parts: tuple[str, ...], wanted: tuple[int, ...]) -> bytes:
    """Return one statement that does what these do, if every one that is counted finds its rows.

    The counts are looked at from the first to the last, so the parts are also done, and their rows locked, in that
    order. The placeholders are the server's own ($1, $2 …): the driver rewrites its `%s` anew each time.
    """
    ctes = [
        f"w{i} AS ({sql}{' RETURNING 1' if count >= 0 else ''})"
        for i, (sql, count) in enumerate(zip(parts, wanted, strict=True))
    ]
    counts = [f"(SELECT count(*) FROM w{i}) = {count}" for i, count in enumerate(wanted) if count >= 0]  # noqa: S608
    guard = f"1 / (CASE WHEN {' AND '.join(counts)} THEN 1 ELSE 0 END)" if counts else "1"
    pieces = f"WITH {', '.join(ctes)} SELECT {guard}".split("%s")
    return ("".join(f"{piece}${i}" for i, piece in enumerate(pieces[:-1], start=1)) + pieces[-1]).encode()


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


@lru_cache(maxsize=1024)
def _insert_few_sql(table: Table, columns: tuple[str, ...], number: int) -> str:
    row = ", ".join(f"%s::{_postgres_type(table, name)}" for name in columns)
    rows = ", ".join([f"({row})"] * number)
    return f'INSERT INTO "{table.name}" ({_names(columns)}) VALUES {rows}'  # noqa: S608 - names of ours


@lru_cache(maxsize=512)
def _insert_sql(table: Table, columns: tuple[str, ...]) -> str:
    picked = ", ".join(_value(table, name) for name in columns)
    into = f'INSERT INTO "{table.name}" ({_names(columns)})'
    return f"{into} SELECT {picked} FROM {_unnest(table, columns)}"  # noqa: S608 - names of ours


@lru_cache(maxsize=512)
def _update_one_sql(table: Table, columns: tuple[str, ...], expect: tuple[str, ...]) -> str:
    written = ", ".join(f'"{name}" = %s::{_postgres_type(table, name)}' for name in columns)
    found = "id = %s" + "".join(f' AND "{name}" = %s' for name in expect)
    return f'UPDATE "{table.name}" SET {written} WHERE {found}'  # noqa: S608 - names of ours


@lru_cache(maxsize=512)
def _update_sql(table: Table, columns: tuple[str, ...], expect: tuple[str, ...]) -> str:
    written = ", ".join(f'"{name}" = {_value(table, name)}' for name in columns if name != "id")
    found = "t.id = u.id" + "".join(f' AND t."{name}" = u."expected_{name}"' for name in expect)
    source = _unnest(table, columns, expect)
    return f'UPDATE "{table.name}" AS t SET {written} FROM {source} WHERE {found}'  # noqa: S608 - names of ours


def _unnest(table: Table, columns: tuple[str, ...], expect: tuple[str, ...] = ()) -> str:
    arrays = ", ".join(f"%s::{_array_type(table, name)}[]" for name in (*columns, *expect))
    names = _names((*columns, *(f"expected_{name}" for name in expect)))
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
    return [list(column) for column in zip(*(_plain(table, columns, row) for row in rows), strict=True)]


def _plain(table: Table, columns: tuple[str, ...], row: Mapping[str, Any]) -> list[Any]:
    """Return a row's values in the order of the columns, as the driver takes them."""
    values = [row[name] for name in columns]
    for place in _json_places(table, columns):
        if values[place] is not None:
            values[place] = json.dumps(values[place])
    return values


@lru_cache(maxsize=1024)
def _json_places(table: Table, columns: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(place for place, name in enumerate(columns) if _postgres_type(table, name) == "jsonb")
