"""An audit that cannot fail proves nothing: each way of losing a rung is made to happen, and must be found."""

from datetime import date

import pytest
from sqlalchemy import delete, text, update

from engine.auditing import Cause, replay_all, unaccounted
from engine.firing import fire
from engine.sweeping import sweep
from storage import tables
from tests.house import House, moment
from workflows.case import Builtin, Event

LATER = moment("2024-04-15")


@pytest.fixture
def lived(house: House) -> House:
    """A clinic in which reminders went out, meetings were held, a pause ran and somebody acknowledged."""
    first, second, third, _ = house.open_many(4, "2024-01-31")
    house.pass_time(moment("2024-02-15"))
    house.fire(first, "hold_meeting", moment("2024-02-16"), held_on=date(2024, 2, 16), met_on=date(2024, 2, 16))
    steer(house, second, Builtin.PAUSE, "2024-02-20", kind="parental_leave")
    steer(house, third, Builtin.ACKNOWLEDGE, "2024-02-20", deadline="meeting", until_on=date(2024, 3, 20))
    house.pass_time(moment("2024-03-15"))
    steer(house, second, Builtin.RESUME, "2024-03-18", kind="parental_leave")
    house.pass_time(LATER)
    return house


def steer(house: House, ref: str, event: Builtin, day: str, **answers: object) -> None:
    fire(house.engine, ref, Event(event, answers), house.actor("coordinator"), moment(day))  # type: ignore[arg-type]


def change(house: House, statement: object) -> None:
    with house.engine.database.write() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def causes(house: House, now: object = LATER) -> set[Cause]:
    return {gap.cause for gap in unaccounted(house.engine, now)}  # type: ignore[arg-type]


def test_after_a_while_of_ordinary_life_nothing_is_unaccounted_for(lived: House) -> None:
    assert lived.count("ledger") > 20
    assert unaccounted(lived.engine, LATER) == []


def test_a_rung_that_waits_for_its_message_is_accounted_for(house: House) -> None:
    house.open_case("2024-01-31")
    sweep(house.engine, moment("2024-02-15"))
    assert unaccounted(house.engine, moment("2024-02-15")) == []


def test_a_clock_that_stands_still_is_found(house: House) -> None:
    ref = house.open_case("2024-01-31")
    gaps = unaccounted(house.engine, moment("2024-02-15", "08:11"))
    assert [(gap.ref, gap.deadline, gap.cause) for gap in gaps] == [(ref, "meeting", Cause.NOT_SWEPT)]


def test_the_clock_has_ten_minutes(house: House) -> None:
    house.open_case("2024-01-31")
    assert unaccounted(house.engine, moment("2024-02-15", "08:09")) == []


def test_a_deadline_without_a_next_moment_is_found(house: House) -> None:
    house.open_case("2024-01-31")
    change(house, update(tables.deadline).values(next_at=None))
    assert causes(house, moment("2024-02-01")) == {Cause.STALLED}


def test_a_deadline_that_could_not_be_decided_and_was_put_off_is_found(house: House) -> None:
    house.open_case("2024-01-31")
    change(house, update(tables.deadline).values(next_at=moment("2024-02-15", "10:00")))
    assert causes(house, moment("2024-02-15", "09:00")) == {Cause.POSTPONED}


def test_a_day_declared_closed_since_makes_no_gap(house: House) -> None:
    house.open_case("2024-01-31")
    day, declared = date(2024, 2, 15), moment("2024-02-01")
    change(house, tables.closure.insert().values(day=day, title="Stängt", declared_at=declared))
    assert causes(house, moment("2024-02-14", "12:00")) == set()


def test_a_lost_entry_is_found_twice_over(lived: House) -> None:
    change(lived, delete(tables.ledger).where(tables.ledger.c.rung == "r1"))
    assert causes(lived) == {Cause.MISCOUNTED, Cause.NO_ENTRY}


def test_a_lost_entry_is_found_though_the_count_was_changed_with_it(lived: House) -> None:
    change(lived, delete(tables.ledger).where(tables.ledger.c.rung == "r1"))
    change(
        lived,
        text("UPDATE deadline SET accounted = (SELECT count(*) FROM ledger WHERE ledger.deadline_id = deadline.id)"),
    )
    assert causes(lived) == {Cause.NO_ENTRY}


def test_a_lost_message_is_found(house: House) -> None:
    house.open_case("2024-01-31")
    sweep(house.engine, moment("2024-02-15"))
    change(house, delete(tables.outbox))
    assert causes(house, moment("2024-02-15")) == {Cause.NO_MESSAGE}


def test_an_outcome_without_its_time_is_found(lived: House) -> None:
    change(lived, update(tables.ledger).where(tables.ledger.c.outcome == "sent").values(settled_at=None))
    assert causes(lived) == {Cause.NOT_SETTLED}


def test_a_deadline_no_version_knows_is_found(lived: House) -> None:
    change(lived, update(tables.deadline).values(kind="nowhere"))
    assert causes(lived) == {Cause.NO_LADDER}


def test_every_case_follows_from_its_history(lived: House) -> None:
    replayed = replay_all(lived.engine, LATER)
    assert (replayed.cases, replayed.events, replayed.divergences) == (4, 8, ())


def test_one_case_can_be_replayed_alone(lived: House) -> None:
    ref = lived.open_case("2024-03-01")
    assert replay_all(lived.engine, LATER, ref).cases == 1


def test_a_changed_answer_breaks_the_chain_and_the_case(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "hold_meeting", moment("2024-02-16"), held_on=date(2024, 2, 16), met_on=date(2024, 2, 16))
    answers = {"held_on": {"d": "2024-02-15"}, "met_on": {"d": "2024-02-15"}}
    change(house, update(tables.history).where(tables.history.c.seq == 2).values(answers=answers))
    (divergence,) = replay_all(house.engine, LATER).divergences
    assert (divergence.ref, divergence.at_seq) == (ref, 2)
    assert {"chain", "data", "watch", "deadlines"} <= set(divergence.what)


def test_a_changed_case_differs_from_its_history(house: House) -> None:
    house.open_case("2024-01-31")
    change(house, update(tables.case).values(state="following"))
    assert replay_all(house.engine, LATER).divergences[0].what == ("state",)


def test_a_moved_date_differs_from_the_history(house: House) -> None:
    house.open_case("2024-01-31")
    change(house, update(tables.deadline).values(due_on=date(2025, 1, 1)))
    assert replay_all(house.engine, LATER).divergences[0].what == ("deadlines",)


def test_a_lost_last_event_breaks_the_chain(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "record_consent", moment("2024-02-01"))
    change(house, delete(tables.history).where(tables.history.c.seq == 2))
    divergence = replay_all(house.engine, LATER).divergences[0]
    assert divergence.what[0] == "chain"


def test_a_case_without_history_cannot_be_replayed(house: House) -> None:
    house.open_case("2024-01-31")
    change(house, delete(tables.history))
    assert replay_all(house.engine, LATER).divergences[0].what == ("chain", "history")


def test_a_case_whose_version_is_not_published_is_found_and_hides_no_other_gap(house: House) -> None:
    stranded, other = house.open_many(2, "2024-01-31")
    change(house, update(tables.case).where(tables.case.c.ref == stranded).values(version="never published"))
    house.pass_time(moment("2024-02-15"))
    gaps = unaccounted(house.engine, moment("2024-02-28"))
    assert (stranded, Cause.NO_LADDER) in {(gap.ref, gap.cause) for gap in gaps}
    assert (other, Cause.NOT_SWEPT) in {(gap.ref, gap.cause) for gap in gaps}
