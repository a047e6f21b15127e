"""Counts with dates and instants: spans, rolling to working days, Stockholm wall time, working hours.

Instants are timezone-aware, and UTC where this module returns one. Dates are dates in Europe/Stockholm.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from workflows.calendar import Calendar, CalendarRangeError
from workflows.errors import BevakaError

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
MAX_COUNT: Final = 9999

_ONE_DAY: Final = timedelta(days=1)
_ON_THE_DAY: Final = "on the day"
_DIRECTIONS: Final = {"before": -1, "after": 1}


class DateLanguageError(BevakaError):
    """A definition says a span or an offset in words that mean nothing."""

    def __init__(self, found: str, allowed: tuple[str, ...]) -> None:
        self.found = found
        self.allowed = allowed
        super().__init__(f"Found {found!r}; allowed: {', '.join(allowed)}.")


class NaiveTimeError(BevakaError):
    """An instant came without a time zone, so nobody can tell when it is."""

    def __init__(self) -> None:
        super().__init__("The instant has no time zone; allowed: timezone-aware instants, in UTC.")


class WorkingHoursError(BevakaError):
    """Working hours that never open, or that carry a time zone of their own."""

    def __init__(self, opens: time, closes: time) -> None:
        self.opens = opens
        self.closes = closes
        super().__init__(f"Found working hours {opens} to {closes}; allowed: wall times, opening before closing.")


class Unit(StrEnum):
    """What a span is counted in, as definitions write it."""

    DAYS = "days"
    WORKING_DAYS = "working days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"

    @property
    def singular(self) -> str:
        """The unit as it is written after 1."""
        return self.value.removesuffix("s")


class Roll(StrEnum):
    """Where a date goes that is no working day, as definitions write it."""

    NONE = "none"
    NEXT = "next working day"
    PREVIOUS = "previous working day"


_UNITS: Final = {spelling: unit for unit in Unit for spelling in (unit.value, unit.singular)}
_SPANS: Final = tuple(f"<0-{MAX_COUNT}> {unit}" for unit in Unit)
_OFFSETS: Final = (*(f"<0-{MAX_COUNT}> {unit} {direction}" for unit in Unit for direction in _DIRECTIONS), _ON_THE_DAY)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time without direction: `1 month`, `5 working days`."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 0 <= self.count <= MAX_COUNT:
            raise DateLanguageError(f"{self.count} {self.unit}", _SPANS)

    def __str__(self) -> str:
        return f"{self.count} {self.unit.singular if self.count == 1 else self.unit.value}"

    @staticmethod
    def parse(text: str) -> "Span":
        """Read a span as definitions write it; singular and plural are both understood.

        Raises:
            DateLanguageError: The text is no number followed by a unit.
        """
        number, _, words = " ".join(text.split()).partition(" ")
        unit = _UNITS.get(words)
        if unit is None or not _is_count(number):
            raise DateLanguageError(text, _SPANS)
        return Span(int(number), unit)


@dataclass(frozen=True, slots=True)
class Offset:
    """A span and its direction from a day: `14 days before`, `5 working days after`, `on the day`."""

    span: Span
    sign: int

    def __post_init__(self) -> None:
        if self.sign not in (-1, 0, 1):
            raise DateLanguageError(f"{self.span}, sign {self.sign}", _OFFSETS)

    def __str__(self) -> str:
        if self.sign == 0:
            return _ON_THE_DAY
        return f"{self.span} {'before' if self.sign < 0 else 'after'}"

    @staticmethod
    def parse(text: str) -> "Offset":
        """Read an offset as definitions write it.

        Raises:
            DateLanguageError: The text is neither a span with "before" or "after" nor "on the day".
        """
        words = " ".join(text.split())
        if words == _ON_THE_DAY:
            return Offset(Span(0, Unit.DAYS), 0)
        span, _, direction = words.rpartition(" ")
        if direction not in _DIRECTIONS:
            raise DateLanguageError(text, _OFFSETS)
        try:
            return Offset(Span.parse(span), _DIRECTIONS[direction])
        except DateLanguageError as error:
            raise DateLanguageError(text, _OFFSETS) from error


def shift(day: date, span: Span, sign: int, calendar: Calendar) -> date:
    """Move a day by a span: forwards (sign 1), backwards (-1) or not at all (0).

    A month or a year later is the same day number, else that month's last day (1930:173). Count from the anchor each
    time: chained months lose days that a single longer span keeps.

    Raises:
        CalendarRangeError: The result is no date, or working days are counted outside the calendar.
    """
    count = span.count * sign
    try:
        match span.unit:
            case Unit.DAYS:
                return day + timedelta(days=count)
            case Unit.WEEKS:
                return day + timedelta(weeks=count)
            case Unit.MONTHS:
                return _add_months(day, count)
            case Unit.YEARS:
                return _add_months(day, 12 * count)
            case Unit.WORKING_DAYS:
                return calendar.add_working_days(day, count)
    except (OverflowError, ValueError) as error:
        raise CalendarRangeError(day, date.min, date.max) from error


def roll(day: date, how: Roll, calendar: Calendar) -> date:
    """Move a day that is no working day to the nearest one in the direction asked for; leave every other day alone."""
    match how:
        case Roll.NONE:
            return day
        case Roll.NEXT:
            return calendar.next_working_day(day)
        case Roll.PREVIOUS:
            return calendar.previous_working_day(day)


def local_date(now: datetime) -> date:
    """Return the date in Stockholm at an instant. Raises `NaiveTimeError` for an instant without a time zone."""
    return _local(now).date()


def at_local(day: date, clock: time) -> datetime:
    """Return the UTC instant at which clocks in Stockholm show a time.

    In spring an hour is missing: a time within it means the first instant after it. In autumn an hour comes twice:
    a time within it means the first of the two.
    """
    wall = datetime.combine(day, clock.replace(fold=0), tzinfo=STOCKHOLM)
    instant = wall.astimezone(UTC)
    if instant.astimezone(STOCKHOLM).time() != wall.time():
        # Directive 2000/84/EC: summer time begins at 01:00 UTC, in every member state at once.
        return datetime.combine(day, time(1), tzinfo=UTC)
    return instant


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The wall-clock hours of a working day; closing time itself is outside."""

    opens: time = time(8, 0)
    closes: time = time(17, 0)

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo or self.opens >= self.closes:
            raise WorkingHoursError(self.opens, self.closes)


def in_hours(now: datetime, hours: WorkingHours, calendar: Calendar) -> bool:
    """Tell whether an instant lies in the working hours of a working day in Stockholm."""
    local = _local(now)
    return hours.opens <= local.time() < hours.closes and calendar.is_working_day(local.date())


def next_open(now: datetime, hours: WorkingHours, calendar: Calendar) -> datetime:
    """Return the first instant (UTC) from now on that lies in working hours: now itself, or when they next open."""
    if in_hours(now, hours, calendar):
        return now.astimezone(UTC)
    local = _local(now)
    earliest = local.date() if local.time() < hours.opens else local.date() + _ONE_DAY
    return at_local(calendar.next_working_day(earliest), hours.opens)


def _is_count(number: str) -> bool:
    return number.isascii() and number.isdecimal() and len(number) <= len(str(MAX_COUNT))


def _add_months(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _local(now: datetime) -> datetime:
    if now.utcoffset() is None:
        raise NaiveTimeError
    return now.astimezone(STOCKHOLM)
