"""The language of spans and offsets, and what shifting and rolling a date mean."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import CalendarRangeError, calendar_named
from workflows.dates import MAX_COUNT, DateLanguageError, Offset, Roll, Span, Unit, roll, shift

SE = calendar_named("SE")
MONTH = Span(1, Unit.MONTHS)
THIRTY_DAYS = Span(30, Unit.DAYS)

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
spans = st.builds(Span, st.integers(0, MAX_COUNT), st.sampled_from(Unit))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1 month", Span(1, Unit.MONTHS)),
        ("30 days", Span(30, Unit.DAYS)),
        ("5 working days", Span(5, Unit.WORKING_DAYS)),
        ("1 working day", Span(1, Unit.WORKING_DAYS)),
        ("2 weeks", Span(2, Unit.WEEKS)),
        ("1 year", Span(1, Unit.YEARS)),
        ("0 days", Span(0, Unit.DAYS)),
        ("  3   months ", Span(3, Unit.MONTHS)),
        ("1 months", Span(1, Unit.MONTHS)),
    ],
)
def test_a_span_is_read_as_written(text: str, span: Span) -> None:
    assert Span.parse(text) == span


@given(span=spans)
def test_a_span_reads_back_what_it_prints(span: Span) -> None:
    assert Span.parse(str(span)) == span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Span(1, Unit.MONTHS), "1 month"),
        (Span(5, Unit.WORKING_DAYS), "5 working days"),
        (Span(1, Unit.WORKING_DAYS), "1 working day"),
        (Span(0, Unit.YEARS), "0 years"),
    ],
)
def test_a_span_prints_in_plain_english(span: Span, text: str) -> None:
    assert str(span) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "month",
        "1",
        "one month",
        "-1 days",
        "+1 days",
        "1.5 days",
        "1 fortnight",
        "1 Month",
        "² days",
        "٣ days",
        "10000 days",
    ],
)
def test_a_span_that_means_nothing_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(DateLanguageError) as refusal:
        Span.parse(text)

    assert refusal.value.found == text
    assert "<0-9999> working days" in refusal.value.allowed


def test_a_number_too_long_to_be_read_is_refused_like_any_other() -> None:
    with pytest.raises(DateLanguageError):
        Span.parse(f"{'9' * 5000} days")


def test_a_span_cannot_be_negative() -> None:
    with pytest.raises(DateLanguageError):
        Span(-1, Unit.DAYS)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("14 days before", Offset(Span(14, Unit.DAYS), -1)),
        ("5 working days after", Offset(Span(5, Unit.WORKING_DAYS), 1)),
        ("1 working day after", Offset(Span(1, Unit.WORKING_DAYS), 1)),
        ("on the day", Offset(Span(0, Unit.DAYS), 0)),
    ],
)
def test_an_offset_is_read_as_written_and_prints_the_same(text: str, offset: Offset) -> None:
    assert (Offset.parse(text), str(offset)) == (offset, text)


@pytest.mark.parametrize(
    "text", ["", "14 days", "before", "days before", "14 days ago", "on the Day", "14 days before after"]
)
def test_an_offset_that_means_nothing_is_refused_whole(text: str) -> None:
    with pytest.raises(DateLanguageError) as refusal:
        Offset.parse(text)

    assert (refusal.value.found, "on the day" in refusal.value.allowed) == (text, True)


def test_an_offset_points_one_way_or_nowhere() -> None:
    with pytest.raises(DateLanguageError):
        Offset(MONTH, 2)


@pytest.mark.parametrize(
    ("start", "span", "due", "rolled"),
    [
        (date(2024, 1, 31), MONTH, date(2024, 2, 29), date(2024, 2, 29)),
        (date(2024, 1, 31), THIRTY_DAYS, date(2024, 3, 1), date(2024, 3, 1)),
        (date(2023, 5, 6), MONTH, date(2023, 6, 6), date(2023, 6, 7)),
        (date(2023, 5, 6), THIRTY_DAYS, date(2023, 6, 5), date(2023, 6, 5)),
        (date(2023, 11, 24), MONTH, date(2023, 12, 24), date(2023, 12, 27)),
        (date(2023, 11, 24), THIRTY_DAYS, date(2023, 12, 24), date(2023, 12, 27)),
        (date(2024, 5, 21), MONTH, date(2024, 6, 21), date(2024, 6, 24)),
        (date(2024, 5, 21), THIRTY_DAYS, date(2024, 6, 20), date(2024, 6, 20)),
        (date(2024, 2, 29), MONTH, date(2024, 3, 29), date(2024, 4, 2)),
        (date(2024, 2, 29), THIRTY_DAYS, date(2024, 3, 30), date(2024, 4, 2)),
    ],
)
def test_a_month_and_thirty_days_from_a_decision(start: date, span: Span, due: date, rolled: date) -> None:
    assert (shift(start, span, 1, SE), roll(due, Roll.NEXT, SE)) == (due, rolled)


@pytest.mark.parametrize(
    ("start", "span", "sign", "found"),
    [
        (date(2024, 3, 31), MONTH, -1, date(2024, 2, 29)),
        (date(2024, 2, 29), Span(1, Unit.YEARS), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), Span(4, Unit.YEARS), 1, date(2028, 2, 29)),
        (date(2024, 1, 15), MONTH, -1, date(2023, 12, 15)),
        (date(2024, 12, 31), Span(2, Unit.MONTHS), 1, date(2025, 2, 28)),
        (date(2024, 5, 31), Span(3, Unit.MONTHS), -1, date(2024, 2, 29)),
        (date(2024, 5, 14), Span(2, Unit.WEEKS), -1, date(2024, 4, 30)),
        (date(2024, 4, 30), Span(2, Unit.WORKING_DAYS), 1, date(2024, 5, 3)),
    ],
)
def test_shifting_both_ways(start: date, span: Span, sign: int, found: date) -> None:
    assert shift(start, span, sign, SE) == found


def test_months_are_counted_from_the_anchor_and_lose_no_days() -> None:
    anchor = date(2024, 1, 31)

    assert [shift(anchor, Span(count, Unit.MONTHS), 1, SE).day for count in range(1, 5)] == [29, 31, 30, 31]


def test_days_outside_the_calendar_can_be_shifted_where_no_working_day_matters() -> None:
    assert shift(date(1994, 3, 15), Span(30, Unit.YEARS), 1, SE) == date(2024, 3, 15)


@pytest.mark.parametrize("unit", Unit)
def test_shifting_past_the_last_date_there_is_is_refused(unit: Unit) -> None:
    with pytest.raises(CalendarRangeError):
        shift(date(9999, 12, 31), Span(MAX_COUNT, unit), 1, SE)


@pytest.mark.parametrize("unit", Unit)
def test_shifting_before_the_first_date_there_is_is_refused(unit: Unit) -> None:
    with pytest.raises(CalendarRangeError):
        shift(date.min, Span(MAX_COUNT, unit), -1, SE)


@given(day=days, span=spans)
def test_on_the_day_is_the_day(day: date, span: Span) -> None:
    assert shift(day, span, 0, SE) == day


@given(day=days, count=st.integers(0, 120), sign=st.sampled_from([-1, 1]))
def test_a_month_shift_keeps_the_day_number_or_ends_the_month(day: date, count: int, sign: int) -> None:
    found = shift(day, Span(count, Unit.MONTHS), sign, SE)

    assert found.day == min(day.day, monthrange(found.year, found.month)[1])


@given(day=days, count=st.integers(0, 120), sign=st.sampled_from([-1, 1]))
def test_a_month_shift_lands_in_the_month_asked_for(day: date, count: int, sign: int) -> None:
    found = shift(day, Span(count, Unit.MONTHS), sign, SE)

    assert (found.year - day.year) * 12 + found.month - day.month == count * sign


@given(day=days, count=st.integers(0, 20), sign=st.sampled_from([-1, 1]))
def test_a_year_is_twelve_months(day: date, count: int, sign: int) -> None:
    assert shift(day, Span(count, Unit.YEARS), sign, SE) == shift(day, Span(12 * count, Unit.MONTHS), sign, SE)


@given(day=days, count=st.integers(0, 200), sign=st.sampled_from([-1, 1]))
def test_a_week_is_seven_days(day: date, count: int, sign: int) -> None:
    assert shift(day, Span(count, Unit.WEEKS), sign, SE) == shift(day, Span(7 * count, Unit.DAYS), sign, SE)


@given(day=days, how=st.sampled_from(Roll))
def test_rolling_twice_is_rolling_once(day: date, how: Roll) -> None:
    once = roll(day, how, SE)

    assert roll(once, how, SE) == once


@given(day=days)
def test_rolling_goes_the_way_it_says(day: date) -> None:
    assert roll(day, Roll.PREVIOUS, SE) <= roll(day, Roll.NONE, SE) == day <= roll(day, Roll.NEXT, SE)


@given(day=days, passed=st.integers(0, 60), how=st.sampled_from(Roll))
def test_rolling_never_overtakes(day: date, passed: int, how: Roll) -> None:
    assert roll(day, how, SE) <= roll(day + timedelta(days=passed), how, SE)
