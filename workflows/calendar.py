"""Knows which days are working days in Sweden, and why a day is not one."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final

from workflows.errors import BevakaError

FIRST_DAY: Final = date(2015, 1, 1)
LAST_DAY: Final = date(2045, 12, 31)
CALENDAR_NAMES: Final = ("SE",)

_ONE_DAY: Final = timedelta(days=1)
_WEEKEND: Final = {5: "lördag", 6: "söndag"}
_CLOSED_LOCALLY: Final = "stängt enligt mottagningens kalender"


class UnknownCalendarError(BevakaError):
    """A definition names a calendar that does not exist."""

    def __init__(self, name: str, allowed: tuple[str, ...]) -> None:
        self.name = name
        self.allowed = allowed
        super().__init__(f"There is no calendar {name!r}; allowed: {', '.join(allowed)}.")


class CalendarRangeError(BevakaError):
    """A day lies outside the days that can be counted with.

    The message keeps quiet about the day, which may be somebody's; `day` holds it.
    """

    def __init__(self, day: date, first: date, last: date) -> None:
        self.day = day
        self.first = first
        self.last = last
        super().__init__(f"The date is outside the calendar; allowed: {first} to {last}.")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of 2015-2045; get one from `calendar_named`. Equal versions close equal days.

    Every method raises `CalendarRangeError` when it is given, or would have to answer, a day outside those years.
    """

    name: str
    version: str
    extra_closed: frozenset[date] = frozenset()
    _reasons: Mapping[date, str] = field(default_factory=dict, compare=False, repr=False)
    _closed: frozenset[date] = field(default=frozenset(), compare=False, repr=False)
    _working: tuple[date, ...] = field(default=(), compare=False, repr=False)

    def is_working_day(self, day: date) -> bool:
        """Tell whether the day is Monday to Friday and no holiday, no eve on a par with one, not closed locally."""
        if not FIRST_DAY <= day <= LAST_DAY:
            raise CalendarRangeError(day, FIRST_DAY, LAST_DAY)
        return day.weekday() < 5 and day not in self._closed

    def next_working_day(self, day: date) -> date:
        """Return the day itself if it is a working day, else the first one after it."""
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    def previous_working_day(self, day: date) -> date:
        """Return the day itself if it is a working day, else the last one before it."""
        return day if self.is_working_day(day) else self.add_working_days(day, -1)

    def add_working_days(self, day: date, count: int) -> date:
        """Return the count-th working day after the day (before it, if negative).

        The day itself never counts: Saturday plus one working day is Monday. Zero gives the day back, whatever it is.
        """
        _require_covered(day)
        if count == 0:
            return day
        position = bisect_right(self._working, day) - 1 if count > 0 else bisect_left(self._working, day)
        return self._working_day_at(position + count)

    def why_closed(self, day: date) -> str | None:
        """Return why the day is closed, in Swedish: the holiday, else "lördag" or "söndag"; None on a working day."""
        _require_covered(day)
        return self._reasons.get(day) or _WEEKEND.get(day.weekday())

    def _working_day_at(self, position: int) -> date:
        if position < 0:
            raise CalendarRangeError(FIRST_DAY - _ONE_DAY, FIRST_DAY, LAST_DAY)
        if position >= len(self._working):
            raise CalendarRangeError(LAST_DAY + _ONE_DAY, FIRST_DAY, LAST_DAY)
        return self._working[position]


@lru_cache(maxsize=256)
def calendar_named(name: str, extra_closed: frozenset[date] = frozenset()) -> Calendar:
    """Return the calendar a definition asks for.

    Args:
        name: "SE" is the only one there is.
        extra_closed: Days a clinic adds: its own closures, or a holiday decided after this calendar was published.

    Raises:
        UnknownCalendarError: There is no calendar of that name.
        CalendarRangeError: An extra day lies outside 2015-2045, where it could close nothing.
    """
    if name not in CALENDAR_NAMES:
        raise UnknownCalendarError(name, CALENDAR_NAMES)
    for day in extra_closed:
        _require_covered(day)
    source, holidays = _swedish_holidays()
    reasons = dict.fromkeys(extra_closed, _CLOSED_LOCALLY) | holidays
    closed = frozenset(day for day in reasons if day.weekday() < 5)
    working = tuple(day for day in _covered_days() if day.weekday() < 5 and day not in closed)
    return Calendar(name, _version(name, source, extra_closed), extra_closed, reasons, closed, working)


def _require_covered(day: date) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CalendarRangeError(day, FIRST_DAY, LAST_DAY)


def _covered_days() -> Iterator[date]:
    return map(date.fromordinal, range(FIRST_DAY.toordinal(), LAST_DAY.toordinal() + 1))


def _version(name: str, source: str, extra_closed: frozenset[date]) -> str:
    version = f"{name}/{source}"
    if not extra_closed:
        return version
    days = ",".join(day.isoformat() for day in sorted(extra_closed))
    return f"{version}+{sha256(days.encode()).hexdigest()[:8]}"


@lru_cache(maxsize=1)
def _swedish_holidays() -> tuple[str, dict[date, str]]:
    """Where the days come from, and their names: the holidays of 1989:253 and the three eves of 1930:173."""
    # Naming one country makes the package load all of them (0.13 s), so only a caller who wants a calendar pays for it.
    from holidays.constants import DE_FACTO, PUBLIC  # noqa: PLC0415
    from holidays.countries.sweden import Sweden  # noqa: PLC0415
    from holidays.version import __version__  # noqa: PLC0415

    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    # Sundays are told by their weekday: as holidays they would hide the names of those that fall on one.
    found = Sweden(
        years=years, categories=(PUBLIC, DE_FACTO), include_sundays=False, observed=False, expand=False, language="sv"
    )
    return f"holidays-{__version__}", dict(found.items())
