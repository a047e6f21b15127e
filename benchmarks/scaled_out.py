"""A scaled-out run to measure: PostgreSQL, Valkey, a lean mail server, and the real processes of Bevaka.

Their clock is ahead of the world's, so that it is always ten o'clock of a working day (tests/processes.py).
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import smtp_sink
from benchmarks.caseload import fill, prepare
from benchmarks.smtp_sink import Sink
from tests.processes import Process, Region, region
from tests.servers.postgres import PostgresServer, libpq_url
from tests.servers.valkey import ValkeyServer
from workflows.dates import local_date

YEAR = timedelta(days=364)  # the same day of the week, so that ladders begin alike
LADDER_BEGINS = timedelta(days=14)  # before the day it is due (programme.yaml)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where processes are started and what they work on. `redis` is the broker's address."""

    url: str
    redis: str
    sink: Sink
    region: Region

    def now(self) -> datetime:
        """Return the instant by the processes' clock, UTC."""
        return self.region.now()

    def told_at(self, accepted: float) -> datetime:
        """Return the instant, by the processes' clock, of a moment the mail server wrote down."""
        return datetime.fromtimestamp(accepted, self.now().tzinfo) + self.region.shift

    def fill(self, number: int, *, due: int = 0, due_at: datetime | None = None) -> None:
        """Make open cases whose ladder begins today; `due` of them are due at `due_at`, the others in a year."""
        at = due_at or self.now()
        later = (self.due_on + YEAR, at + YEAR)
        fill(self.url, number, 1, due_at=at, later=at, due=due, due_on=self.due_on, later_on=[later])

    @property
    def due_on(self) -> date:
        """Return the day whose ladder begins today."""
        return local_date(self.now()) + LADDER_BEGINS

    def workers(self, number: int) -> list[Process]:
        """Start workers that do one task at a time, and wait until they take tasks."""
        started = [self.region.start("worker", "--concurrency", "1", "--name", f"w{n}") for n in range(number)]
        return [worker.has_said("worker: ") for worker in started]

    def execute(self, statement: str, **values: object) -> None:
        """Run a statement by hand, committed."""
        with psycopg.connect(libpq_url(self.url), autocommit=True) as connection:
            connection.execute(statement, values)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query made by hand."""
        with psycopg.connect(libpq_url(self.url)) as connection:
            return connection.execute(query).fetchall()

    def wait_for_mail(self, number: int, patience: float = 900.0, every: float = 0.02) -> None:
        """Wait until the mail server has accepted so many mails; raises `TimeoutError`."""
        until = time.monotonic() + patience
        while self.sink.count() < number:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.sink.count()} of {number} mails within {patience:g} s")
            time.sleep(every)


@contextmanager
def scaled_out(server: PostgresServer, *, real: bool = False) -> Iterator[Scene]:
    """Give a scene in which no process runs yet; whatever is left of them is killed when the block ends.

    Args:
        server: Where its database is made.
        real: Let the mail server be like a real one: a millisecond away, and every mail on disk before it answers.
    """
    url = server.create_database()
    prepare(url).database.close()
    with (
        tempfile.TemporaryDirectory() as folder,
        ValkeyServer(private=True) as broker,
        smtp_sink.running(Path(folder), real=real) as sink,
        region(Path(folder), _environment(Path(folder), url, broker.url, sink)) as place,
    ):
        place.run("keys", "new").check_returncode()
        yield Scene(url, broker.url, sink, place)
    server.drop(url)


def _environment(folder: Path, url: str, redis: str, sink: Sink) -> dict[str, str]:
    return {
        "BEVAKA_DATA_DIR": str(folder),
        "BEVAKA_DATABASE_URL": url,
        "BEVAKA_REDIS_URL": redis,
        "BEVAKA_SMTP_HOST": "127.0.0.1",
        "BEVAKA_SMTP_PORT": str(sink.port),
        "BEVAKA_SMTP_SECURITY": "none",
        "BEVAKA_SMTP_SENDER": "bevaka@bevaka.example",
        "BEVAKA_HOLD_BACKLOG": "0",  # a filled database has slept since its cases were opened
        "BEVAKA_LOG_LEVEL": "WARNING",
    }
