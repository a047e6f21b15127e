"""An independent Swedish calendar, written from the law text alone, to compare ours with.

1989:253 names the holidays; 1930:173 adds Saturdays and three eves, and says where a month ends. Nothing here is
borrowed from the project or from a holiday package, and everything is done the slow, obvious way.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache

SATURDAY, SUNDAY = 6, 7


def is_working_day(day: date) -> bool:
    return day.isoweekday() not in (SATURDAY, SUNDAY) and day not in _free_days(day.year)


def add_days(day: date, count: int) -> date:
    return date.fromordinal(day.toordinal() + count)


def add_months(day: date, count: int) -> date:
    year, month = day.year, day.month
    for _ in range(abs(count)):
        month += 1 if count > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    number = day.day
    while not _exists(year, month, number):
        number -= 1
    return date(year, month, number)


def add_working_days(day: date, count: int) -> date:
    step = 1 if count > 0 else -1
    left = abs(count)
    while left:
        day = add_days(day, step)
        left -= is_working_day(day)
    return day


def roll_next(day: date) -> date:
    while not is_working_day(day):
        day = add_days(day, 1)
    return day


def roll_previous(day: date) -> date:
    while not is_working_day(day):
        day = add_days(day, -1)
    return day


def easter_sunday(year: int) -> date:
    """The Sunday after the first ecclesiastical full moon from 21 March on, by Gregorian epacts."""
    golden = year % 19 + 1
    century = year // 100 + 1
    leap_years_dropped = 3 * century // 4 - 12
    moon_correction = (8 * century + 5) // 25 - 5
    epact = (11 * golden + 20 + moon_correction - leap_years_dropped) % 30
    if epact == 24 or (epact == 25 and golden > 11):
        epact += 1
    moon = 44 - epact
    full_moon = add_days(date(year, 3, 1), (moon if moon >= 21 else moon + 30) - 1)
    return next(day for day in _from(add_days(full_moon, 1)) if day.isoweekday() == SUNDAY)


@cache
def _free_days(year: int) -> frozenset[date]:
    easter = easter_sunday(year)
    midsummer_day = _saturday_from(date(year, 6, 20))
    return frozenset(
        {
            date(year, 1, 1),
            date(year, 1, 6),
            date(year, 5, 1),
            date(year, 6, 6),
            date(year, 12, 25),
            date(year, 12, 26),
            add_days(easter, -2),  # långfredagen
            easter,
            add_days(easter, 1),  # annandag påsk
            _sixth_thursday_after(easter),  # Kristi himmelsfärdsdag
            add_days(easter, 49),  # pingstdagen: the seventh Sunday after Easter
            midsummer_day,
            _saturday_from(date(year, 10, 31)),  # alla helgons dag
            add_days(midsummer_day, -1),
            date(year, 12, 24),
            date(year, 12, 31),
        }
    )


def _sixth_thursday_after(easter: date) -> date:
    thursdays = (day for day in _from(add_days(easter, 1)) if day.isoweekday() == 4)
    return [next(thursdays) for _ in range(6)][-1]


def _saturday_from(first: date) -> date:
    return next(day for day in _from(first) if day.isoweekday() == SATURDAY)


def _from(day: date) -> Iterator[date]:
    while True:
        yield day
        day = add_days(day, 1)


def _exists(year: int, month: int, number: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return number <= lengths[month - 1]
