"""Dates are read in the forms clinics write; two readings or none is refused."""

import calendar
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.dates import MONTHS, Edge, read_date, read_date_cell
from intake.problems import CellCause, CellError

days = st.dates(date(1990, 1, 1), date(2100, 12, 31))

FORMS: list[Callable[[date], str]] = [
    lambda d: d.isoformat(),
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d.day}/{d.month} {d.year}",
    lambda d: f"{d.day}.{d.month}.{d.year}",
    lambda d: f"{d:%d.%m.%Y}",
    lambda d: f"{d.day} {MONTHS[d.month - 1][0]} {d.year}",
    lambda d: f"den {d.day} {MONTHS[d.month - 1][-1].upper()} {d.year}",
    lambda d: f"{d:%d}  {MONTHS[d.month - 1][0].title()}  {d.year}",
]


def cause_of(text: str, edge: Edge = Edge.NONE) -> CellCause:
    with pytest.raises(CellError) as caught:
        read_date(text, edge)
    return caught.value.cause


@pytest.mark.parametrize("write", FORMS)
@given(day=days)
def test_every_form_of_a_date_is_read_back(write: Callable[[date], str], day: date) -> None:
    assert read_date(write(day)) == day


@given(days)
def test_two_slashes_are_read_only_when_the_order_is_certain(day: date) -> None:
    text = f"{day:%d/%m/%Y}"
    if day.day > 12 or day.day == day.month:
        assert read_date(text) == day
    else:
        assert cause_of(text) is CellCause.AMBIGUOUS_DATE


@given(st.integers(1990, 2100), st.integers(1, 12))
def test_a_month_means_its_first_or_last_day(year: int, month: int) -> None:
    last = date(year, month, calendar.monthrange(year, month)[1])
    for text in (f"{year}-{month:02d}", f"{MONTHS[month - 1][0]} {year}"):
        assert read_date(text, Edge.FIRST) == date(year, month, 1)
        assert read_date(text, Edge.LAST) == last
        assert cause_of(text) is CellCause.MONTH_ONLY


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "20241301",
        "01/31/2024",
        "31/4 2024",
        "31 januar 2024",
        "24-01-31",
        "240131",
        "31/1 24",
        "202408",
        "2024",
        "1989-12-31",
        "2101-01-01",
        "2024-08-xx",
        "snarast",
        "٢٠٢٤-01-31",
        "2024-13",
        "x" * 5000,
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert cause_of(text, Edge.FIRST) is CellCause.BAD_DATE


@given(days)
def test_serial_days_of_both_epochs_are_read(day: date) -> None:
    assert read_date_cell((day - date(1899, 12, 30)).days, from_1904=False) == day
    assert read_date_cell(float((day - date(1904, 1, 1)).days), from_1904=True) == day


def test_excels_own_date_of_serial_45322() -> None:
    assert read_date_cell(45322, from_1904=False) == date(2024, 1, 31)


@given(days)
def test_a_date_typed_as_one_number_is_read(day: date) -> None:
    assert read_date_cell(int(f"{day:%Y%m%d}"), from_1904=False) == day


@pytest.mark.parametrize("value", [0, -3, 0.5, 45322.25, 12, 99_999, 10**30, 202408, date(1985, 1, 1)])
def test_other_numbers_are_no_dates(value: date | int | float) -> None:
    with pytest.raises(CellError) as caught:
        read_date_cell(value, from_1904=False)
    assert caught.value.cause is CellCause.BAD_DATE


@given(days)
def test_a_date_cell_is_its_date(day: date) -> None:
    assert read_date_cell(day, from_1904=False) == day
    assert read_date_cell(day + timedelta(0), from_1904=True) == day
