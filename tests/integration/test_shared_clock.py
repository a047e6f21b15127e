"""Every process tells the time by the database, whatever its own computer's clock says."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from storage.shared_clock import SharedClock
from tests.servers.postgres import PostgresServer


@pytest.mark.parametrize(
    "wrong", [timedelta(minutes=-5), timedelta(minutes=5), timedelta(days=400), timedelta(days=-1)]
)
def test_a_computer_whose_clock_is_wrong_tells_the_databases_time(postgres_url: str, wrong: timedelta) -> None:
    database = Database(postgres_url)
    clock = SharedClock(database, lambda: datetime.now(UTC) + wrong)
    first, second = clock(), clock()
    database.close()
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=30)
    assert first <= second <= datetime.now(UTC)


def test_a_computer_that_slept_asks_at_once(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database, moments = Database(postgres_url), [datetime.now(UTC)]
    clock = SharedClock(database, lambda: moments[-1])
    before = clock()
    monkeypatch.setattr("storage.shared_clock.database_time", lambda _connection: before + timedelta(hours=1))
    assert clock() < before + timedelta(minutes=1)
    moments.append(moments[0] + timedelta(hours=1))  # its own clock has gone on; the monotonic one has stood still
    assert clock() >= before + timedelta(hours=1)
    database.close()


def test_on_sqlite_the_computers_own_clock_counts(sqlite_url: str) -> None:
    ahead = datetime.now(UTC) + timedelta(days=2)
    database = Database(sqlite_url)
    assert SharedClock(database, lambda: ahead)() == ahead
    database.close()


def test_while_the_database_is_away_the_clock_counts_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresServer(private=True) as server:
        database = Database(server.create_database())
        clock = SharedClock(database, lambda: datetime(2000, 1, 1, tzinfo=UTC))
        before = clock()
        server.stop()
        monkeypatch.setattr("storage.shared_clock.ASK_EVERY", 0.0)
        after = clock()
        database.close()
    assert before <= after <= datetime.now(UTC)


def test_before_it_was_ever_told_anything_it_is_the_computers_own() -> None:
    own = datetime(2000, 1, 1, tzinfo=UTC)
    database = Database("postgresql+psycopg://nobody@/nothing?host=/nowhere")
    assert SharedClock(database, lambda: own)() == own
    database.close()
