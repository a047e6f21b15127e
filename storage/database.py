"""Opening a database: one code path for PostgreSQL and SQLite, transactions that mean the same on both."""

import json
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

from storage.errors import translated

WRITES = "bevaka_writes"


class Database:
    """A database by its SQLAlchemy URL (`sqlite:///file` or `postgresql+psycopg://…`)."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.acts_at_once = not self.is_sqlite  # whether `at_once` may be asked for
        options: dict[str, Any] = {"json_deserializer": _read_json} if self.is_sqlite else {"pool_size": pool_size}
        # An error says what was refused, never the values: they may be a person's.
        self.engine: Engine = create_engine(self.url, hide_parameters=True, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "checkout", _refuse_hung_up)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction that writes; commit when the block ends, roll back when it raises.

        SQLite takes its one write lock at once (BEGIN IMMEDIATE): a transaction that reads first and writes later would
        otherwise fail when another one wrote in between.
        """
        with self.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection in a transaction for reading."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def at_once(self) -> Iterator["psycopg.Connection[Any]"]:
        """Give the driver's own connection, on which every statement is a transaction of its own. PostgreSQL only.

        For the one path where each round trip counts.

        Raises:
            sqlalchemy.exc.DBAPIError: as everywhere, also where the driver's own error was raised.
        """
        try:
            pooled = self.engine.raw_connection()
        except psycopg.Error as error:  # the server is away: nothing but the driver has had a hand in it yet
            raise translated(error) from error
        driver = cast("psycopg.Connection[Any]", pooled.driver_connection)
        try:
            driver.autocommit = True
            yield driver
            driver.autocommit = False
        except psycopg.Error as error:
            raise translated(error) from error
        finally:
            if driver.closed:
                pooled.invalidate()
            elif driver.autocommit:
                driver.autocommit = False
            pooled.close()

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _read_json(text: str) -> Any:
    """Read a JSON column; one that holds no JSON gives its text, so that this row fails and not every row read with it.

    PostgreSQL refuses to keep such a thing; in SQLite a JSON column is text.
    """
    try:
        return json.loads(text)
    except ValueError:
        return text


def _refuse_hung_up(connection: Any, record: object, proxy: object) -> None:  # noqa: ARG001 - SQLAlchemy gives all three
    """Refuse a pooled connection that the server has closed, without a round trip: an idle one has nothing to say."""
    if connection.closed or _has_something_to_say(connection.fileno()):
        raise DisconnectionError


def _has_something_to_say(descriptor: int) -> bool:
    poll = select.poll()  # `select` itself refuses descriptors over 1023, which a busy web process has
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ARG001 - SQLAlchemy gives both
    connection.isolation_level = None  # transactions are begun below, not by the driver's guess
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
