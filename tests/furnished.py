"""The small clinic's database, furnished once on each kind of database and made anew for each test that wants it.

A PostgreSQL database takes a third of a second to create and a SQLite file a tenth to migrate; with thousands of tests
that is most of their time. So the file is copied, and in PostgreSQL one database is emptied and refilled: unless its
tables have another shape than before, because a test has migrated it or put triggers in; then it is made anew.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from storage.database import Database
from tests.house import furnish
from tests.servers.postgres import PostgresServer, libpq_url

_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()"
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_SEQUENCES = (
    "SELECT format('SELECT setval(%L, %s, %L)', schemaname || '.' || sequencename, COALESCE(last_value, start_value),"
    " last_value IS NOT NULL) FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
)
_SHAPE = """
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
  SELECT format('%s %s %s %s', attrelid::regclass, attname, atttypid, attnotnull) AS line
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
  UNION ALL SELECT format('%s %s', tgname, tgrelid::regclass) FROM pg_trigger
  UNION ALL SELECT format('%s %s', polname, polrelid::regclass) FROM pg_policy
  UNION ALL SELECT format('%s %s %s %s', oid, relname, relrowsecurity, relacl) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
) AS shape
"""


class FurnishedFile:
    """The clinic in a SQLite file, to copy."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "furnished.sqlite"

    def copy_to(self, place: Path) -> str:
        """Return the SQLAlchemy URL of a copy at a place where there is no file yet."""
        if not self._file.exists():
            _furnish(f"sqlite:///{self._file}")
        shutil.copy(self._file, place)
        return f"sqlite:///{place}"


class FurnishedDatabase:
    """The clinic in one database of a PostgreSQL server, which is asked for only when a test wants it."""

    def __init__(self, server: Callable[[], PostgresServer]) -> None:
        self._server = server
        self._url: str | None = None
        self._shape: object = None
        self._refill = ""

    def anew(self) -> str:
        """Return the SQLAlchemy URL of the database, with what it was furnished with and nothing else."""
        if self._url is not None and not self._is_refilled(self._url):
            self._server().drop(self._url)
            self._url = None
        if self._url is None:
            self._url = self._server().create_database()
            _furnish(self._url)
            self._remember(self._url)
        return self._url

    def _remember(self, url: str) -> None:
        with psycopg.connect(libpq_url(url)) as connection:
            tables = [name for (name,) in connection.execute(_TABLES)]
            connection.execute("CREATE SCHEMA furnished")
            for name in tables:
                own, kept = sql.Identifier("public", name), sql.Identifier("furnished", name)
                connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, own))
            steps = [_emptied(connection, name) for name in tables] + [_filled(connection, name) for name in tables]
            steps += [line for (line,) in connection.execute(_SEQUENCES)]
            self._refill = "; ".join(step for step in steps if step)
            self._shape = connection.execute(_SHAPE).fetchone()

    def _is_refilled(self, url: str) -> bool:
        try:
            with psycopg.connect(libpq_url(url)) as connection:
                connection.execute(_OTHERS)
                if connection.execute(_SHAPE).fetchone() != self._shape:
                    return False
                connection.execute("SET LOCAL session_replication_role = replica")  # no order among foreign keys
                connection.execute(self._refill)
        except psycopg.Error:
            return False
        return True


def _emptied(connection: psycopg.Connection, name: str) -> str:
    return sql.SQL("DELETE FROM {}").format(sql.Identifier("public", name)).as_string(connection)


def _filled(connection: psycopg.Connection, name: str) -> str:
    own, kept = sql.Identifier("public", name), sql.Identifier("furnished", name)
    if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(kept)).fetchone() is None:
        return ""
    return sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE TABLE {}").format(own, kept).as_string(connection)


def _furnish(url: str) -> None:
    database = Database(url)
    furnish(database)
    database.close()
