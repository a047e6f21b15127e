"""Instants and Stockholm wall time: summer time both ways each year, and working hours."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import swedish_calendar as oracle
from workflows.calendar import calendar_named
from workflows.dates import (
    STOCKHOLM,
    NaiveTimeError,
    WorkingHours,
    WorkingHoursError,
    at_local,
    in_hours,
    local_date,
    next_open,
)

SE = calendar_named("SE")
OFFICE = WorkingHours()
YEARS = range(2022, 2038)
MINUTE = timedelta(minutes=1)

instants = st.datetimes(datetime(2022, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
office_hours = st.lists(st.times(), min_size=2, max_size=2, unique=True).map(lambda pair: WorkingHours(*sorted(pair)))


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


def last_sunday(year: int, month: int) -> date:
    return max(day for day in (date(year, month, number) for number in range(25, 32)) if day.weekday() == 6)


@pytest.mark.parametrize("year", YEARS)
def test_a_time_in_the_missing_hour_is_the_first_instant_after_it(year: int) -> None:
    day = last_sunday(year, 3)

    assert [at_local(day, time(2, minute)) for minute in (0, 30, 59)] == [utc(day, 1)] * 3


@pytest.mark.parametrize("year", YEARS)
def test_around_the_missing_hour_every_wall_time_is_itself(year: int) -> None:
    day = last_sunday(year, 3)

    assert (at_local(day, time(1, 59)), at_local(day, time(3))) == (utc(day, 0, 59), utc(day, 1))


@pytest.mark.parametrize("year", YEARS)
def test_a_time_in_the_double_hour_is_the_first_of_the_two(year: int) -> None:
    day = last_sunday(year, 10)

    assert [at_local(day, time(2, minute)) for minute in (0, 30, 59)] == [utc(day, 0, minute) for minute in (0, 30, 59)]


@pytest.mark.parametrize("year", YEARS)
def test_around_the_double_hour_every_wall_time_is_itself(year: int) -> None:
    day = last_sunday(year, 10)

    assert (at_local(day, time(1, 59)), at_local(day, time(3))) == (utc(day - timedelta(days=1), 23, 59), utc(day, 2))


@pytest.mark.parametrize("year", YEARS)
def test_offices_open_at_eight_on_both_sides_of_each_change(year: int) -> None:
    spring, autumn = last_sunday(year, 3), last_sunday(year, 10)

    opened = [
        next_open(utc(day, 12), OFFICE, SE)
        for day in (spring - timedelta(days=7), spring, autumn - timedelta(days=7), autumn)
    ]

    assert [instant.hour for instant in opened] == [7, 6, 6, 7]


@pytest.mark.parametrize("year", YEARS)
def test_offices_open_on_the_first_working_day_after_each_change(year: int) -> None:
    spring, autumn = last_sunday(year, 3), last_sunday(year, 10)

    opened = [local_date(next_open(utc(day, 12), OFFICE, SE)) for day in (spring, autumn)]

    assert opened == [oracle.roll_next(spring), oracle.roll_next(autumn)]


def test_the_second_of_two_equal_wall_times_is_not_asked_for_by_its_fold() -> None:
    day = date(2024, 10, 27)

    assert at_local(day, time(2, 30, fold=1)) == at_local(day, time(2, 30))


@given(instant=instants)
def test_the_local_date_is_the_date_in_stockholm(instant: datetime) -> None:
    midnight = at_local(local_date(instant), time(0))

    assert midnight <= instant < at_local(local_date(instant) + timedelta(days=1), time(0))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2024, 1, 31, 22, 59, tzinfo=UTC), date(2024, 1, 31)),
        (datetime(2024, 1, 31, 23, 0, tzinfo=UTC), date(2024, 2, 1)),
        (datetime(2024, 7, 31, 21, 59, tzinfo=UTC), date(2024, 7, 31)),
        (datetime(2024, 7, 31, 22, 0, tzinfo=UTC), date(2024, 8, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_stockholm(instant: datetime, day: date) -> None:
    assert local_date(instant) == day


@given(day=st.dates(date(2022, 1, 1), date(2037, 12, 31)), clock=st.times())
def test_a_wall_time_is_shown_by_the_clock_unless_it_is_missing(day: date, clock: time) -> None:
    shown = at_local(day, clock).astimezone(STOCKHOLM)
    missing = day == last_sunday(day.year, 3) and clock.hour == 2

    assert (shown.date(), shown.time()) == (day, time(3) if missing else clock)


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2024, 5, 14, 9)  # noqa: DTZ001 - the mistake under test

    for ask in (local_date, lambda now: in_hours(now, OFFICE, SE), lambda now: next_open(now, OFFICE, SE)):
        with pytest.raises(NaiveTimeError):
            ask(naive)


@pytest.mark.parametrize(
    ("local", "inside"),
    [(time(7, 59, 59), False), (time(8), True), (time(12), True), (time(16, 59, 59), True), (time(17), False)],
)
def test_hours_include_opening_and_exclude_closing(local: time, inside: bool) -> None:
    assert in_hours(at_local(date(2024, 5, 14), local), OFFICE, SE) is inside


@pytest.mark.parametrize("closed", [date(2024, 5, 25), date(2024, 5, 26), date(2024, 6, 21), date(2024, 12, 24)])
def test_no_hours_on_a_day_that_is_no_working_day(closed: date) -> None:
    assert not in_hours(at_local(closed, time(12)), OFFICE, SE)


@pytest.mark.parametrize(
    ("day", "clock", "opens_on"),
    [
        (date(2024, 5, 14), time(3), date(2024, 5, 14)),
        (date(2024, 5, 14), time(17), date(2024, 5, 15)),
        (date(2024, 3, 28), time(18), date(2024, 4, 2)),
        (date(2023, 12, 22), time(17), date(2023, 12, 27)),
    ],
)
def test_offices_next_open_at_eight(day: date, clock: time, opens_on: date) -> None:
    assert next_open(at_local(day, clock), OFFICE, SE) == at_local(opens_on, time(8))


def test_an_instant_in_hours_is_its_own_opening_in_utc() -> None:
    noon = datetime(2024, 5, 14, 12, tzinfo=timezone(timedelta(hours=2)))

    found = next_open(noon, OFFICE, SE)

    assert (found, found.tzinfo) == (noon, UTC)


@given(now=instants, hours=office_hours)
def test_the_next_opening_is_in_hours_and_not_past(now: datetime, hours: WorkingHours) -> None:
    found = next_open(now, hours, SE)

    assert found >= now
    assert in_hours(found, hours, SE)


@given(now=instants, hours=office_hours, fraction=st.floats(0, 1, exclude_max=True))
def test_nothing_is_open_before_the_next_opening(now: datetime, hours: WorkingHours, fraction: float) -> None:
    waiting = next_open(now, hours, SE) - now

    between = now + min(waiting * fraction, waiting - timedelta(microseconds=1))

    assert not (now <= between and in_hours(between, hours, SE))


@given(now=instants)
def test_the_next_opening_is_the_first_minute_a_patient_clock_finds_open(now: datetime) -> None:
    start = now.replace(second=0, microsecond=0)
    clock = start
    while not _oracle_open(clock):
        clock += 15 * MINUTE if clock.minute % 15 == 0 else MINUTE

    assert next_open(start, OFFICE, SE) == clock


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        (time(17), time(8)),
        (time(8), time(8)),
        (time(8, tzinfo=UTC), time(17, tzinfo=UTC)),
        (time(8), time(17, tzinfo=UTC)),
    ],
)
def test_hours_that_never_open_are_refused(opens: time, closes: time) -> None:
    with pytest.raises(WorkingHoursError):
        WorkingHours(opens, closes)


def _oracle_open(instant: datetime) -> bool:
    summer = utc(last_sunday(instant.year, 3), 1) <= instant < utc(last_sunday(instant.year, 10), 1)
    wall = instant + timedelta(hours=2 if summer else 1)
    return oracle.is_working_day(wall.date()) and 8 <= wall.hour < 17
