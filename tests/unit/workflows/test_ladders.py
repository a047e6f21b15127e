"""The rungs of a ladder: when each comes, what becomes of the due ones, and that none is ever lost."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.building import FIRST_MEETING, HOURS, LADDER, SE, deadline, escalate, remind
from workflows.calendar import calendar_named
from workflows.case import Quiet, QuietKind
from workflows.dates import at_local
from workflows.ladders import (
    Entry,
    LadderMove,
    LadderState,
    Outcome,
    Reason,
    advance,
    is_muted,
    ladder_marks,
    ladder_steps,
    next_moment,
    owner_slot,
    quiet_end,
    settle,
    slots_of,
)
from workflows.model import Deadline, Rung

DUE = date(2024, 2, 29)
EIGHT = HOURS.opens


def at(month: int, day: int, year: int = 2024) -> datetime:
    """Return the moment just after the clinic has opened."""
    return at_local(date(year, month, day), EIGHT) + timedelta(minutes=1)


def moved(state: LadderState, now: datetime, watched: Deadline = FIRST_MEETING) -> LadderMove:
    return advance(watched, state, now, SE, HOURS)


def with_outcome(move: LadderMove, outcome: Outcome) -> list[tuple[str, str]]:
    return [(entry.key, entry.slot) for entry in move.entries if entry.outcome is outcome]


def acknowledged(until: date) -> LadderState:
    return LadderState(DUE, 0, Quiet(QuietKind.ACKNOWLEDGED, until, 7), quiet_told=False)


def snoozed(until: date) -> LadderState:
    return LadderState(DUE, 0, Quiet(QuietKind.SNOOZED, until, 7), quiet_told=False)


# --- when each step comes ---


def test_the_steps_of_a_typical_ladder_come_on_these_days() -> None:
    days = {step.key: step.on for step in ladder_steps(LADDER, DUE, SE, HOURS)}

    assert days == {
        "r1": date(2024, 2, 15),
        "r2": date(2024, 2, 22),
        "e1": date(2024, 3, 1),
        "e2": date(2024, 3, 7),
        "e3": date(2024, 3, 14),
        "e3#2": date(2024, 3, 21),
        "e3#3": date(2024, 3, 28),
        "e3#4": date(2024, 4, 8),  # five working days, over Easter
    }


def test_steps_come_when_the_clinic_opens_in_summer_and_in_winter() -> None:
    hours = {step.key: step.at.hour for step in ladder_steps(LADDER, DUE, SE, HOURS)}

    assert (hours["e3#3"], hours["e3#4"]) == (7, 6)  # UTC: the clocks go forward on 31 March 2024


def test_a_reminder_on_a_free_day_comes_before_it_and_an_escalation_after() -> None:
    ladder = (remind("r1", "1 day before", "a"), escalate("e1", "1 day after", "a"))

    before_midsummer, after_it = ladder_steps(ladder, date(2024, 6, 22), SE, HOURS)

    assert (before_midsummer.on, after_it.on) == (date(2024, 6, 20), date(2024, 6, 24))


def test_neighbours_that_a_holiday_would_turn_around_come_together() -> None:
    ladder = (escalate("e1", "2 working days after", "a"), escalate("e2", "3 days after", "b"))

    first, second = ladder_steps(ladder, date(2023, 12, 22), SE, HOURS)

    assert (first.key, first.on, second.key, second.on) == ("e1", date(2023, 12, 28), "e2", date(2023, 12, 28))
    assert SE.next_working_day(date(2023, 12, 25)) == date(2023, 12, 27)  # where e2 alone would have come


def test_repeats_take_their_place_among_the_other_steps() -> None:
    ladder = (
        escalate("e1", "1 day after", "a", every="5 days", at_most=2),
        escalate("e2", "4 days after", "b"),
        escalate("e3", "8 days after", "c"),
    )

    assert [step.key for step in ladder_steps(ladder, DUE, SE, HOURS)] == ["e1", "e2", "e1#2", "e3"]


def test_a_repeat_comes_at_most_so_many_times() -> None:
    keys = [step.key for step in ladder_steps(LADDER, DUE, SE, HOURS) if step.rung.key == "e3"]

    assert keys == ["e3", "e3#2", "e3#3", "e3#4"]


def test_slots_are_whom_through_what() -> None:
    both = remind("r1", "1 day before", "coordinator", "handler", "coordinator", channels=("email", "teams"))

    assert slots_of(both) == ("coordinator:email", "handler:email", "unit:teams")
    assert slots_of(replace(both, channels=("teams",))) == ("unit:teams",)


def test_the_owner_is_the_first_one_to_be_mailed() -> None:
    watched = replace(
        FIRST_MEETING, ladder=(remind("r1", "1 day before", "unit_manager", channels=("teams",)), LADDER[1])
    )

    assert owner_slot(watched) == "coordinator:email"
    assert owner_slot(replace(FIRST_MEETING, ladder=())) == "coordinator:email"


# --- what becomes of the due ones ---


def test_nothing_is_due_before_the_first_step() -> None:
    move = moved(LadderState(DUE), at_local(date(2024, 2, 15), EIGHT) - timedelta(seconds=1))

    assert (move.entries, move.state, move.next_at) == ((), LadderState(DUE), at_local(date(2024, 2, 15), EIGHT))


def test_a_step_is_queued_at_its_moment() -> None:
    move = moved(LadderState(DUE), at_local(date(2024, 2, 15), EIGHT))

    assert move.entries == (Entry("r1", "coordinator:email", Outcome.QUEUED, None, late=False),)
    assert (move.state.next_rung, move.next_at) == (1, at_local(date(2024, 2, 22), EIGHT))


def test_after_an_outage_each_slot_gets_the_newest_and_the_others_collapse_into_it() -> None:
    move = moved(LadderState(DUE), at(3, 22))

    assert with_outcome(move, Outcome.QUEUED) == [
        ("r2", "handler:email"),
        ("e1", "coordinator:email"),
        ("e1", "deputy:email"),
        ("e2", "unit_manager:email"),
        ("e2", "unit:teams"),
        ("e3#2", "project_lead:email"),
    ]
    assert with_outcome(move, Outcome.COLLAPSED) == [
        ("r1", "coordinator:email"),
        ("r2", "coordinator:email"),
        ("e3", "project_lead:email"),
    ]


def test_what_comes_on_another_day_than_its_own_is_late() -> None:
    late = {entry.key: entry.late for entry in moved(LadderState(DUE), at(3, 21)).entries}

    assert late == {"r1": True, "r2": True, "e1": True, "e2": True, "e3": True, "e3#2": False}


def test_a_ladder_comes_to_its_end() -> None:
    move = moved(LadderState(DUE), at(6, 1))

    assert (move.state.next_rung, move.next_at) == (8, None)
    assert moved(move.state, at(7, 1)).entries == ()


# --- quiet ---


def test_an_acknowledgement_holds_reminders_and_tells_when_it_is_over() -> None:
    state = acknowledged(date(2024, 2, 20))
    held = moved(state, at(2, 15))
    over = moved(held.state, at(2, 20))

    assert held.entries == (Entry("r1", "coordinator:email", Outcome.SUPPRESSED, Reason.ACKNOWLEDGED, late=False),)
    assert held.next_at == at_local(date(2024, 2, 20), EIGHT)
    assert over.entries == (Entry("q7", "coordinator:email", Outcome.QUEUED, None, late=False),)
    assert over.next_at == at_local(date(2024, 2, 22), EIGHT)


def test_an_acknowledgement_never_holds_a_first_escalation_but_its_repeats() -> None:
    move = moved(acknowledged(date(2024, 6, 3)), at(4, 10))

    assert {key for key, _ in with_outcome(move, Outcome.QUEUED)} == {"e1", "e2", "e3"}
    assert {key for key, _ in with_outcome(move, Outcome.SUPPRESSED)} == {"r1", "r2", "e3#2", "e3#3", "e3#4"}


def test_a_snooze_holds_everything_until_the_day_it_ends() -> None:
    early = replace(FIRST_MEETING, ladder=(escalate("e1", "3 working days before", "unit_manager"), *LADDER))
    move = moved(snoozed(DUE), at(2, 28), early)

    assert {entry.reason for entry in move.entries} == {Reason.SNOOZED}
    assert {entry.key for entry in move.entries} == {"r1", "r2", "e1"}


def test_the_end_of_a_quiet_collapses_into_a_step_to_the_same_person() -> None:
    move = moved(acknowledged(date(2024, 2, 22)), at(2, 22))

    assert with_outcome(move, Outcome.QUEUED) == [("r2", "coordinator:email"), ("r2", "handler:email")]
    assert with_outcome(move, Outcome.COLLAPSED) == [("q7", "coordinator:email")]


def test_the_end_of_a_quiet_is_told_once() -> None:
    told = moved(acknowledged(date(2024, 2, 20)), at(2, 20)).state

    assert told.quiet_told
    assert moved(told, at(2, 21)).entries == ()


def test_a_quiet_that_ends_on_a_free_day_ends_when_the_clinic_opens_next() -> None:
    assert quiet_end(Quiet(QuietKind.SNOOZED, date(2024, 3, 29), 1), SE, HOURS) == at_local(date(2024, 4, 2), EIGHT)


@given(st.dates(date(2022, 1, 1), date(2037, 12, 31)), st.sampled_from(QuietKind), st.integers(-30, 0))
def test_no_quiet_that_ends_by_the_date_holds_a_step_after_it(due: date, kind: QuietKind, days: int) -> None:
    quiet = Quiet(kind, due + timedelta(days=days), 1)

    escalations = [step for step in ladder_steps(LADDER, due, SE, HOURS) if step.rung.key.startswith("e")]

    assert not any(is_muted(step, quiet, SE, HOURS) for step in escalations)


# --- the end of a deadline ---


def test_a_met_deadline_accounts_for_every_step_that_will_not_come() -> None:
    entries = settle(FIRST_MEETING, LadderState(DUE, 5), Reason.MET, SE, HOURS)

    assert [(e.key, e.outcome, e.reason) for e in entries] == [
        (key, Outcome.SUPPRESSED, Reason.MET) for key in ("e3#2", "e3#3", "e3#4")
    ]


def test_a_quiet_that_was_not_told_is_accounted_for_too() -> None:
    entries = settle(FIRST_MEETING, replace(acknowledged(DUE), next_rung=8), Reason.LEFT, SE, HOURS)

    assert [(e.key, e.reason) for e in entries] == [("q7", Reason.LEFT)]


# --- marks ---


def test_moments_that_move_change_only_the_second_mark() -> None:
    steps, moments = ladder_marks(LADDER, DUE, SE, HOURS)
    later_steps, later_moments = ladder_marks(LADDER, date(2024, 3, 1), SE, HOURS)
    closed = calendar_named("SE", frozenset({date(2024, 3, 7)}))

    assert (steps == later_steps, moments == later_moments) == (True, False)
    assert ladder_marks(LADDER, DUE, closed, HOURS)[1] != moments


def test_another_recipient_changes_the_first_mark() -> None:
    other = (remind("r1", "14 days before", "deputy"), *LADDER[1:])

    assert ladder_marks(other, DUE, SE, HOURS)[0] != ladder_marks(LADDER, DUE, SE, HOURS)[0]


# --- laws ---

ROLES = ("coordinator", "deputy", "unit_manager")
CHANNELS = (("email",), ("teams",), ("email", "teams"))
UNITS = ("days", "working days", "weeks")


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Rung, ...]:
    rungs: list[Rung] = []
    for number in range(1, draw(st.integers(0, 3)) + 1):
        offset = f"{draw(st.integers(0, 20))} {draw(st.sampled_from(UNITS))} before"
        rungs.append(remind(f"r{number}", offset, *roles(draw), channels=draw(st.sampled_from(CHANNELS))))
    for number in range(1, draw(st.integers(0, 3)) + 1):
        offset = f"{draw(st.integers(0, 20))} {draw(st.sampled_from(UNITS))} after"
        every = f"{draw(st.integers(1, 6))} {draw(st.sampled_from(UNITS))}" if draw(st.booleans()) else ""
        at_most = draw(st.integers(1, 4))
        channels = draw(st.sampled_from(CHANNELS))
        rungs.append(escalate(f"e{number}", offset, *roles(draw), channels=channels, every=every, at_most=at_most))
    return tuple(rungs)


def roles(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=3))


@st.composite
def walks(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Return what happens to a ladder: time goes, its date moves, somebody wants it quiet; numbers are days."""
    kinds = st.sampled_from(["time", "time", "time", "move", "acknowledge", "snooze"])
    return draw(st.lists(st.tuples(kinds, st.integers(0, 25)), max_size=15))


