"""The Swedish calendar: the days the law names, the eves, what is ordinary, and the edges."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import CalendarRangeError, UnknownCalendarError, calendar_named

SE = calendar_named("SE")

# Far enough inside the calendar that two counts of 200 working days in one direction stay in it.
days = st.dates(date(2017, 1, 1), date(2043, 12, 31))
working_days = days.filter(SE.is_working_day)
counts = st.integers(-200, 200)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2024, 1, 1), "Nyårsdagen"),
        (date(2026, 1, 6), "Trettondedag jul"),
        (date(2024, 3, 29), "Långfredagen"),
        (date(2024, 3, 31), "Påskdagen"),
        (date(2024, 4, 1), "Annandag påsk"),
        (date(2024, 5, 1), "Första maj"),
        (date(2024, 5, 9), "Kristi himmelsfärdsdag"),
        (date(2024, 5, 19), "Pingstdagen"),
        (date(2024, 6, 6), "Nationaldagen"),
        (date(2024, 6, 22), "Midsommardagen"),
        (date(2024, 11, 2), "Alla helgons dag"),
        (date(2024, 12, 25), "Juldagen"),
        (date(2024, 12, 26), "Annandag jul"),
    ],
)
def test_the_holidays_of_the_law_are_closed_by_name(day: date, name: str) -> None:
    assert (SE.is_working_day(day), SE.why_closed(day)) == (False, name)


@pytest.mark.parametrize("year", range(2015, 2046))
def test_the_three_eves_are_closed_every_year(year: int) -> None:
    midsummer_eve = next(day for day in (date(year, 6, number) for number in range(19, 26)) if day.weekday() == 4)

    closed = {SE.why_closed(day) for day in (midsummer_eve, date(year, 12, 24), date(year, 12, 31))}

    assert closed == {"Midsommarafton", "Julafton", "Nyårsafton"}


@pytest.mark.parametrize(
    "ordinary",
    [
        pytest.param(date(2024, 3, 28), id="skärtorsdagen"),
        pytest.param(date(2024, 4, 30), id="valborgsmässoafton"),
        pytest.param(date(2024, 5, 10), id="klämdag"),
        pytest.param(date(2024, 5, 20), id="annandag pingst, a holiday until 2004"),
        pytest.param(date(2026, 1, 5), id="trettondagsafton"),
        pytest.param(date(2024, 11, 1), id="allhelgonaafton"),
    ],
)
def test_days_that_only_feel_closed_are_working_days(ordinary: date) -> None:
    assert (SE.is_working_day(ordinary), SE.why_closed(ordinary)) == (True, None)


def test_a_plain_weekend_is_closed_by_its_weekday() -> None:
    assert [SE.why_closed(date(2024, 5, number)) for number in (24, 25, 26, 27)] == [None, "lördag", "söndag", None]


def test_working_days_are_counted_across_easter() -> None:
    assert SE.add_working_days(date(2024, 3, 28), 1) == date(2024, 4, 2)


def test_working_days_are_counted_back_across_christmas() -> None:
    assert SE.add_working_days(date(2024, 1, 2), -5) == date(2023, 12, 21)


def test_counting_from_a_closed_day_starts_on_the_first_working_day_beside_it() -> None:
    saturday = date(2024, 5, 25)

    assert (SE.add_working_days(saturday, 1), SE.add_working_days(saturday, -1)) == (
        date(2024, 5, 27),
        date(2024, 5, 24),
    )


def test_no_working_days_leave_a_closed_day_alone() -> None:
    assert SE.add_working_days(date(2024, 5, 25), 0) == date(2024, 5, 25)


@given(day=working_days, count=counts)
def test_counting_there_and_back_returns_to_the_working_day(day: date, count: int) -> None:
    assert SE.add_working_days(SE.add_working_days(day, count), -count) == day


@given(day=working_days, first=counts, second=counts)
def test_counting_on_adds_up(day: date, first: int, second: int) -> None:
    assert SE.add_working_days(SE.add_working_days(day, first), second) == SE.add_working_days(day, first + second)


@given(day=days, later=days, count=counts)
def test_a_later_day_never_counts_to_an_earlier_one(day: date, later: date, count: int) -> None:
    earlier, later = sorted((day, later))

    assert SE.add_working_days(earlier, count) <= SE.add_working_days(later, count)


@given(day=days, count=counts.filter(bool))
def test_counting_ends_on_a_working_day_on_the_right_side(day: date, count: int) -> None:
    found = SE.add_working_days(day, count)

    assert SE.is_working_day(found)
    assert (found > day) == (count > 0)


@given(day=days)
def test_a_day_has_a_reason_exactly_when_it_is_closed(day: date) -> None:
    assert (SE.why_closed(day) is None) == SE.is_working_day(day)


@given(day=days)
def test_nothing_is_open_between_a_day_and_its_next_working_day(day: date) -> None:
    between = range((SE.next_working_day(day) - day).days)

    assert not any(SE.is_working_day(day + timedelta(days=passed)) for passed in between)


@given(day=days)
def test_nothing_is_open_between_a_day_and_its_previous_working_day(day: date) -> None:
    between = range((day - SE.previous_working_day(day)).days)

    assert not any(SE.is_working_day(day - timedelta(days=passed)) for passed in between)


def test_a_clinic_can_close_a_day_of_its_own() -> None:
    clinic = calendar_named("SE", frozenset({date(2024, 5, 10)}))

    assert clinic.why_closed(date(2024, 5, 10)) == "stängt enligt mottagningens kalender"
    assert clinic.next_working_day(date(2024, 5, 9)) == date(2024, 5, 13)


def test_a_holiday_closed_locally_too_keeps_its_name() -> None:
    clinic = calendar_named("SE", frozenset({date(2024, 5, 1)}))

    assert clinic.why_closed(date(2024, 5, 1)) == "Första maj"


def test_the_version_names_the_source() -> None:
    assert SE.version.startswith("SE/holidays-0.")


def test_the_version_tells_local_closures_apart() -> None:
    versions = {
        calendar_named("SE", extra).version
        for extra in (frozenset[date](), frozenset({date(2024, 5, 10)}), frozenset({date(2024, 5, 13)}))
    }

    assert len(versions) == 3


def test_the_version_is_the_same_in_every_process() -> None:
    may = frozenset(date(2024, 5, number) for number in range(1, 29))

    # printf '2024-05-01,...,2024-05-28' | sha256sum | cut -c1-8
    assert calendar_named("SE", may).version == f"{SE.version}+498bc4e1"


def test_a_calendar_is_built_once() -> None:
    assert calendar_named("SE") is SE


def test_a_calendar_can_be_a_dictionary_key() -> None:
    assert {SE: 1}[calendar_named("SE", frozenset())] == 1


def test_an_unknown_calendar_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(UnknownCalendarError, match=r"'NO'; allowed: SE"):
        calendar_named("NO")


def test_a_closure_outside_the_calendar_is_refused() -> None:
    with pytest.raises(CalendarRangeError):
        calendar_named("SE", frozenset({date(2046, 1, 2)}))


@pytest.mark.parametrize("outside", [date(2014, 12, 31), date(2046, 1, 1), date.min, date.max])
@pytest.mark.parametrize("ask", ["is_working_day", "why_closed", "next_working_day", "previous_working_day"])
def test_a_day_outside_the_calendar_is_refused(ask: str, outside: date) -> None:
    with pytest.raises(CalendarRangeError) as refusal:
        getattr(SE, ask)(outside)

    assert (refusal.value.day, refusal.value.first, refusal.value.last) == (
        outside,
        date(2015, 1, 1),
        date(2045, 12, 31),
    )


@pytest.mark.parametrize(
    ("day", "count", "first_missing"),
    [
        (date(2045, 12, 30), 1, date(2046, 1, 1)),
        (date(2015, 1, 2), -1, date(2014, 12, 31)),
        (date(2024, 1, 2), 10**9, date(2046, 1, 1)),
        (date(2024, 1, 2), -(10**9), date(2014, 12, 31)),
    ],
)
def test_counting_out_of_the_calendar_is_refused(day: date, count: int, first_missing: date) -> None:
    with pytest.raises(CalendarRangeError) as refusal:
        SE.add_working_days(day, count)

    assert refusal.value.day == first_missing


def test_the_first_and_last_covered_days_are_answered() -> None:
    assert (SE.why_closed(date(2015, 1, 1)), SE.why_closed(date(2045, 12, 31))) == ("Nyårsdagen", "Nyårsafton")


def test_the_range_error_keeps_the_day_out_of_its_message() -> None:
    assert "1994" not in str(CalendarRangeError(date(1994, 3, 15), date(2015, 1, 1), date(2045, 12, 31)))
