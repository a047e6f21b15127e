"""Fixtures of the integration tests: the small clinic, on each kind of database."""

from collections.abc import Iterator

import pytest

from tests.house import House, build_house


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A clinic with people and programmes, no cases yet; the test runs on SQLite and on PostgreSQL."""
    built = build_house(database_url)
    yield built
    built.engine.database.close()


@pytest.fixture
def sqlite_house(sqlite_url: str) -> Iterator[House]:
    """The clinic on SQLite alone, where the database makes no difference."""
    built = build_house(sqlite_url)
    yield built
    built.engine.database.close()


@pytest.fixture
def postgres_house(postgres_url: str) -> Iterator[House]:
    """The clinic on PostgreSQL alone, where writers really meet."""
    built = build_house(postgres_url)
    yield built
    built.engine.database.close()
