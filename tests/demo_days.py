"""Demos to test with: lived through with the real engine, real SMTP and real HTTPS, in a folder of the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path

from bevaka.demo_house import DemoHouse, demo_house
from config.settings import read_settings
from demo.arrivals import Arrival, planned_arrivals
from demo.mailbox import Caught, DemoMailbox
from demo.seeding import SEED
from workflows.dates import at_local


def stockholm(day: str, clock: str = "09:00") -> datetime:
    """Return the UTC instant of a Stockholm day and time."""
    return at_local(date.fromisoformat(day), time.fromisoformat(clock))


@contextmanager
def lived_demo(folder: Path, cases: int, until: str) -> Iterator[DemoHouse]:
    """Give a demo with so many cases that has been lived through until a Stockholm day, at nine."""
    settings = read_settings(data_dir=folder, demo_cases=cases, database_url="", keyring_file=None)
    with demo_house(settings, today=stockholm(until)) as house:
        yield house


def arrivals_of(cases: int) -> list[Arrival]:
    """Return the cases such a demo has, with whom they are about."""
    return planned_arrivals(cases, SEED)


def everything_caught(mailbox: DemoMailbox) -> tuple[Caught, ...]:
    """Return every mail and card."""
    return mailbox.list(limit=1_000_000)
