"""The migrated database equals the declared one, on both kinds, up and down."""

import re
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.event import listen
from sqlalchemy.exc import StatementError

from storage import schema
from storage.agenda import EARLIEST, agenda_after
from storage.database import Database
from storage.errors import SchemaError
from storage.indexes import metadata
from storage.ticks import take_tick
from tests.house import House, build_house, moment


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """The clinic in a database of the test's own: what is planned depends on what other tests left behind."""
    built = build_house(database_url)
    yield built
    built.engine.database.close()


def plan(house: House, query: str) -> str:
    """Return how the database would run a query if the table were large."""
    sqlite = house.engine.database.is_sqlite
    with house.engine.database.read() as connection:
        if not sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explained = connection.exec_driver_sql(("EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN ") + query)
        return str(explained.all())


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


def test_whether_anything_is_due_is_asked_of_the_index_though_the_moment_is_not_known(postgres_house: House) -> None:
    postgres_house.open_many(300, "2024-01-31")
    with postgres_house.engine.database.write() as connection:
        connection.exec_driver_sql("ANALYZE deadline")
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"PREPARE asked AS {EARLIEST}")
        explained = connection.exec_driver_sql("EXPLAIN EXECUTE asked").all()
    assert "ix_deadline_due" in str(explained)


def test_what_is_due_is_found_by_the_partial_index(house: House) -> None:
    house.open_many(50, "2024-01-31")
    query = "SELECT id FROM deadline WHERE next_at <= '2024-01-01' ORDER BY next_at, id LIMIT 500"
    assert "ix_deadline_due" in plan(house, query)


def test_what_falls_due_next_is_found_at_the_ends_of_two_partial_indexes(house: House) -> None:
    house.open_many(50, "2024-01-31")
    asked: list[str] = []
    listen(house.engine.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with house.engine.database.read() as connection:
        agenda_after(connection, moment("2024-01-31"))
    query = re.sub(r"%\(\w+\)s(::[A-Z ]+)?|\?", "'2024-01-31'", asked[-1])
    assert "ix_deadline_due" in plan(house, query)
    assert "ix_outbox_waiting" in plan(house, query)


def test_figures_of_open_cases_and_dead_messages_need_no_table(house: House) -> None:
    house.open_many(50, "2024-01-31")
    by_version = 'SELECT programme, version, count(*) FROM "case" WHERE closed_at IS NULL GROUP BY programme, version'
    assert "ix_case_open" in plan(house, by_version)
    assert "ix_outbox_dead" in plan(house, "SELECT count(*) FROM outbox WHERE state = 'dead'")


def test_a_naive_time_is_never_stored(house: House) -> None:
    with pytest.raises(StatementError, match="time zone"), house.engine.database.write() as connection:
        take_tick(connection, "digest", moment("2024-01-31").replace(tzinfo=None))
