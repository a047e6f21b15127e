"""The demo's people, against the machine alone: whatever the dice say, nobody tries what is not allowed."""

from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from demo.arrivals import planned_arrivals
from demo.draws import Draws
from demo.intents import moment_of, next_turn
from demo.turns import View
from workflows.calendar import calendar_named
from workflows.case import Builtin, Event, Snapshot
from workflows.catalogue import load_packaged
from workflows.dates import at_local, in_hours, local_date
from workflows.machine import decide
from workflows.planning import Rules

RULES = Rules(load_packaged("aktiv-2023"), calendar_named("SE"))
ENDS = at_local(date(2025, 6, 1), time(9))


def lived(seed: str, case_id: int, number: int = 0) -> list[tuple[datetime, str, Snapshot]]:
    """Let one case be worked with until it is closed or two years have passed: each event, and the case after it."""
    arrival = planned_arrivals(3, seed)[number]
    draws, now = Draws(seed, case_id), arrival.at
    snapshot = decide(RULES, None, Event(Builtin.OPEN, arrival.data), now).after
    story = [(now, str(Builtin.OPEN), snapshot)]
    while now < ENDS:
        view = View(RULES, snapshot, draws, local_date(arrival.at), local_date(now))
        turn = next_turn(view, number)
        if turn is None:
            break
        now = moment_of(turn, view, now)
        view = View(RULES, snapshot, draws, local_date(arrival.at), local_date(now))
        turn = next_turn(view, number) or turn
        snapshot = decide(RULES, snapshot, Event(turn.name, turn.answers), now).after
        story.append((now, turn.name, snapshot))
    return story


@given(st.text("abc", max_size=4), st.integers(1, 200), st.integers(0, 2))
def test_nobody_tries_what_the_machine_refuses(seed: str, case_id: int, number: int) -> None:
    lived(seed, case_id, number)  # an event that is refused raises


@given(st.text("abc", max_size=4), st.integers(1, 200))
def test_people_work_in_working_hours_and_time_runs_forward(seed: str, case_id: int) -> None:
    moments = [at for at, _, _ in lived(seed, case_id)]
    assert moments == sorted(set(moments))
    assert all(in_hours(at, RULES.definition.hours, RULES.calendar) for at in moments)


@given(st.text("abc", max_size=4), st.integers(1, 200))
def test_every_case_is_closed_within_days_of_its_end(seed: str, case_id: int) -> None:
    _, _, last = lived(seed, case_id)[-1]
    until = last.data["benefit_until"]
    assert isinstance(until, date)
    assert last.state == "closed" or until >= date(2025, 2, 1)


def test_equal_dice_give_equal_stories() -> None:
    assert lived("a", 7) == lived("a", 7)


def test_most_is_done_before_it_is_due_and_some_long_after() -> None:
    lags = [Draws("a", number).lag("follow_up") for number in range(2000)]
    late = sum(lag > 0 for lag in lags) / len(lags)
    assert 0.05 < late < 0.2
    assert max(lags) > 9
    assert min(lags) < -9


def test_a_hasty_clinic_is_late_more_often() -> None:
    def late(haste: float) -> int:
        return sum(Draws("a", number, haste).lag("plan") > 0 for number in range(1000))

    assert late(0.5) < late(1.0) < late(2.0)


def test_what_is_overdue_is_done_on_the_next_working_day() -> None:
    arrival = planned_arrivals(1, "a")[0]
    snapshot = decide(RULES, None, Event(Builtin.OPEN, arrival.data), arrival.at).after
    saturday = at_local(date(2024, 3, 2), time(12))
    view = View(RULES, snapshot, Draws("a", 1), local_date(arrival.at), local_date(saturday))
    turn = next_turn(view, 0)
    assert turn is not None
    assert saturday < moment_of(turn, view, saturday) < saturday + timedelta(days=3)
