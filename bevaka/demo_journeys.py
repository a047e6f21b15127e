"""Journeys in time from the command line: by the running demo where there is one, else by this process itself."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from bevaka.demo_house import demo_house
from bevaka.locking import is_running, locked
from bevaka.seeding_progress import seeding_progress
from bevaka.start_errors import DemoGoneError, NotADemoError, SpanError
from config.settings import Settings
from demo.clock import DemoClock
from demo.errands import Errand, Errands, Journey
from demo.seeding import READY, demo_state
from demo.time_machine import later
from demo.traveller import Traveller
from storage.database import Database
from storage.schema import require_newest
from workflows.dates import Span, Unit

LOOKS = 0.2
UNITS = {"d": Unit.DAYS, "w": Unit.WEEKS, "m": Unit.MONTHS, "y": Unit.YEARS}
LONGEST = 3660  # days, whatever they are written in: past it definitions and calendar end

Watch = Callable[[Errand], None]


def read_span(text: str) -> Span:
    """Read `40d`, `2w`, `6m` or `1y`.

    Raises:
        SpanError: anything else, nothing at all, or more than ten years.
    """
    number, unit = text[:-1], UNITS.get(text[-1:])
    if unit is None or not (number.isascii() and number.isdecimal()) or len(number) > 4:
        raise SpanError
    days = int(number) * {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 30, Unit.YEARS: 365}[unit]
    if not 0 < days <= LONGEST:
        raise SpanError
    return Span(int(number), unit)


def travel(settings: Settings, journey: Journey, span: Span, watch: Watch, *, acting: bool = True) -> Errand:
    """Let the demo's time pass; return how the journey ended.

    Args:
        settings: whose data folder holds the demo.
        journey: with everything that time does, or as an outage.
        span: how far.
        watch: told now and then how far it has come.
        acting: whether the demo's people go on working meanwhile.

    Raises:
        NotADemoError: the data folder holds something else.
        BusyError: a journey is under way.
        DemoGoneError: the running demo ended meanwhile.
    """
    if is_running(settings.data_dir):
        return _ask(settings, journey, span, watch, acting)
    with locked(settings.data_dir), seeding_progress() as progress, demo_house(settings, progress=progress) as house:
        errands = Errands(house.engine.database)
        errands.forget_interrupted()
        errand = errands.ask(journey, house.clock(), later(house.clock(), span), acting=acting)
        return Traveller(house.engine, house.clock, watch).do(errand)


def _ask(settings: Settings, journey: Journey, span: Span, watch: Watch, acting: bool) -> Errand:
    with closing(Database(settings.database)) as database:
        require_newest(database)
        if demo_state(database) != READY:
            raise NotADemoError(settings.data_dir)
        now: datetime = DemoClock(database)()
        errands = Errands(database)
        errand = errands.ask(journey, now, later(now, span), acting=acting)
        while errand.under_way:
            watch(errand)
            time.sleep(LOOKS)
            errand = errands.latest() or errand
            if errand.under_way and not is_running(settings.data_dir):
                raise DemoGoneError
        return errand
