"""A database as a part of one transaction: use cases that open their own happen together, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from storage.database import Database


class JoinedDatabase(Database):
    """The database of a transaction that is under way. Every transaction begun on it is a savepoint of that one.

    Args of the constructor:
        joined: the database.
        connection: its transaction, which writes; whoever began it commits.
    """

    def __init__(self, joined: Database, connection: Connection) -> None:
        self.url = joined.url
        self.is_sqlite = joined.is_sqlite
        self.engine = joined.engine
        self.acts_at_once = False  # what is a transaction of its own cannot be a part of another
        self._connection = connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the transaction; what the block wrote is undone when it raises."""
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give the transaction, which sees what it has written itself."""
        yield self._connection
