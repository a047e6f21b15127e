"""Backups: both databases as one archive with a manifest, and back again into an empty database.

PostgreSQL is read in one REPEATABLE READ transaction, table by table with COPY; SQLite through its online backup. The
key file is never part of it: identities stay sealed. Format: a ZIP with `manifest.json` and either `bevaka.sqlite` or
`tables/<name>.copy`.
"""

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, inspect, select

from storage import schema
from storage.database import Database
from storage.errors import BackupError, NotEmptyError
from storage.tables import metadata

FORMAT = 1
MANIFEST, FILE = "manifest.json", "bevaka.sqlite"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """What a table held: its columns, its number of rows, and a digest of them in the order of their keys."""

    columns: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `at` is when it was made, UTC."""

    kind: str
    revision: str
    at: datetime
    tables: dict[str, Content]

    @property
    def rows(self) -> int:
        """Return how many rows there are in all."""
        return sum(content.rows for content in self.tables.values())


Finish = Callable[[Connection, Manifest], None]


def write_backup(database: Database, path: Path, now: datetime) -> Manifest:
    """Write everything to a new archive, readable by its owner alone, while the house goes on.

    Raises:
        FileExistsError: there is a file already.
        SchemaError: the database has another schema than this program.
    """
    schema.require_newest(database)
    part = path.with_name(path.name + ".part")
    with path.open("xb"):
        pass  # takes the name; what is half done has another
    path.chmod(0o600)
    try:
        with part.open("wb") as file:
            part.chmod(0o600)
            with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=3) as archive:
                tables = _pack_sqlite(database, archive) if database.is_sqlite else _pack_postgres(database, archive)
                manifest = Manifest(_kind(database), schema.newest_revision(), now, tables)
                archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(manifest), "at": now.isoformat()}))
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Return what an archive says it holds; raises `BackupError`."""
    try:
        with ZipFile(path) as archive:
            told = json.loads(archive.read(MANIFEST))
        tables = {name: Content(**content) for name, content in told["tables"].items()}
        found = Manifest(told["kind"], told["revision"], datetime.fromisoformat(told["at"]), tables)
    except (BadZipFile, KeyError, TypeError, ValueError):
        raise BackupError("archive") from None
    if told.get("format") != FORMAT or not set(tables) <= set(metadata.tables):
        raise BackupError("format")
    return found


def restore_backup(database: Database, path: Path, finish: Finish) -> Manifest:
    """Put an archive into an empty database, bring it to this program's schema, and call `finish` before the commit.

    All or nothing: what is put in is read again and compared with the manifest.

    Raises:
        NotEmptyError: there is something in the database.
        BackupError: the archive is damaged, of the other kind of database or of a newer program.
    """
    manifest = read_manifest(path)
    if manifest.kind != _kind(database):
        raise BackupError("kind")
    if not schema.is_known(manifest.revision):
        raise BackupError("newer")
    if inspect(database.engine).get_table_names():
        raise NotEmptyError
    try:
        with ZipFile(path) as archive:
            fill = _fill_sqlite if database.is_sqlite else _fill_postgres
            fill(database, archive, manifest, finish)
    except BadZipFile:
        raise BackupError("archive") from None
    return manifest


def content_of(connection: Connection, table: Table, columns: Sequence[str]) -> Content:
    """Return what a table holds, by the values its driver gives."""
    picked = [table.c[name] for name in columns]
    rows, digest = 0, hashlib.sha256()
    ordered = select(*picked).order_by(*table.primary_key.columns).execution_options(yield_per=1000)
    for row in connection.execute(ordered):
        digest.update(repr([_plain(value) for value in row]).encode())
        rows += 1
    return Content(list(columns), rows, digest.hexdigest())


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _contents(connection: Connection, known: dict[str, list[str]]) -> dict[str, Content]:
    return {name: content_of(connection, metadata.tables[name], columns) for name, columns in known.items()}


def _columns() -> dict[str, list[str]]:
    return {table.name: [column.name for column in table.columns] for table in metadata.sorted_tables}


