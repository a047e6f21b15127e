"""Where a trial is played: a clinic on a database of its own, a mail server that catches, and real processes."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from unittest.mock import patch

from sqlalchemy import func, select

from access.keyring import new_keyring_json
from bevaka.wiring import build_engine
from config.settings import read_settings
from demo.surroundings import Surroundings
from engine.metrics import due
from engine.parts import Engine
from storage import outbox, tables
from tests.chaos.faketime import Computer
from tests.chaos.total_queue import Account, take_account
from tests.embedded import until
from tests.house import House, build_house
from tests.processes import Region, region
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer
from workflows.dates import local_date

Kind = Literal["postgresql", "sqlite"]
SOON = timedelta(days=10)  # a meeting's date whose first reminder, 14 days before it, is due


@dataclass
class Stage:
    """A clinic, its surroundings, and where processes are started.

    Attributes:
        house: the clinic, on an engine that sends nothing.
        engine: as the processes have it: their keys, their mail server.
        around: the mail server and what it accepted.
        region: starts processes; their clock is always in working hours.
        server: the PostgreSQL server; None on SQLite.
        broker: the Valkey server; None without one.
        folder: for the files of the trial.
    """

    house: House
    engine: Engine
    around: Surroundings
    region: Region
    server: PostgresServer | None
    broker: ValkeyServer | None
    folder: Path

    def open_due(self, count: int, meeting_in: timedelta = SOON) -> list[str]:
        """Open cases of which each has exactly one reminder due, to the coordinator; return their references.

        Where their meeting is in more than two weeks, none is due yet.
        """
        today = local_date(self.region.now())
        target = today + meeting_in
        month = (target.replace(day=1) - timedelta(days=1)).replace(day=min(target.day, 28))
        until_day = f"{today.year + 2}-12-31"
        return self.house.open_many(count, month.isoformat(), now=self.region.now(), until=until_day)

    @property
    def arrived(self) -> int:
        """How many mails the mail server has accepted."""
        return self.around.mailbox.count("mail")

    def arrive(self, count: int, patience: float) -> None:
        """Wait until so many mails have arrived."""
        until(lambda: self.arrived >= count, f"{count} mails, {self.arrived} came", patience)

    @property
    def is_drained(self) -> bool:
        """Whether nothing is due and nothing is on its way."""
        states = tables.outbox.c.state.in_([outbox.QUEUED, outbox.SENDING])
        with self.engine.database.read() as connection:
            waiting = connection.execute(select(func.count()).select_from(tables.outbox).where(states)).scalar_one()
            return bool(waiting == 0 and due(connection, self.region.now())[0] == 0)

    def drain(self, patience: float, also: Callable[[], bool] = lambda: True) -> None:
        """Wait until nothing is due and nothing is on its way, and `also` holds."""
        until(lambda: self.is_drained and also(), "everything to leave", patience)

    def account(self, now: datetime | None = None) -> Account:
        """Compare what Bevaka says it sent with what arrived, at `now` (UTC) or by the processes' own time."""
        kept = reversed(self.around.mailbox.list(limit=1_000_000, kind="mail"))
        return take_account(self.engine, (mail.raw for mail in kept), now or self.region.now())


@contextmanager
def open_stage(
    kind: Kind, *, broker: bool = False, durable: bool = False, computer: Computer | None = None
) -> Iterator[Stage]:
    """Give a stage; everything on it is stopped and deleted when the block ends.

    Args:
        kind: which database.
        broker: with a Valkey of its own, which may be stopped.
        durable: flush commits to disk, where what is acknowledged must outlive the server.
        computer: whose clock PostgreSQL has; this one's where not given.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="chaos-")))
        server = stack.enter_context(_server(durable, computer)) if kind == "postgresql" else None
        queue = stack.enter_context(ValkeyServer(private=True)) if broker else None
        url = server.create_database() if server else f"sqlite:///{folder / 'bevaka.sqlite'}"
        around = stack.enter_context(Surroundings.prepare(folder, lambda: datetime.now(UTC)))
        (folder / "keyring.json").write_text(new_keyring_json(), encoding="utf-8")
        settings = {"data_dir": folder, "database_url": url, "redis_url": queue.url if queue else ""}
        settings |= around.settings()
        place = stack.enter_context(
            region(folder, {f"BEVAKA_{name.upper()}": str(value) for name, value in settings.items()})
        )
        engine = build_engine(read_settings(**settings))
        stack.callback(engine.database.close)
        house = build_house(url)
        stack.callback(house.engine.database.close)
        house.engine = replace(house.engine, vault=engine.vault, secrets=engine.secrets)
        yield Stage(house, engine, around, place, server, queue, folder)


@contextmanager
def _server(durable: bool, computer: Computer | None) -> Iterator[PostgresServer]:
    server = PostgresServer(durable=True) if durable else PostgresServer(private=True)
    # The server inherits our environment when it is started, and has its own from then on.
    with patch.dict(os.environ, computer.settings if computer else {}):
        server.start()
    with server:
        yield server
