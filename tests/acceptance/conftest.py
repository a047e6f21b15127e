"""A scaled-out run to test: PostgreSQL, Valkey, a mail server that catches, and a small clinic."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from demo.surroundings import Surroundings
from engine.auditing import unaccounted
from engine.metrics import due
from storage import outbox, tables
from tests.embedded import until
from tests.house import House, build_house
from tests.processes import Region, region
from tests.servers.postgres import PostgresServer, libpq_url
from tests.servers.valkey import ValkeyServer
from tests.servers.valkey import free_port as find_free_port
from workflows.dates import local_date

SOON = timedelta(days=10)  # a meeting's date whose first reminder, 14 days before it, is due


@dataclass
class ScaledOut:
    """The clinic's house, the mail that arrived, and where processes are started."""

    house: House
    around: Surroundings
    region: Region
    url: str

    def open_due(self, count: int) -> None:
        """Open cases of which each has exactly one reminder due, to the coordinator."""
        today = local_date(self.region.now())
        target = today + SOON
        month = (target.replace(day=1) - timedelta(days=1)).replace(day=min(target.day, 28))
        self.house.open_many(count, month.isoformat(), now=self.region.now(), until=f"{today.year + 2}-12-31")

    @property
    def arrived(self) -> int:
        """How many mails the mail server has accepted."""
        return self.around.mailbox.count("mail")

    def arrive(self, count: int, patience: float = 60.0) -> None:
        """Wait until so many mails have arrived."""
        until(lambda: self.arrived >= count, f"{count} mails, {self.arrived} came", patience)

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return self.house.count(table)

    def nothing_waits(self) -> bool:
        """Whether nothing is due, nothing is on its way, and every rung is accounted for."""
        now = self.region.now()
        with self.house.engine.database.read() as connection:
            states = tables.outbox.c.state.in_([outbox.QUEUED, outbox.SENDING])
            on_their_way = connection.execute(
                select(func.count()).select_from(tables.outbox).where(states)
            ).scalar_one()
            return due(connection, now)[0] == 0 and on_their_way == 0 and unaccounted(self.house.engine, now) == []

    @contextmanager
    def held(self, table: str) -> Iterator[Callable[[], bool]]:
        """Keep everybody from a table while the block lasts; gives whether somebody waits for it."""
        with (
            psycopg.connect(libpq_url(self.url)) as connection,
            psycopg.connect(libpq_url(self.url), autocommit=True) as watch,
        ):
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            yield lambda: watch.execute(query).fetchall()[0][0] > 0


@pytest.fixture
def broker() -> Iterator[ValkeyServer]:
    """A broker of the test's own, which may be stopped."""
    with ValkeyServer(private=True) as server:
        yield server


@pytest.fixture
def scaled(postgres_server: PostgresServer, broker: ValkeyServer, tmp_path: Path) -> Iterator[ScaledOut]:
    """A clinic on PostgreSQL and where to start web, workers and clocks for it; none runs yet."""
    url = postgres_server.create_database()
    house = build_house(url)
    with Surroundings.prepare(tmp_path, lambda: datetime.now(UTC)) as around:
        environment = {
            "BEVAKA_DATA_DIR": str(tmp_path),
            "BEVAKA_DATABASE_URL": url,
            "BEVAKA_REDIS_URL": broker.url,
            **{f"BEVAKA_{name.upper()}": str(value) for name, value in around.settings().items()},
        }
        with region(tmp_path, environment) as place:
            assert place.run("keys", "new").returncode == 0
            yield ScaledOut(house, around, place, url)
    house.engine.database.close()
    postgres_server.drop(url)


@pytest.fixture
def free_port() -> int:
    """A loopback port that nobody listens on."""
    return find_free_port()
