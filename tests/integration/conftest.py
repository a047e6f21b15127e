"""Fixtures of the integration tests: the small clinic, on each kind of database."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from access import passwords
from tests.house import House, build_house


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a password's hash take a millisecond: what it costs a guesser is tested in tests/unit/access."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords._nobodys.cache_clear()


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
