"""Every day of sixteen years, ours against the oracle that was written from the law text."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.oracles import swedish_calendar as oracle
from workflows.calendar import FIRST_DAY, LAST_DAY, calendar_named
from workflows.dates import Roll, Span, Unit, roll, shift

SE = calendar_named("SE")
FIRST, LAST = date(2022, 1, 1), date(2037, 12, 31)
EVERY_DAY = [FIRST + timedelta(days=passed) for passed in range((LAST - FIRST).days + 1)]

SLOWLY: dict[Unit, Callable[[date, int], date]] = {
    Unit.DAYS: oracle.add_days,
    Unit.WORKING_DAYS: oracle.add_working_days,
    Unit.WEEKS: lambda day, count: oracle.add_days(day, 7 * count),
    Unit.MONTHS: oracle.add_months,
    Unit.YEARS: lambda day, count: oracle.add_months(day, 12 * count),
}


def test_the_sixteen_years_are_all_compared() -> None:
    assert (len(EVERY_DAY), EVERY_DAY[-1]) == (5844, LAST)


@pytest.mark.parametrize(
    ("year", "easter"),
    [
        (1961, (4, 2)),
        (1981, (4, 19)),
        (2008, (3, 23)),
        (2019, (4, 21)),
        (2024, (3, 31)),
        (2025, (4, 20)),
        (2038, (4, 25)),
    ],
)
def test_the_oracle_knows_easter(year: int, easter: tuple[int, int]) -> None:
    assert oracle.easter_sunday(year) == date(year, *easter)


def test_the_same_days_are_working_days_as_far_as_the_calendar_reaches() -> None:
    covered = [FIRST_DAY + timedelta(days=passed) for passed in range((LAST_DAY - FIRST_DAY).days + 1)]

    assert [day for day in covered if SE.is_working_day(day) != oracle.is_working_day(day)] == []


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 10, 14, 30])
@pytest.mark.parametrize("unit", [Unit.DAYS, Unit.WORKING_DAYS, Unit.WEEKS, Unit.MONTHS])
def test_shifting_agrees(unit: Unit, count: int, sign: int) -> None:
    span = Span(count, unit)

    assert [day for day in EVERY_DAY if shift(day, span, sign, SE) != SLOWLY[unit](day, sign * count)] == []


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_shifting_by_years_agrees(count: int, sign: int) -> None:
    span = Span(count, Unit.YEARS)

    assert [day for day in EVERY_DAY if shift(day, span, sign, SE) != SLOWLY[Unit.YEARS](day, sign * count)] == []


@pytest.mark.parametrize(("how", "slowly"), [(Roll.NEXT, oracle.roll_next), (Roll.PREVIOUS, oracle.roll_previous)])
def test_rolling_agrees(how: Roll, slowly: Callable[[date], date]) -> None:
    assert [day for day in EVERY_DAY if roll(day, how, SE) != slowly(day)] == []


def test_not_rolling_changes_nothing() -> None:
    assert [day for day in EVERY_DAY if roll(day, Roll.NONE, SE) != day] == []
