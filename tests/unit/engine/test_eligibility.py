"""Whom a programme takes in: the months of socialförsäkringsbalken 33:18, ages at the decision, first grants."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.eligibility import Outside, age_on, benefit_months, outside
from workflows.model import Intake

LAW = Intake("sfb-33-18")
BETWEEN = Intake("between", 19, 29, first_grant_only=True)
births = st.dates(date(1985, 1, 1), date(2010, 12, 31))


def by_law(born: str, benefit_from: str) -> Outside | None:
    return outside(LAW, date.fromisoformat(born), date(2024, 6, 1), date.fromisoformat(benefit_from), first_grant=False)


def test_benefit_is_possible_from_july_of_the_year_one_turns_19() -> None:
    assert by_law("2005-12-31", "2024-07-01") is None
    assert by_law("2005-01-01", "2024-06-30") is Outside.TOO_YOUNG


def test_benefit_is_possible_through_the_month_before_one_turns_30() -> None:
    assert by_law("1994-08-31", "2024-07-31") is None
    assert by_law("1994-08-31", "2024-08-01") is Outside.TOO_OLD


def test_who_turns_30_in_january_has_until_december() -> None:
    assert benefit_months(date(1995, 1, 1))[1] == date(2024, 12, 31)


def test_ages_between_are_those_on_the_day_of_the_decision() -> None:
    decided = date(2024, 6, 1)
    ages = [outside(BETWEEN, born, decided, decided, True) for born in (date(2005, 6, 2), date(2005, 6, 1))]
    assert ages == [Outside.TOO_YOUNG, None]
    ages = [outside(BETWEEN, born, decided, decided, True) for born in (date(1994, 6, 1), date(1994, 6, 2))]
    assert ages == [Outside.TOO_OLD, None]


def test_a_programme_of_first_grants_takes_no_later_ones() -> None:
    decided = date(2024, 6, 1)
    assert outside(BETWEEN, date(2000, 1, 1), decided, decided, False) is Outside.NOT_FIRST_GRANT


def test_a_leap_day_birthday_comes_on_the_last_of_february() -> None:
    assert [age_on(date(2004, 2, 29), date(2023, 2, day)) for day in (27, 28)] == [18, 19]


@given(births, st.integers(0, 15_000))
def test_the_months_of_the_law_are_one_unbroken_stretch(born: date, days: int) -> None:
    benefit_from = born + timedelta(days=days)
    first, last = benefit_months(born)
    verdict = outside(LAW, born, benefit_from, benefit_from, False)
    assert (verdict is None) == (first <= benefit_from <= last)


@given(births)
def test_by_law_everybody_is_18_or_19_at_the_start_and_29_at_the_end(born: date) -> None:
    first, last = benefit_months(born)
    assert age_on(born, first) in (18, 19)
    assert age_on(born, last) == 29


@given(births, st.integers(0, 15_000))
def test_age_grows_by_at_most_one_from_one_day_to_the_next(born: date, days: int) -> None:
    day = born + timedelta(days=days)
    assert age_on(born, day + timedelta(days=1)) - age_on(born, day) in (0, 1)
