"""`bevaka web`, `worker` and `clock` as real processes on PostgreSQL and Valkey: any of them may go at any moment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import delete, update

from storage import tables
from tests import workplace
from tests.acceptance.conftest import ScaledOut
from tests.embedded import until
from tests.house import ROLES
from tests.processes import region
from tests.servers.valkey import ValkeyServer
from tests.workplace import happen
from workflows.dates import STOCKHOLM, local_date

NOWHERE = "redis://127.0.0.1:1/0"
LATE = "2029-12-31"


@contextmanager
def entered(scaled: ScaledOut, port: int) -> Iterator[httpx.Client]:
    """Start the web workplace and enter it as the coordinator."""
    with workplace.entered(scaled.region, port, ROLES["coordinator"]) as client:
        yield client


def test_what_is_due_leaves_once_with_two_workers_and_two_clocks(scaled: ScaledOut) -> None:
    scaled.open_due(20)
    for name in ("one", "two"):
        scaled.region.worker(name=name)
        scaled.region.clock()
    scaled.arrive(20)
    until(scaled.nothing_waits, "everything accounted for", 20)
    assert scaled.arrived == 20


@pytest.mark.slow
def test_two_clocks_share_their_ticks(scaled: ScaledOut, broker: ValkeyServer) -> None:
    clocks = [scaled.region.clock(), scaled.region.clock()]
    until(lambda: scaled.rows("tick") >= 5, "some ticks", 20)
    assert [clock.stop() for clock in clocks] == [0, 0]
    hours = 1 if scaled.region.now().minute else 2  # the test may pass the full hour
    with redis.Redis.from_url(broker.url) as client:
        called = client.llen("bevaka:post")
    assert scaled.rows("tick") - hours <= called <= scaled.rows("tick") - 1


def test_a_message_leaves_at_once_after_a_commit_without_a_tick(scaled: ScaledOut, free_port: int) -> None:
    ref = scaled.house.open_case(local_date(scaled.region.now()).isoformat(), now=scaled.region.now(), until=LATE)
    scaled.region.worker()
    meeting = (scaled.region.now() + timedelta(days=7)).astimezone(STOCKHOLM)
    with entered(scaled, free_port) as client:
        happen(client, ref, "record_consent")
        happen(client, ref, "book_meeting", meeting_at=f"{meeting:%Y-%m-%d} 10:00", place="clinic")
        committed = time.monotonic()
    scaled.arrive(2, 10)
    took = time.monotonic() - committed
    print(f"from commit to accepted by the mail server: {took:.2f} s")
    assert took < 1.5
    assert scaled.rows("tick") == 0


def test_the_work_of_a_worker_killed_in_the_middle_is_done_by_another(scaled: ScaledOut) -> None:
    scaled.open_due(20)
    scaled.region.clock()
    with scaled.held("ledger") as somebody_waits:
        first = scaled.region.worker(name="first")
        until(somebody_waits, "the first worker to be in the middle of a sweep", 20)
        first.kill()
        scaled.region.worker(name="second")
    scaled.arrive(20)
    until(scaled.nothing_waits, "everything accounted for", 20)
    assert scaled.arrived == 20


@pytest.mark.slow
def test_a_broker_that_forgets_everything_or_goes_away_loses_nothing(
    scaled: ScaledOut, broker: ValkeyServer, free_port: int
) -> None:
    scaled.region.worker()
    scaled.region.clock()
    scaled.open_due(5)
    broker.flushall()
    scaled.arrive(5)

    with entered(scaled, free_port) as client:
        broker.stop()
        ref = scaled.house.open_case(local_date(scaled.region.now()).isoformat(), now=scaled.region.now(), until=LATE)
        happen(client, ref, "record_consent")  # the workplace goes on
        assert client.get("/readyz").status_code == 200
    scaled.open_due(5)
    before = scaled.rows("tick")
    until(lambda: scaled.rows("tick") > before, "the clock to go on", 30)
    assert scaled.arrived == 5

    broker.start()
    scaled.arrive(10, 60)
    until(scaled.nothing_waits, "everything accounted for", 20)
    assert scaled.arrived == 10


@pytest.mark.slow
def test_a_warm_stop_lets_the_task_under_way_end(scaled: ScaledOut) -> None:
    scaled.open_due(1)
    worker = scaled.region.worker("--queues", "time")
    with scaled.held("ledger") as somebody_waits:
        scaled.region.clock()
        until(somebody_waits, "the worker to be in the middle of a sweep", 20)
        worker.popen.terminate()
    assert worker.popen.wait(30) == 0
    assert scaled.rows("ledger") == 1


@pytest.mark.slow
def test_a_worker_takes_from_its_queues_alone(scaled: ScaledOut) -> None:
    scaled.open_due(1)
    scaled.region.clock()
    postman = scaled.region.worker("--queues", "post,reports", name="postman")
    until(lambda: scaled.rows("tick") > 4, "some ticks", 20)
    assert scaled.rows("ledger") == 0
    scaled.region.worker("--queues", "time", name="sweeper")
    scaled.arrive(1)
    assert postman.popen.poll() is None


@pytest.mark.slow
def test_a_process_does_not_start_on_a_schema_that_is_not_its_own(scaled: ScaledOut) -> None:
    with scaled.house.engine.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    for process in (["worker"], ["clock"], ["web", "--port", "0"]):
        ended = scaled.region.run(*process)
        assert (ended.returncode, ended.stdout) == (4, "")
        assert "schema 0000" in ended.stderr.splitlines()[-1]


def test_a_worker_does_not_start_without_a_definition_that_cases_live_by(scaled: ScaledOut) -> None:
    scaled.house.open_case()
    with scaled.house.engine.database.write() as connection:
        connection.execute(delete(tables.definition).where(tables.definition.c.programme == "prov"))
    ended = scaled.region.run("worker")
    assert ended.returncode == 3
    assert ended.stderr.startswith("no programme prov is published")


@pytest.mark.slow
def test_a_worker_does_not_start_on_a_definition_it_cannot_read(scaled: ScaledOut) -> None:
    scaled.house.open_case()
    with scaled.house.engine.database.write() as connection:
        broken = update(tables.definition).where(tables.definition.c.programme == "prov")
        connection.execute(broken.values(source='{"programme": "prov"}'))
    ended = scaled.region.run("worker")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "said"),
    [
        (["worker"], {"BEVAKA_REDIS_URL": ""}, 4, "BEVAKA_REDIS_URL"),
        (["worker", "--queues", "time,letters"], {"BEVAKA_REDIS_URL": NOWHERE}, 2, "post, reports, time"),
        (["flower"], {}, 4, "BEVAKA_FLOWER_PASSWORD"),
        (["clock"], {"BEVAKA_DEADMAN_URL": "http://watch.example/1"}, 4, "https://"),
    ],
)
def test_a_process_says_what_it_misses(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], status: int, said: str
) -> None:
    with region(tmp_path, {}) as place:
        ended = place.run(*arguments, **settings)
    assert ended.returncode == status
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