def walked(watched: Deadline, walk: list[tuple[str, int]], due: date) -> tuple[list[LadderMove], LadderState]:
    state, today, moves = LadderState(due), due - timedelta(days=45), []
    for seq, (what, days) in enumerate(walk, start=2):
        if what == "time":
            today += timedelta(days=days)
            moves.append(moved(state, at(today.month, today.day, today.year), watched))
            state = moves[-1].state
        elif what == "move":
            state = replace(state, due_on=state.due_on + timedelta(days=days))
        else:
            kind = QuietKind.ACKNOWLEDGED if what == "acknowledge" else QuietKind.SNOOZED
            state = replace(state, quiet=Quiet(kind, today + timedelta(days=days + 1), seq), quiet_told=False)
    return moves, state


@given(ladders(), walks(), st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_every_step_and_slot_is_accounted_for_exactly_once(
    ladder: tuple[Rung, ...], walk: list[tuple[str, int]], due: date
) -> None:
    watched = deadline("first_meeting", "1 month after decision_date", ladder=ladder)
    moves, state = walked(watched, walk, due)
    entries = [e for move in moves for e in move.entries] + list(settle(watched, state, Reason.MET, SE, HOURS))

    accounted = Counter((e.key, e.slot) for e in entries if not e.key.startswith("q"))

    assert accounted == Counter((s.key, slot) for s in ladder_steps(ladder, due, SE, HOURS) for slot in s.slots)


@given(ladders(), walks(), st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_nobody_is_sent_two_messages_of_one_ladder_at_one_time(
    ladder: tuple[Rung, ...], walk: list[tuple[str, int]], due: date
) -> None:
    moves, _ = walked(deadline("first_meeting", "1 month after decision_date", ladder=ladder), walk, due)

    for move in moves:
        queued = [entry.slot for entry in move.entries if entry.outcome is Outcome.QUEUED]
        assert len(queued) == len(set(queued))


@given(ladders(), walks(), st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_what_collapses_collapses_into_something_that_is_sent(
    ladder: tuple[Rung, ...], walk: list[tuple[str, int]], due: date
) -> None:
    moves, _ = walked(deadline("first_meeting", "1 month after decision_date", ladder=ladder), walk, due)

    for move in moves:
        queued = {slot for _, slot in with_outcome(move, Outcome.QUEUED)}
        assert {slot for _, slot in with_outcome(move, Outcome.COLLAPSED)} <= queued


@given(ladders(), st.sampled_from(QuietKind), st.integers(1, 60), st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_no_held_step_is_queued_and_no_other_is_suppressed(
    ladder: tuple[Rung, ...], kind: QuietKind, days: int, due: date
) -> None:
    watched = deadline("first_meeting", "1 month after decision_date", ladder=ladder)
    quiet = Quiet(kind, due - timedelta(days=30) + timedelta(days=days), 7)
    held = {s.key for s in ladder_steps(ladder, due, SE, HOURS) if is_muted(s, quiet, SE, HOURS)}

    move = moved(LadderState(due, 0, quiet, quiet_told=False), datetime(2035, 1, 1, tzinfo=UTC), watched)

    suppressed = {key for key, _ in with_outcome(move, Outcome.SUPPRESSED)}
    assert suppressed == held


@given(ladders(), walks(), st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_looking_again_at_once_finds_nothing_and_next_at_lies_ahead(
    ladder: tuple[Rung, ...], walk: list[tuple[str, int]], due: date
) -> None:
    watched = deadline("first_meeting", "1 month after decision_date", ladder=ladder)
    _, state = walked(watched, walk, due)
    now = at(1, 1, 2028)
    move = moved(state, now, watched)

    assert moved(move.state, now, watched).entries == ()
    assert move.next_at is None or move.next_at > now
    assert move.next_at == next_moment(watched, move.state, SE, HOURS)


@given(ladders(), st.dates(date(2023, 1, 1), date(2027, 12, 31)), st.integers(0, 200))
def test_the_steps_of_a_ladder_have_one_order_whatever_the_date(ladder: tuple[Rung, ...], due: date, days: int) -> None:
    one, other = (ladder_steps(ladder, d, SE, HOURS) for d in (due, due + timedelta(days=days)))

    assert [step.key for step in one] == [step.key for step in other]
    assert [step.at for step in one] == sorted(step.at for step in one)
    assert all(SE.is_working_day(step.on) for step in one)


@pytest.mark.slow
def test_a_sweep_of_many_ladders_costs_microseconds_each() -> None:
    state, now = LadderState(DUE), at(2, 15)
    begun = perf_counter()
    for _ in range(20_000):
        moved(state, now)

    assert (perf_counter() - begun) / 20_000 < 60e-6  # 7 µs on the machine of the day; a law of magnitude, not a race