def _kind(database: Database) -> str:
    return "sqlite" if database.is_sqlite else "postgresql"


def _compare(connection: Connection, manifest: Manifest) -> None:
    known = {name: content.columns for name, content in manifest.tables.items()}
    if _contents(connection, known) != manifest.tables:
        raise BackupError("content")


# --- SQLite: its own online backup ---


def _pack_sqlite(database: Database, archive: ZipFile) -> dict[str, Content]:
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / FILE
        copied.touch(0o600)
        with closing(sqlite3.connect(str(database.url.database))) as live, closing(sqlite3.connect(copied)) as copy:
            live.backup(copy)
        archive.write(copied, FILE)
        with closing(Database(f"sqlite:///{copied}")) as still, still.read() as connection:
            return _contents(connection, _columns())


def _fill_sqlite(database: Database, archive: ZipFile, manifest: Manifest, finish: Finish) -> None:
    target = Path(str(database.url.database))
    beside = target.with_name(target.name + ".restoring")
    try:
        with archive.open(FILE) as packed, beside.open("wb") as file:
            beside.chmod(0o600)
            shutil.copyfileobj(packed, file, CHUNK)
        with closing(Database(f"sqlite:///{beside}")) as filled:
            with filled.read() as connection:
                _compare(connection, manifest)
            schema.upgrade(filled)
            with filled.write() as connection:
                finish(connection, manifest)
        with closing(sqlite3.connect(beside)) as file_alone:
            file_alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            file_alone.execute("PRAGMA journal_mode=DELETE")
        database.close()
        beside.replace(target)
    finally:
        for rest in (beside, *(beside.with_name(beside.name + end) for end in ("-wal", "-shm"))):
            rest.unlink(missing_ok=True)


# --- PostgreSQL: COPY in one transaction ---


def _pack_postgres(database: Database, archive: ZipFile) -> dict[str, Content]:
    frozen = database.engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with frozen as connection, connection.begin():
        for name, columns in _columns().items():
            with archive.open(f"tables/{name}.copy", "w", force_zip64=True) as file:
                for block in _copied_out(connection, name, columns):
                    file.write(block)
        return _contents(connection, _columns())


def _copied_out(connection: Connection, name: str, columns: Sequence[str]) -> Iterator[bytes]:
    command = sql.SQL("COPY {} ({}) TO STDOUT").format(*_named(name, columns))
    with _driver(connection).cursor() as cursor, cursor.copy(command) as copy:
        yield from (bytes(block) for block in copy)


def _fill_postgres(database: Database, archive: ZipFile, manifest: Manifest, finish: Finish) -> None:
    with database.write() as connection:
        schema.upgrade_within(connection, manifest.revision)
        for table in metadata.sorted_tables:
            if table.name in manifest.tables:
                with archive.open(f"tables/{table.name}.copy") as file:
                    _copy_in(connection, table.name, manifest.tables[table.name].columns, file)
        _compare(connection, manifest)
        schema.upgrade_within(connection, "head")
        for table in metadata.sorted_tables:
            _count_on(connection, table)
        finish(connection, manifest)


def _copy_in(connection: Connection, name: str, columns: Sequence[str], file: Any) -> None:
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(*_named(name, columns))
    try:
        with _driver(connection).cursor() as cursor, cursor.copy(command) as copy:
            while block := file.read(CHUNK):
                copy.write(block)
    except psycopg.DataError:
        raise BackupError("content") from None


def _count_on(connection: Connection, table: Table) -> None:
    """Let new rows be numbered after those that were put in."""
    if "id" in table.c and str(table.c.id.type).upper() == "BIGINT":
        quoted = f'"{table.name}"'
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{quoted}', 'id'), max(id)) FROM {quoted} HAVING max(id) > 0"  # noqa: S608 - our own names
        )


def _named(name: str, columns: Sequence[str]) -> tuple[sql.Identifier, sql.Composed]:
    return sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))


def _driver(connection: Connection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)
