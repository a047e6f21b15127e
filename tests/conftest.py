"""Fixtures every test may use: real databases, a real broker, and how hard Hypothesis looks.

A server that cannot be started fails the tests that need it. Nothing here skips.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.servers.errors import ServerUnavailable
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer

settings.register_profile("dev", max_examples=25, deadline=None, derandomize=False)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Whatever a test lets the house do to this process's log is undone: the next one's `caplog` hears everything."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the session (for each worker under pytest-xdist), started by the first test that asks."""
    server = PostgresServer()
    _start(server)
    yield server
    server.close()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """One Valkey for the session (for each worker under pytest-xdist), started by the first test that asks."""
    server = ValkeyServer()
    _start(server)
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database of the test's own."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The SQLAlchemy URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The SQLAlchemy URL of an empty database: the test runs once on each kind we support."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


@pytest.fixture
def redis_url(valkey_server: ValkeyServer) -> str:
    """The URL of a broker without a single key."""
    valkey_server.flushall()
    return valkey_server.url


def _start(server: PostgresServer | ValkeyServer) -> None:
    try:
        server.start()
    except ServerUnavailable as missing:
        pytest.fail(str(missing), pytrace=False)
