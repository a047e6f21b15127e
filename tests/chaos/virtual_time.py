"""Houses that live by a clock of their own, so that a backoff of hours costs nothing; on every kind of database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from engine.delivering import CHANNELS, deliver
from engine.sweeping import sweep
from storage import circuits
from storage.outbox import QUEUED, SENDING
from storage.tables import outbox
from tests.house import House, build_house
from tests.servers.postgres import PostgresServer

MOST_ROUNDS = 20_000

Fresh = Callable[[], dict[str, str]]


@dataclass
class VirtualClock:
    """Where time stands."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def databases() -> Iterator[Fresh]:
    """Start what is needed, and give whoever asks the URL of an empty database of each kind, by its name."""
    names = count()
    with TemporaryDirectory() as folder, PostgresServer() as server:
        yield lambda: {
            "SQLite": f"sqlite:///{Path(folder) / f'{next(names)}.sqlite'}",
            "PostgreSQL": server.create_database(),
        }


@contextmanager
def house_on(url: str) -> Iterator[House]:
    """Give a clinic on an empty database."""
    house = build_house(url)
    try:
        yield house
    finally:
        house.engine.database.close()


def next_departure(house: House) -> datetime | None:
    """Return when a message may leave or be tried next; None when none waits."""
    moment = func.min(func.coalesce(outbox.c.leased_until, outbox.c.not_before))
    found: list[datetime] = []
    with house.engine.database.read() as connection:
        pauses = {one.channel: one.open_until for one in circuits.strained(connection)}
        for channel in CHANNELS:
            waits = outbox.c.state.in_([QUEUED, SENDING]) & outbox.c.held_at.is_(None) & (outbox.c.channel == channel)
            first: datetime | None = connection.execute(select(moment).where(waits)).scalar_one()
            if first is not None:
                found.append(max(first, pauses.get(channel) or first))
    return min(found, default=None)


def drain(house: House, clock: VirtualClock) -> int:
    """Deliver, and let time pass to whenever something may leave next, until nothing waits; return how many rounds."""
    for number in range(MOST_ROUNDS):
        deliver(house.engine, clock.now)
        moment = next_departure(house)
        if moment is None:
            return number
        clock.now = max(moment, clock.now + timedelta(seconds=1))
    raise AssertionError(f"messages wait still after {MOST_ROUNDS} rounds")


def settle(house: House, clock: VirtualClock) -> None:
    """Let the house come to rest: everything due is swept, and everything queued has left."""
    drain(house, clock)
    while sweep(house.engine, clock.now).queued:
        drain(house, clock)
