"""A pooled connection that the server has closed is noticed without asking, and replaced before anybody minds."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage.batch import Batch
from storage.database import Database
from storage.tables import unit
from tests.servers.postgres import PostgresServer


def test_a_restarted_server_is_met_again_without_an_error() -> None:
    with PostgresServer(private=True) as server:
        database = Database(server.create_database())
        with database.write() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        server.restart()
        with database.write() as connection:
            assert connection.execute(text("SELECT 2")).scalar_one() == 2
        database.close()


def test_a_connection_that_somebody_ended_is_replaced() -> None:
    with PostgresServer(private=True) as server:
        database = Database(server.create_database())
        with database.read() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other = Database(server.url)
        with other.write() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with database.read() as connection:
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
        other.close()
        database.close()


def test_a_server_that_is_away_is_told_alike_on_every_path() -> None:
    with PostgresServer(private=True) as server:
        database = Database(server.create_database())
        server.stop()
        with pytest.raises(OperationalError), database.write():
            pass
        with pytest.raises(OperationalError), database.at_once():
            pass


def test_a_server_that_goes_away_in_the_middle_is_told_alike_on_every_path() -> None:
    with PostgresServer(private=True) as server:
        database = Database(server.create_database())
        with pytest.raises(OperationalError):
            ask_a_server_that_stops(database, server)
        server.restart()
        with database.at_once() as driver:
            assert driver.execute("SELECT 1").fetchone() == (1,)
        database.close()


def test_a_server_that_goes_away_before_a_batch_is_sent_is_told_alike() -> None:
    with PostgresServer(private=True) as server:
        database = Database(server.create_database())
        with pytest.raises(OperationalError):
            send_to_a_server_that_stops(database, server)
        database.close()


def send_to_a_server_that_stops(database: Database, server: PostgresServer) -> None:
    with database.write() as connection:
        batch = Batch(connection)
        batch.insert(unit, [{"code": "north", "title": "Mottagning"}])
        connection.execute(text("SELECT 1"))
        server.stop("immediate")
        batch.send()


def ask_a_server_that_stops(database: Database, server: PostgresServer) -> None:
    with database.at_once() as driver:
        server.stop("immediate")
        driver.execute("SELECT 1")
