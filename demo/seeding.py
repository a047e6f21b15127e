"""The demo's beginning: the programme's first year, lived through day by day by the real engine."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time

from demo.arrivals import Arrivals, planned_arrivals
from demo.clock import DemoClock
from demo.people import install_people
from demo.simulation import Coordinators
from demo.time_machine import TimeMachine, Travelled, Watcher, go_on
from engine.opening import OpenedCase
from engine.parts import Engine
from storage.database import Database
from storage.schema import downgrade, upgrade
from storage.tables import case
from storage.ticks import read_setting, write_setting
from workflows.dates import at_local

SEED = "bevaka-2"  # a year that ends with a believable caseload: some overdue, some this week, the rest later
CASES = 187
BEGINS = at_local(date(2023, 2, 13), time(7, 30))
TODAY = at_local(date(2024, 1, 15), time(9, 0))
SETTING = "demo"
SEEDING, READY = "seeding", "ready"


def demo_state(database: Database) -> str | None:
    """Return "ready", "seeding" when it was interrupted, or None when the database is no demo's."""
    with database.read() as connection:
        stored = read_setting(connection, SETTING)
    return None if stored is None else str(stored)


def start_over(database: Database, clock: DemoClock) -> None:
    """Empty a demo's database, or take an empty one for a demo; its clock shows the programme's first morning."""
    downgrade(database, "base")
    upgrade(database)
    with database.write() as connection:
        write_setting(connection, SETTING, SEEDING)
    clock.release(BEGINS)


def live_first_year(
    engine: Engine,
    clock: DemoClock,
    connect_teams: Callable[[Engine], None],
    *,
    cases: int = CASES,
    until: datetime = TODAY,
    seed: str = SEED,
    watcher: Watcher = go_on,
) -> Travelled:
    """Fill an emptied demo: people, cases as they came in, and all that happened until `until` (UTC).

    The definitions have been published. What is killed before it is done is begun anew at the next start.
    """
    install_people(engine)
    connect_teams(engine)
    machine = TimeMachine(engine, clock)
    coordinators = Coordinators(machine.engine, seed, clock())

    def welcome(opened: Sequence[OpenedCase], at: datetime) -> None:
        coordinators.welcome(case.c.id.in_([new.id for new in opened]), at)

    arrivals = Arrivals(machine.engine, planned_arrivals(cases, seed), welcome)
    travelled = machine.advance(until, [arrivals, coordinators], watcher)
    if not travelled.cancelled:
        with engine.database.write() as connection:
            write_setting(connection, SETTING, READY)
    return travelled
