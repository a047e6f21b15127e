"""The morning digest: once a working day, for those who are here and have something to do, as it stands by then."""

from datetime import date

import pytest
from sqlalchemy import update

from engine.delivering import deliver
from engine.digests import queue_digests
from notifications.messages import Digest
from storage import tables
from tests.house import House, moment

MORNING = moment("2024-02-26", "08:00")  # a Monday; a case decided on 2024-01-31 is due on Thursday


def digests(house: House) -> list[Digest]:
    return [sent.message for sent in house.mail.sent if isinstance(sent.message, Digest)]


def test_what_is_due_within_a_week_is_in_the_digest(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.open_case("2024-02-20")  # due a month later: not this week
    assert queue_digests(house.engine, MORNING) == 1
    deliver(house.engine, MORNING)
    assert [[line.case_ref for line in digest.lines] for digest in digests(house)] == [[ref]]


def test_a_day_has_one_digest_however_many_clocks_tick(house: House) -> None:
    house.open_case("2024-01-31")
    assert [queue_digests(house.engine, moment("2024-02-26", clock)) for clock in ("08:00", "08:00", "11:30")] == [
        1,
        0,
        0,
    ]
    assert queue_digests(house.engine, moment("2024-02-27", "08:00")) == 1


@pytest.mark.parametrize("when", [("2024-02-26", "07:59"), ("2024-02-25", "10:00"), ("2024-02-26", "17:00")])
def test_outside_working_hours_there_is_none(sqlite_house: House, when: tuple[str, str]) -> None:
    sqlite_house.open_case("2024-01-31")
    assert queue_digests(sqlite_house.engine, moment(*when)) == 0


def test_it_says_what_is_so_when_it_leaves(house: House) -> None:
    met, left = house.open_many(2, "2024-01-31")
    queue_digests(house.engine, MORNING)
    house.fire(met, "hold_meeting", MORNING, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
    deliver(house.engine, MORNING)
    assert [line.case_ref for digest in digests(house) for line in digest.lines] == [left]


def test_nothing_to_do_means_no_digest(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    queue_digests(house.engine, MORNING)
    house.fire(ref, "hold_meeting", MORNING, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
    deliver(house.engine, MORNING)
    assert digests(house) == []


def test_whoever_is_away_gets_none(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    house.away("coordinator", "2024-02-26", "2024-02-26")
    queue_digests(house.engine, MORNING)
    deliver(house.engine, MORNING)
    assert digests(house) == []


@pytest.mark.parametrize("column", ["active", "digest"])
def test_whoever_has_left_or_does_not_want_it_gets_none(sqlite_house: House, column: str) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        connection.execute(update(tables.staff).values({column: False}))
    assert queue_digests(house.engine, MORNING) == 0


def test_paused_deadlines_are_not_in_it(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.fire(ref, "case.pause", MORNING, kind="parental_leave")
    queue_digests(house.engine, MORNING)
    deliver(house.engine, MORNING)
    assert digests(house) == []


def test_yesterdays_digest_does_not_leave_with_todays(house: House) -> None:
    house.open_case("2024-01-31")
    queue_digests(house.engine, MORNING)  # and no postman that day
    tomorrow = moment("2024-02-27", "08:00")
    queue_digests(house.engine, tomorrow)
    deliver(house.engine, tomorrow)
    assert [digest.day for digest in digests(house)] == [date(2024, 2, 27)]
