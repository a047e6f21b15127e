"""An independent Stockholm clock, from Directive 2000/84/EC alone: it knows of no time zone database.

Summer time lasts from the last Sunday of March, 01:00 UTC, to the last Sunday of October, 01:00 UTC.
"""

from datetime import UTC, date, datetime, timedelta

from tests.oracles.swedish_calendar import add_days

HOUR = timedelta(hours=1)


def summer_time(year: int) -> tuple[datetime, datetime]:
    """Return when summer time begins and ends in a year, UTC."""
    return _change(year, 3), _change(year, 10)


def utc_of(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the UTC instant of a wall time that exists once (not between two and three on a day of change)."""
    winter = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - HOUR
    begins, ends = summer_time(day.year)
    return winter - HOUR if begins <= winter - HOUR and winter - HOUR < ends else winter


def local_day(at: datetime) -> date:
    """Return the date that a clock on a Stockholm wall shows at a UTC instant."""
    begins, ends = summer_time(at.year)
    return (at + (2 if begins <= at < ends else 1) * HOUR).date()


def _change(year: int, month: int) -> datetime:
    day = date(year, month, 31)
    while day.isoweekday() != 7:
        day = add_days(day, -1)
    return datetime(year, month, day.day, 1, tzinfo=UTC)
