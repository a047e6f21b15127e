"""Dates in words, seen from Monday 4 March 2024."""

from datetime import UTC, date, datetime

import pytest

from web.dates import Dates
from web.languages import Language
from web.texts import Words


def dates(language: Language = "sv") -> Dates:
    return Dates(Words(language), datetime(2024, 3, 4, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("days", "swedish", "english"),
    [
        (0, "i dag", "today"),
        (1, "i morgon", "tomorrow"),
        (3, "om 3 dagar", "in 3 days"),
        (60, "om 60 dagar", "in 60 days"),
        (91, "om 3 månader", "in 3 months"),
        (2692, "om 7 år", "in 7 years"),
        (-1, "1 dag försenad", "1 day overdue"),
        (-12, "12 dagar försenad", "12 days overdue"),
        (-400, "13 månader försenad", "13 months overdue"),
    ],
)
def test_how_far_away_a_date_is(days: int, swedish: str, english: str) -> None:
    assert (dates().due(days), dates("en").due(days)) == (swedish, english)


def test_a_date_of_another_year_says_its_year() -> None:
    assert dates().short(date(2024, 3, 7)) == "tors 7 mars"
    assert dates().short(date(2023, 12, 22)) == "fre 22 dec 2023"


def test_an_instant_is_shown_in_stockholm_time() -> None:
    assert dates().moment(datetime(2024, 7, 1, 6, tzinfo=UTC)) == "mån 1 juli kl. 08:00"
    assert dates("en").moment(datetime(2024, 7, 1, 6, tzinfo=UTC)) == "Mon 1 Jul at 08:00"


def test_today_is_the_day_in_stockholm() -> None:
    assert Dates(Words("sv"), datetime(2024, 3, 4, 23, 30, tzinfo=UTC)).today == date(2024, 3, 5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), ("", "–"), (True, "Ja"), (False, "Nej"), (3, "3"), (date(2024, 3, 4), "4 mars 2024")],
)
def test_a_value_as_text(value: object, text: str) -> None:
    assert dates().value(value) == text
