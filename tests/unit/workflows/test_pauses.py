"""A pause moves exactly the deadlines it names, by the days it lasted."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.building import (
    FINAL_MEETING,
    FIRST_MEETING,
    FOLLOW_UP,
    Life,
    followed,
    granted,
    programme,
)
from workflows.case import Became, Pause
from workflows.guards import Value
from workflows.planning import paused_days
from workflows.refusals import EventRefusedError, Why

OPENED, MET, LEFT, VOID, MOVED, REVISED = Became


def pause(life: Life, day: date, kind: str = "parental_leave", from_on: date | None = None) -> Life:
    life.fire("case.pause", day, kind=kind, from_on=from_on)
    return life


def resume(life: Life, day: date, kind: str = "parental_leave", until_on: date | None = None) -> Life:
    life.fire("case.resume", day, kind=kind, until_on=until_on)
    return life


def why(life: Life, name: str, day: date, **answers: Value) -> list[Why]:
    with pytest.raises(EventRefusedError) as refusal:
        life.fire(name, day, answers)
    return [r.why for r in refusal.value.refusals]


def test_a_pause_moves_the_date_by_the_days_it_lasted_once_it_has_ended() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 2, 5))
    assert (life.due("first_meeting"), life.watch("first_meeting").paused) == (date(2024, 2, 29), True)

    resume(life, date(2024, 2, 19))
    assert (life.due("first_meeting"), life.watch("first_meeting").paused) == (date(2024, 3, 14), False)
    assert life.became("first_meeting") == [OPENED, REVISED, REVISED]


def test_a_pause_leaves_deadlines_it_does_not_name_alone() -> None:
    life = resume(pause(granted(FIRST_MEETING), date(2024, 2, 5), "sick_leave"), date(2024, 2, 19), "sick_leave")

    assert life.became("first_meeting") == [OPENED]


def test_days_that_two_pauses_share_count_once() -> None:
    life = followed(FOLLOW_UP)
    pause(life, date(2024, 4, 1), "sick_leave")
    pause(life, date(2024, 4, 8), "parental_leave")
    resume(life, date(2024, 4, 15), "sick_leave")
    assert life.watch("follow_up").paused

    resume(life, date(2024, 4, 22), "parental_leave")
    assert (life.watch("follow_up").paused_days, life.due("follow_up")) == (21, date(2024, 6, 24))


def test_a_pause_may_be_told_afterwards() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 2, 20), from_on=date(2024, 2, 5))
    resume(life, date(2024, 2, 20), until_on=date(2024, 2, 12))

    assert (life.watch("first_meeting").paused_days, life.due("first_meeting")) == (7, date(2024, 3, 7))


def test_days_before_the_anchor_are_already_in_the_anchor() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 2, 5), from_on=date(2024, 1, 1))
    resume(life, date(2024, 2, 5))

    assert life.watch("first_meeting").paused_days == 5


def test_an_overdue_deadline_is_as_overdue_after_a_pause_as_before_it() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 3, 10))
    resume(life, date(2024, 3, 31))

    assert life.watch("first_meeting").base_on == date(2024, 2, 29)
    assert life.due("first_meeting") == date(2024, 3, 21)


def test_what_is_planned_backwards_moves_by_every_pause_of_the_case() -> None:
    life = resume(pause(granted(FINAL_MEETING), date(2024, 2, 5)), date(2024, 2, 12))

    assert (life.watch("final_meeting").paused_days, life.due("final_meeting")) == (7, date(2025, 6, 5))


def test_a_meeting_held_during_a_pause_meets_the_deadline() -> None:
    life = pause(followed(FOLLOW_UP), date(2024, 5, 1), "sick_leave")
    life.fire("follow_up", date(2024, 5, 20), held_on=date(2024, 5, 20))

    assert life.became("follow_up") == [OPENED, REVISED, MET, OPENED]
    assert life.watch("follow_up").paused


def test_the_next_one_moves_by_the_whole_pause_when_it_ends() -> None:
    life = pause(followed(FOLLOW_UP), date(2024, 5, 1), "sick_leave")
    life.fire("follow_up", date(2024, 5, 20), held_on=date(2024, 5, 20))
    resume(life, date(2024, 5, 31), "sick_leave")

    assert (life.watch("follow_up").paused_days, life.due("follow_up")) == (30, date(2024, 10, 1))


def test_a_deadline_opened_during_a_pause_is_paused_and_moved_from_its_anchor_on() -> None:
    life = pause(granted(FOLLOW_UP), date(2024, 2, 5), "sick_leave")
    life.fire("hold_first", date(2024, 3, 1), held_on=date(2024, 3, 1), plan_agreed_on=date(2024, 3, 1))
    assert life.watch("follow_up").paused

    resume(life, date(2024, 3, 11), "sick_leave")
    assert (life.watch("follow_up").paused_days, life.due("follow_up")) == (10, date(2024, 6, 11))


def test_a_date_stands_still_while_it_is_paused_whatever_else_happens() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 2, 5))
    life.fire("give_consent", date(2024, 2, 20))

    assert (life.due("first_meeting"), life.watch("first_meeting").paused_days) == (date(2024, 2, 29), 0)
    assert life.became("first_meeting") == [OPENED, REVISED]


def test_a_new_anchor_during_a_pause_moves_the_date_at_once() -> None:
    life = pause(granted(FINAL_MEETING), date(2024, 2, 5))
    life.fire("extend", date(2024, 2, 12), benefit_until=date(2026, 8, 31))
    assert (life.due("final_meeting"), life.watch("final_meeting").paused) == (date(2026, 6, 5), True)

    resume(life, date(2024, 2, 19))
    assert life.due("final_meeting") == date(2026, 6, 12)


def test_a_pause_kind_that_a_new_version_has_dropped_stops_nothing() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 2, 5))
    life.definition = programme(FIRST_MEETING, version="2", pauses={})
    life.fire("case.migrate", date(2024, 2, 12))

    assert (life.due("first_meeting"), life.watch("first_meeting").paused) == (date(2024, 2, 29), False)


@pytest.mark.parametrize(
    ("name", "answers", "reason"),
    [
        ("case.pause", {"kind": "holiday"}, Why.BAD_ANSWER),
        ("case.pause", {}, Why.BAD_ANSWER),
        ("case.pause", {"kind": "sick_leave", "from_on": date(2024, 2, 6)}, Why.FUTURE_DATE),
        ("case.pause", {"kind": "sick_leave", "from_on": date(1, 1, 1)}, Why.BAD_ANSWER),
        ("case.pause", {"kind": "sick_leave", "from_on": "2024-02-01"}, Why.BAD_ANSWER),
        ("case.resume", {"kind": "sick_leave"}, Why.NOT_PAUSED),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused(name: str, answers: dict[str, Value], reason: Why) -> None:
    assert why(granted(FIRST_MEETING), name, date(2024, 2, 5), **answers) == [reason]


def test_a_running_pause_cannot_be_begun_again() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 2, 5))

    assert why(life, "case.pause", date(2024, 2, 6), kind="parental_leave") == [Why.ALREADY_PAUSED]


def test_a_pause_cannot_end_tomorrow_or_before_it_began() -> None:
    life = pause(granted(FIRST_MEETING), date(2024, 2, 5))

    assert why(life, "case.resume", date(2024, 2, 7), kind="parental_leave", until_on=date(2024, 2, 8)) == [
        Why.FUTURE_DATE
    ]
    assert why(life, "case.resume", date(2024, 2, 7), kind="parental_leave", until_on=date(2024, 2, 4)) == [
        Why.UNTIL_PAST
    ]


def test_a_closed_case_cannot_be_paused() -> None:
    life = granted(FIRST_MEETING)
    life.fire("close", date(2024, 2, 5))

    assert why(life, "case.pause", date(2024, 2, 6), kind="sick_leave") == [Why.FINAL]


# --- the law of counting days ---

DAY_ZERO = date(2024, 1, 1)
days = st.integers(0, 120).map(lambda n: DAY_ZERO + timedelta(days=n))
pauses = st.builds(lambda a, b: Pause("sick_leave", min(a, b), max(a, b)), days, days)


@given(st.lists(pauses, max_size=6), days, days)
def test_paused_days_are_the_days_that_lie_in_any_pause(ended: list[Pause], since: date, today: date) -> None:
    numbers = range(121)
    paused = [
        day
        for day in (DAY_ZERO + timedelta(days=n) for n in numbers)
        if day >= since and any(p.from_on <= day < (p.until_on or today) for p in ended)
    ]

    assert paused_days(ended, since, today) == len(paused)


@given(days, days)
def test_a_running_pause_counts_up_to_today(start: date, today: date) -> None:
    assert paused_days([Pause("sick_leave", start)], date.min, today) == max(0, (today - start).days)
