"""The test servers do what the suite relies on: they are real, they crash honestly, and they leave nothing behind."""

import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import create_engine, text

from tests.servers import launch
from tests.servers.cluster import start_cluster
from tests.servers.errors import ServerNotOurs, ServerNotRunning, ServerUnavailable
from tests.servers.installations import Route, routes_on_this_machine
from tests.servers.postgres import PostgresServer, libpq_url
from tests.servers.valkey import ValkeyServer

REPOSITORY = Path(__file__).parents[2]
NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/none"


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq_url(url)) as connection:
        return connection.execute(query).fetchall()


def run(url: str, *statements: str) -> None:
    with psycopg.connect(libpq_url(url)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def durable() -> Iterator[PostgresServer]:
    with PostgresServer(durable=True) as server:
        yield server


# What PostgreSQL can do


def test_the_server_is_a_supported_postgresql(postgres_url: str) -> None:
    [(version,)] = rows(postgres_url, "SELECT current_setting('server_version_num')::int")
    assert isinstance(version, int)
    assert version >= 150000


def test_the_server_lives_in_utc(postgres_url: str) -> None:
    assert rows(postgres_url, "SHOW timezone") == [("UTC",)]


def test_swedish_letters_have_a_lower_case(postgres_url: str) -> None:
    assert rows(postgres_url, "SELECT lower('ÅÄÖ')") == [("åäö",)]


def test_jsonb_finds_what_it_contains(postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE t (facts jsonb)", """INSERT INTO t VALUES ('{"state": "granted"}'), ('{}')""")
    found = rows(postgres_url, """SELECT facts ->> 'state' FROM t WHERE facts @> '{"state": "granted"}'""")
    assert found == [("granted",)]


def test_two_sessions_that_skip_locked_rows_claim_different_ones(postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE t (id int)", "INSERT INTO t SELECT generate_series(1, 10)")
    claim = "SELECT id FROM t ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED"
    with psycopg.connect(libpq_url(postgres_url)) as one, psycopg.connect(libpq_url(postgres_url)) as other:
        first, second = one.execute(claim).fetchall(), other.execute(claim).fetchall()
    assert ([row[0] for row in first], [row[0] for row in second]) == ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])


# Databases


def test_a_new_database_can_copy_a_prepared_one(postgres_server: PostgresServer, postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (7)")
    copy = postgres_server.create_database(template=postgres_url)
    assert rows(copy, "SELECT id FROM t") == [(7,)]
    postgres_server.drop(copy)


def test_a_database_is_dropped_under_an_open_connection(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    with psycopg.connect(libpq_url(url)) as connection:
        postgres_server.drop(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_every_kind_of_database_starts_empty(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_once (id int)"))
        assert connection.execute(text("SELECT count(*) FROM only_once")).scalar_one() == 0
    engine.dispose()


# Crashes


def test_an_immediate_stop_keeps_what_was_committed(durable: PostgresServer) -> None:
    run(durable.url, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    durable.stop("immediate")
    durable.restart()
    assert rows(durable.url, "SELECT id FROM t") == [(1,)]


def test_an_immediate_stop_forgets_what_was_not_committed(durable: PostgresServer) -> None:
    run(durable.url, "CREATE TABLE t (id int)")
    with psycopg.connect(libpq_url(durable.url)) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        durable.stop("immediate")
        connection.close()
    durable.restart()
    assert rows(durable.url, "SELECT id FROM t") == []


def test_a_killed_postmaster_keeps_what_was_committed(durable: PostgresServer) -> None:
    run(durable.url, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    durable.kill()
    durable.restart()
    assert rows(durable.url, "SELECT id FROM t") == [(1,)]


def test_a_durable_server_flushes_and_a_fast_one_does_not(durable: PostgresServer) -> None:
    with PostgresServer(private=True) as fast:
        flushes = [rows(server.url, "SHOW fsync") for server in (durable, fast)]
    assert flushes == [[("on",)], [("off",)]]


def test_a_closed_server_leaves_no_folder() -> None:
    with PostgresServer(private=True) as server:
        [(data,)] = rows(server.url, "SHOW data_directory")
    assert not Path(str(data)).parent.exists()


# Valkey


def test_a_blocked_reader_is_woken(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as writer, redis.Redis.from_url(redis_url) as reader:
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(reader.blpop, ["queue"], timeout=10)
            writer.rpush("queue", "wake")
        assert list(waiting.result()) == [b"queue", b"wake"]


def test_flushall_forgets_everything(valkey_server: ValkeyServer) -> None:
    with redis.Redis.from_url(valkey_server.url) as client:
        client.set("key", "value")
        valkey_server.flushall()
        assert client.dbsize() == 0


def test_an_append_only_file_survives_a_kill(tmp_path: Path) -> None:
    with ValkeyServer(aof_dir=tmp_path, appendfsync="always") as server, redis.Redis.from_url(server.url) as client:
        client.rpush("queue", "task")
        server.kill()
        server.restart()
        assert client.lrange("queue", 0, -1) == [b"task"]


def test_without_an_append_only_file_a_restart_forgets() -> None:
    with ValkeyServer(private=True) as server, redis.Redis.from_url(server.url) as client:
        client.rpush("queue", "task")
        server.restart()
        assert client.dbsize() == 0


def test_a_restart_keeps_the_address() -> None:
    with ValkeyServer(private=True) as server:
        before = server.url
        server.kill()
        server.restart()
        assert server.url == before


# Nothing left behind, nothing hidden


PARENT = """
import sys
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer
postgres, valkey = PostgresServer(private=True), ValkeyServer(private=True)
postgres.start(), valkey.start()
print(postgres.pid, valkey.pid, flush=True)
sys.stdin.read()
"""


def ends_within(process: int, milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    return bool(poll.poll(milliseconds))


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")


@linux_only
def test_servers_die_with_a_killed_parent() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = {**os.environ, "TMPDIR": folder, "PYTHONPATH": str(REPOSITORY)}
        command = [sys.executable, "-c", PARENT]
        with subprocess.Popen(command, stdin=-1, stdout=-1, env=environment, text=True) as parent:
            assert parent.stdout is not None
            servers = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
            parent.kill()
        ended = [ends_within(server, 20_000) for server in servers]
        for server in servers:
            os.close(server)
    assert ended == [True, True]


@linux_only
def test_a_server_outlives_the_thread_that_started_it() -> None:
    server = ValkeyServer(private=True)
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    with server:
        process = os.pidfd_open(server.pid)
        ended = ends_within(process, 1_000)  # Valkey looks for its signals ten times a second
        os.close(process)
    assert not ended


def test_the_environment_may_name_the_postgresql(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", libpq_url(postgres_server.url))
    with PostgresServer() as named:
        url = named.create_database()
        assert rows(url, "SELECT 1") == [(1,)]
        named.drop(url)


def test_a_postgresql_named_by_the_environment_is_not_ours_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", NOWHERE)
    with pytest.raises(ServerNotOurs, match="Cannot stop the PostgreSQL that TEST_DATABASE_URL names"):
        PostgresServer().stop()


def test_a_valkey_named_by_the_environment_is_not_ours_to_kill(
    valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", valkey_server.url)
    with pytest.raises(ServerNotOurs, match="Cannot kill the Valkey that TEST_REDIS_URL names"):
        ValkeyServer().kill()


def test_a_named_postgresql_that_does_not_answer_is_an_error_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", NOWHERE)
    with pytest.raises(ServerUnavailable) as caught:
        PostgresServer().start()
    assert "TEST_DATABASE_URL" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_that_cannot_start_says_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(ServerUnavailable, match=f"Tried:\n  - {tmp_path}"):
        start_cluster({}, [Route(tmp_path, launch.AS_IS)])


def test_a_wrong_setting_is_reported_in_postgres_own_words() -> None:
    with pytest.raises(ServerUnavailable, match="unrecognized configuration parameter"):
        start_cluster({"no_such_setting": "1"}, routes_on_this_machine()[:1])


def test_a_server_that_was_not_started_says_so() -> None:
    with pytest.raises(ServerNotRunning, match="PostgreSQL is not running"):
        PostgresServer(private=True).create_database()


def test_a_missing_server_fails_the_suite(tmp_path: Path) -> None:
    suite = tmp_path / "test_needs_a_server.py"
    suite.write_text("def test_it(postgres_url): pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", f"--rootdir={tmp_path}", "-c", os.devnull]
    environment = {**os.environ, "TEST_DATABASE_URL": NOWHERE}
    command.append(str(suite))
    answer = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert (answer.returncode, "No PostgreSQL could be started" in answer.stdout) == (1, True)
