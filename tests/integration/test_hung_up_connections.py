"""A pooled connection that the server has closed is noticed without asking, and replaced before anybody minds."""

from sqlalchemy import text

from storage.database import Database
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
