"""Pauses, corrections and new closures move open deadlines, show it before they do, and account for what they end."""

from datetime import date

import pytest
from sqlalchemy import select

from access.actors import OPERATOR
from engine.firing import fire, preview
from engine.sweeping import sweep
from storage import definitions, tables
from tests.house import House, moment
from tests.models.reading import fate, mailed
from workflows.case import Became, Event

PAUSE = Event("case.pause", {"kind": "parental_leave"})
RESUME = Event("case.resume", {"kind": "parental_leave"})


def due(house: House, ref: str, kind: str) -> dict[str, date]:
    """Return the date of every ladder one kind of deadline has had, by what became of it (the last of each)."""
    query = (
        select(tables.deadline.c.status, tables.deadline.c.due_on)
        .join(tables.case, tables.case.c.id == tables.deadline.c.case_id)
        .where(tables.case.c.ref == ref, tables.deadline.c.kind == kind)
        .order_by(tables.deadline.c.id)
    )
    with house.engine.database.read() as connection:
        return {row.status: row.due_on for row in connection.execute(query)}


def following(house: House, met: str = "2024-02-12") -> str:
    """Return a case whose first meeting was held: a follow-up is due every three months."""
    ref = house.open_case("2024-01-31", now=moment("2024-01-31"))
    day = date.fromisoformat(met)
    house.fire(ref, "hold_meeting", moment(met), held_on=day, met_on=day)
    return ref


def test_a_pause_moves_the_date_by_the_days_it_lasted(house: House) -> None:
    ref = house.open_case("2024-01-31")  # due on 2024-02-29
    house.fire(ref, "case.pause", moment("2024-02-05"), kind="parental_leave")
    house.fire(ref, "case.resume", moment("2024-02-12"), kind="parental_leave")
    assert due(house, ref, "meeting") == {"open": date(2024, 3, 7)}


def test_a_pause_moves_only_what_it_names(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    house.fire(ref, "case.pause", moment("2024-02-05"), kind="sick_leave")  # stops follow-ups only
    house.fire(ref, "case.resume", moment("2024-02-12"), kind="sick_leave")
    assert due(house, ref, "meeting") == {"open": date(2024, 2, 29)}


def test_two_pauses_that_overlap_move_the_date_by_each_day_once(sqlite_house: House) -> None:
    house = sqlite_house
    ref = following(house)  # due on 2024-05-12, a Sunday: Monday the 13th
    house.fire(ref, "case.pause", moment("2024-03-04"), kind="parental_leave")
    house.fire(ref, "case.pause", moment("2024-03-08"), kind="sick_leave")
    house.fire(ref, "case.resume", moment("2024-03-11"), kind="parental_leave")
    house.fire(ref, "case.resume", moment("2024-03-18"), kind="sick_leave")
    assert due(house, ref, "follow_up") == {"open": date(2024, 5, 27)}  # 12 May and 14 days is a Sunday again


def test_while_a_pause_runs_time_does_nothing(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "case.pause", moment("2024-02-05"), kind="parental_leave")
    swept, _ = house.pass_time(moment("2024-12-02"))
    assert (swept.deadlines, mailed(house)) == (0, [])


def test_after_a_pause_the_ladder_goes_on_where_it_was(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-15"))  # r1
    house.fire(ref, "case.pause", moment("2024-02-16"), kind="parental_leave")
    house.fire(ref, "case.resume", moment("2024-03-15"), kind="parental_leave")  # 28 days: due on 2024-03-28
    house.pass_time(moment("2024-03-21"))
    assert [entry[1] for entry in house.ledger(ref) if entry[3] == "sent"] == ["r1", "r2"]


@pytest.mark.parametrize(("event", "day"), [(PAUSE, "2024-02-05"), (RESUME, "2024-02-20")])
def test_a_preview_shows_what_is_then_applied(sqlite_house: House, event: Event, day: str) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    if event is RESUME:
        fire(house.engine, ref, PAUSE, house.actor("coordinator"), moment("2024-02-05"))
    foreseen = preview(house.engine, ref, event, house.actor("coordinator"), moment(day)).decision
    fire(house.engine, ref, event, house.actor("coordinator"), moment(day))
    (step,) = foreseen.deadlines
    assert due(house, ref, "meeting") == {"open": step.watch.due_on}


def test_a_period_that_is_shortened_ends_the_follow_ups_beyond_it(house: House) -> None:
    ref = following(house)
    amend = Event("case.amend", {"benefit_until": date(2024, 5, 1)})
    foreseen = preview(house.engine, ref, amend, house.actor("coordinator"), moment("2024-03-01")).decision
    assert [(step.key.kind, step.became) for step in foreseen.deadlines] == [("follow_up", Became.VOID)]
    fire(house.engine, ref, amend, house.actor("coordinator"), moment("2024-03-01"))
    assert due(house, ref, "follow_up") == {"void": date(2024, 5, 13)}
    assert {entry[3:] for entry in house.ledger(ref) if entry[0] == "follow_up"} == {("suppressed", "void")}


def test_a_period_that_is_extended_again_brings_them_back(sqlite_house: House) -> None:
    house = sqlite_house
    ref = following(house)
    for until in (date(2024, 5, 1), date(2025, 12, 31)):
        house.fire(ref, "case.amend", moment("2024-03-01"), benefit_until=until)
    assert due(house, ref, "follow_up") == {"void": date(2024, 5, 13), "open": date(2024, 5, 13)}


def test_a_corrected_anchor_begins_a_new_ladder_and_settles_the_old_one(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.pass_time(moment("2024-02-15"))
    house.fire(ref, "case.amend", moment("2024-02-16"), decision_date=date(2024, 2, 14))
    assert due(house, ref, "meeting") == {"moved": date(2024, 2, 29), "open": date(2024, 3, 14)}
    moved = [entry for entry in house.ledger(ref) if entry[4] == "moved"]
    assert len(moved) == len({entry[1:3] for entry in moved}) == 10  # every slot of every rung after r1
    assert fate(house, ref, "r1", "coordinator:email") == ("sent", None)


def test_a_message_of_a_ladder_that_was_moved_does_not_leave(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    sweep(house.engine, moment("2024-02-15"))
    house.fire(ref, "case.amend", moment("2024-02-15"), decision_date=date(2024, 2, 14))
    house.pass_time(moment("2024-02-15"))
    assert mailed(house) == []


def test_a_day_declared_closed_moves_what_falls_on_it(house: House) -> None:
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        definitions.insert_closure(connection, date(2024, 2, 29), "Flytt", moment("2024-02-05"))
    fire(house.engine, ref, Event("case.recompute"), OPERATOR, moment("2024-02-05"))
    assert due(house, ref, "meeting") == {"moved": date(2024, 2, 29), "open": date(2024, 3, 1)}


def test_a_day_declared_closed_on_which_only_a_rung_falls_moves_the_rung(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    with house.engine.database.write() as connection:
        definitions.insert_closure(connection, date(2024, 2, 15), "Flytt", moment("2024-02-05"))
    fire(house.engine, ref, Event("case.recompute"), OPERATOR, moment("2024-02-05"))
    house.pass_time(moment("2024-02-14", "08:00"))
    assert fate(house, ref, "r1", "coordinator:email") == ("sent", None)
    assert due(house, ref, "meeting") == {"open": date(2024, 2, 29)}
