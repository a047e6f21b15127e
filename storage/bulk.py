"""Thousands of rows at once, in the caller's transaction: COPY and arrays on PostgreSQL, plain statements on SQLite."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, JSON, ColumnElement, Connection, String, Table, any_, func, insert, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from storage.errors import translated

POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
Rows = Sequence[Mapping[str, Any]]


def insert_many(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows; every row must have the same columns.

    Raises:
        sqlalchemy.exc.IntegrityError: a key was taken, or a row refers to nothing.
    """
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), rows)
        return
    try:
        _copy(cast("psycopg.Connection[Any]", connection.connection.driver_connection), table, rows)
    except psycopg.Error as error:
        raise translated(error) from error


def among(connection: Connection, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a text is one of these; none of them may be secret, they stand in the statement.

    On PostgreSQL they are part of its text, so that it is planned each time: a plan prepared while a table was empty
    goes through all of it for every value once an import has filled it.
    """
    if not values or connection.dialect.name != "postgresql":
        return column.in_(values)
    return column == any_(literal(list(values), ARRAY(String), literal_execute=True))


def reserve_ids(connection: Connection, table: Table, number: int) -> list[int]:
    """Return ids for rows about to be inserted in this transaction, ascending; nobody else gets them.

    On SQLite that holds because the transaction has the one write lock from its beginning.
    """
    if connection.dialect.name != "postgresql":
        last = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return list(range(last + 1, last + 1 + number))
    sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
    drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, number).alias())
    return sorted(connection.execute(drawn).scalars())


def _copy(driver: "psycopg.Connection[Any]", table: Table, rows: Rows) -> None:
    columns = tuple(rows[0])
    statement, types, written = _how(table, columns)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row([write(row[name]) for name, write in written])


@lru_cache(maxsize=64)
def _how(
    table: Table, columns: tuple[str, ...]
) -> tuple[sql.Composed, tuple[str, ...], tuple[tuple[str, Callable[[Any], Any]], ...]]:
    """Return the statement, PostgreSQL's names of the columns' types, and what makes values of each fit to send."""
    kinds = [_plain_type(table.c[name].type) for name in columns]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table.name), names)
    writers = [_jsonb if isinstance(kind, JSON) else _as_it_is for kind in kinds]
    return statement, tuple(map(_postgres_name, kinds)), tuple(zip(columns, writers, strict=True))


def _plain_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _postgres_name(kind: TypeEngine[Any]) -> str:
    if isinstance(kind, JSON):
        return "jsonb"
    if isinstance(kind, String):
        return "text"
    return kind.compile(POSTGRESQL).lower()


def _jsonb(value: Any) -> Any:
    return None if value is None else Jsonb(value)


def _as_it_is(value: Any) -> Any:
    return value
