"""The migrated database equals the declared one, on both kinds, up and down."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import StatementError

from storage import schema
from storage.database import Database
from storage.errors import SchemaError
from storage.tables import metadata
from storage.ticks import take_tick
from tests.house import House, moment


def test_the_migrated_database_equals_the_declared_one(database_url: str) -> None:
    database = Database(database_url)
    schema.upgrade(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_migrations_go_down_and_up_again(database_url: str) -> None:
    database = Database(database_url)
    schema.upgrade(database)
    schema.downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(database)
    schema.require_newest(database)
    database.close()


def test_an_empty_database_is_refused_with_the_way_to_mend_it(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(SchemaError, match="bevaka migrate"):
        schema.require_newest(database)
    database.close()


def test_what_is_due_is_found_by_the_partial_index(house: House) -> None:
    house.open_many(50, "2024-01-31")
    query = "SELECT id FROM deadline WHERE next_at <= '2024-01-01' ORDER BY next_at, id LIMIT 500"
    sqlite = house.engine.database.is_sqlite
    with house.engine.database.read() as connection:
        if not sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explained = connection.exec_driver_sql(("EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN ") + query)
        assert "ix_deadline_due" in str(explained.all())


def test_a_naive_time_is_never_stored(house: House) -> None:
    with pytest.raises(StatementError, match="time zone"), house.engine.database.write() as connection:
        take_tick(connection, "digest", moment("2024-01-31").replace(tzinfo=None))
