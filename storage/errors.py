"""What can be wrong with a database."""

import psycopg
from sqlalchemy.exc import DBAPIError

from workflows.errors import BevakaError


class SchemaError(BevakaError):
    """The database has another schema than this program."""

    def __init__(self, found: str | None, wanted: str) -> None:
        self.found = found
        self.wanted = wanted
        super().__init__(
            f"the database has schema {found or 'none'}, this program needs {wanted}: run `bevaka migrate`"
        )


class BackupError(BevakaError):
    """An archive that cannot be restored. `cause`: archive, format, kind, newer, content."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the backup cannot be restored: {cause}")


class NotEmptyError(BevakaError):
    """A backup is only restored into an empty database."""

    def __init__(self) -> None:
        super().__init__("there is something in the database: a backup is restored into an empty one")


def translated(error: psycopg.Error) -> BaseException:
    """Return an error that the driver raised on its own connection as SQLAlchemy raises it everywhere else."""
    return DBAPIError.instance("at once", None, error, psycopg.Error)
