"""Opening a demo: database, clock, catchers and engine; at the first start its first year is lived through."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bevaka.publishing import publish_packaged
from bevaka.start_errors import NotADemoError
from bevaka.wiring import build_engine
from config.settings import Settings
from demo.clock import DemoClock
from demo.haste import hasten
from demo.seeding import BEGINS, READY, TODAY, demo_state, live_first_year, start_over
from demo.surroundings import Surroundings
from demo.time_machine import Travelled
from engine.parts import Engine, stay_asleep
from storage.database import Database
from storage.schema import upgrade
from storage.tables import unit

Progress = Callable[[Travelled, float], None]


@dataclass(frozen=True, slots=True)
class DemoHouse:
    """An open demo."""

    engine: Engine
    clock: DemoClock
    surroundings: Surroundings


def tell_nobody(_travelled: Travelled, _part: float) -> None:
    """Show no progress."""


@contextmanager
def demo_house(
    settings: Settings,
    *,
    nudge: Callable[[], None] = stay_asleep,
    progress: Progress = tell_nobody,
    today: datetime = TODAY,
) -> Iterator[DemoHouse]:
    """Give an open demo while the block lasts; the caller holds the lock of its data folder.

    Args:
        settings: where it is kept, and how many cases a new one has.
        nudge: see `Engine.nudge`.
        progress: told of every day that a new demo lives through, and how much of the year is over (0 to 1).
        today: the instant (UTC) at which a new demo arrives.

    Raises:
        NotADemoError: the database holds something else.
    """
    with ExitStack() as stack:
        database = stack.enter_context(closing(Database(settings.database)))
        hasten(database)
        upgrade(database)
        clock = DemoClock(database)
        fresh = _is_fresh(database, settings)
        if fresh:
            start_over(database, clock)
        surroundings = stack.enter_context(Surroundings.prepare(settings.data_dir, clock))
        around = settings.model_copy(update=surroundings.settings())
        engine = build_engine(around, nudge=nudge, clock=clock, new_keys=True)
        stack.callback(engine.database.close)
        hasten(engine.database)
        publish_packaged(engine, clock())
        house = DemoHouse(engine, clock, surroundings)
        _move_in(house, settings.demo_cases, today, progress) if fresh else _come_back(house)
        yield house


def _is_fresh(database: Database, settings: Settings) -> bool:
    """Say whether the first year is still to be lived through: never begun, or interrupted."""
    state = demo_state(database)
    with database.read() as connection:
        somebody = connection.execute(select(unit.c.id).limit(1)).first()
    if state is None and somebody is not None:
        raise NotADemoError(settings.data_dir)
    return state != READY


def _move_in(house: DemoHouse, cases: int, today: datetime, progress: Progress) -> None:
    house.surroundings.mailbox.wipe()
    whole = (today - BEGINS).days

    def watch(travelled: Travelled) -> bool:
        progress(travelled, (travelled.day - BEGINS.date()).days / whole)
        return True

    connect = house.surroundings.connect_teams
    live_first_year(house.engine, house.clock, connect, cases=cases, until=today, watcher=watch)


def _come_back(house: DemoHouse) -> None:
    house.clock.catch_up()
    house.surroundings.connect_teams(house.engine)
