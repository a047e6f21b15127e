"""Fixtures of the integration tests: the small clinic, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from access import passwords
from storage.database import Database
from tests.furnished import FurnishedDatabase, FurnishedFile
from tests.house import House, enter_house


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a password's hash take a millisecond: what it costs a guesser is tested in tests/unit/access."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords._nobodys.cache_clear()


@pytest.fixture(scope="session")
def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> FurnishedFile:
    """The clinic in a SQLite file, furnished once for the session (for each worker under pytest-xdist)."""
    return FurnishedFile(tmp_path_factory.mktemp("furnished"))


@pytest.fixture(scope="session")
def furnished_database(request: pytest.FixtureRequest) -> FurnishedDatabase:
    """The clinic in a PostgreSQL database, likewise."""
    return FurnishedDatabase(lambda: request.getfixturevalue("postgres_server"))


@pytest.fixture
def sqlite_house(tmp_path: Path, furnished_file: FurnishedFile) -> Iterator[House]:
    """The clinic on SQLite alone, where the database makes no difference."""
    database = Database(furnished_file.copy_to(tmp_path / "house.sqlite"))
    yield enter_house(database)
    database.close()


@pytest.fixture
def postgres_house(furnished_database: FurnishedDatabase) -> Iterator[House]:
    """The clinic on PostgreSQL alone, where writers really meet."""
    database = Database(furnished_database.anew())
    yield enter_house(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> House:
    """A clinic with people and programmes, no cases yet; the test runs on SQLite and on PostgreSQL."""
    name = {"sqlite": "sqlite_house", "postgresql": "postgres_house"}[request.param]
    built: House = request.getfixturevalue(name)
    return built
