"""A real PostgreSQL for tests, benchmarks and the chaos harness: from the wheel, or the one that the environment names.

    with PostgresServer(durable=True) as server:
        url = server.create_database()

Starting takes about half a second and needs no network, no root and no installed server.
"""

import os
import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.servers.cluster import DURABLE, FAST, Cluster, StopMode, start_cluster
from tests.servers.errors import ServerNotOurs, ServerNotRunning, ServerUnavailable
from tests.servers.installations import Route

VARIABLE = "TEST_DATABASE_URL"
NAME = "PostgreSQL"


class PostgresServer:
    """A PostgreSQL server and the throw-away databases in it."""

    def __init__(
        self,
        *,
        durable: bool = False,
        private: bool = False,
        settings: Mapping[str, str] | None = None,
        routes: list[Route] | None = None,
    ) -> None:
        """Describe a server; `start` or ``with`` starts it.

        Args:
            durable: Flush commits to disk. Off for tests, which may lose their data; on for crashes and benchmarks.
            private: Start our own even when TEST_DATABASE_URL names one. Implied by durable, settings and routes.
            settings: More server settings, by name.
            routes: Ways to run it, instead of those this machine has.
        """
        self._settings = {**(DURABLE if durable else FAST), **(settings or {})}
        self._routes = routes
        named = None if private or durable or settings or routes else os.environ.get(VARIABLE)
        self._named = make_url(named).set(drivername="postgresql+psycopg") if named else None
        self._cluster: Cluster | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the maintenance database, as a superuser (unless the environment names another)."""
        return self._address().render_as_string(hide_password=False)

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._own("signal").pid

    @property
    def log(self) -> str:
        """What the server has logged so far."""
        return self._own("read the log of").log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Create and start the server, or see that the one named by the environment answers.

        Raises:
            ServerUnavailable: No way of starting it worked, or the named one does not answer.
        """
        if self._named is not None:
            self._require_answer()
        elif self._cluster is None:
            self._cluster = start_cluster(self._settings, self._routes)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server and keep its data for `restart`."""
        self._own("stop").stop(mode)

    def kill(self) -> None:
        """SIGKILL the postmaster and keep its data for `restart`."""
        self._own("kill").kill()

    def restart(self) -> None:
        """Start again on the same data and the same URL, stopping first if need be."""
        cluster = self._own("restart")
        cluster.stop("fast")
        cluster.start()

    def close(self) -> None:
        """Stop for good and delete the data. A server named by the environment stays as it is."""
        if self._cluster is not None:
            self._cluster.remove()
            self._cluster = None

    def create_database(self, template: str | None = None) -> str:
        """Create a database under a random name and return its SQLAlchemy URL.

        Args:
            template: The URL of a database nobody is connected to, to copy (say, one already migrated).
        """
        name = f"test_{secrets.token_hex(6)}"
        source = make_url(template).database if template else "template1"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._administer(statement.format(sql.Identifier(name), sql.Identifier(str(source))))
        return self._address().set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop a database made by `create_database`, even when connections to it are still open."""
        name = sql.Identifier(str(make_url(url).database))
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _require_answer(self) -> None:
        try:
            psycopg.connect(libpq_url(self.url), connect_timeout=10).close()
        except psycopg.OperationalError as refusal:
            raise ServerUnavailable(NAME, [f"{VARIABLE}: {refusal}"], VARIABLE) from refusal

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(libpq_url(self.url), autocommit=True) as connection:
            connection.execute(statement)

    def _address(self) -> URL:
        if self._named is not None:
            return self._named
        if self._cluster is None:
            raise ServerNotRunning(NAME)
        query = {"host": str(self._cluster.folder)}
        return URL.create("postgresql+psycopg", username="postgres", database="postgres", query=query)

    def _own(self, action: str) -> Cluster:
        if self._named is not None:
            raise ServerNotOurs(NAME, action, VARIABLE)
        if self._cluster is None:
            raise ServerNotRunning(NAME)
        return self._cluster


def libpq_url(url: str) -> str:
    """Return a SQLAlchemy URL as one that psycopg and psql take."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
