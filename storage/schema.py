"""Bringing a database to this program's schema with Alembic, and saying which one it has."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.database import Database
from storage.errors import SchemaError

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to `revision`; nothing happens when it is there already."""
    with database.write() as connection:
        command.upgrade(_config(connection), revision)


def upgrade_within(connection: Connection, revision: str) -> None:
    """Bring the database to `revision` in the caller's transaction."""
    command.upgrade(_config(connection), revision)


def is_known(revision: str) -> bool:
    """Say whether a revision is one this program can come from."""
    config = _config(None)
    return revision in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def downgrade(database: Database, revision: str) -> None:
    """Take the database back to `revision` ("base" empties it)."""
    with database.write() as connection:
        command.downgrade(_config(connection), revision)


def current_revision(database: Database) -> str | None:
    """Return the schema revision of the database, None when it is empty."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Return the schema revision of this program."""
    head = ScriptDirectory(str(SCRIPTS)).get_current_head()
    return head or ""


def require_newest(database: Database) -> None:
    """Raise `SchemaError` unless the database has this program's schema."""
    found, wanted = current_revision(database), newest_revision()
    if found != wanted:
        raise SchemaError(found, wanted)


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
