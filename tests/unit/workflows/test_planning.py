"""Which deadlines are open, and on which dates: opening, meeting, leaving, re-anchoring, new calendars and versions."""

from dataclasses import replace
from datetime import date

import pytest

from tests.unit.workflows.building import (
    CONSENT,
    FINAL_MEETING,
    FIRST_MEETING,
    FOLLOW_UP,
    LADDER,
    Life,
    deadline,
    due,
    followed,
    granted,
    noon,
    on,
    programme,
    remind,
)
from workflows.calendar import calendar_named
from workflows.case import Became
from workflows.dates import Roll, WorkingHours
from workflows.planning import paused_days
from workflows.reckoning import as_date

OPENED, MET, LEFT, VOID, MOVED, REVISED = Became


@pytest.mark.parametrize(
    ("rule", "decided", "expected"),
    [
        # finsam §6: the same five decisions under both programmes' rules
        ("1 month after", date(2024, 1, 31), date(2024, 2, 29)),
        ("1 month after", date(2023, 5, 6), date(2023, 6, 7)),
        ("1 month after", date(2023, 11, 24), date(2023, 12, 27)),
        ("1 month after", date(2024, 5, 21), date(2024, 6, 24)),
        ("1 month after", date(2024, 2, 29), date(2024, 4, 2)),
        ("30 days after", date(2024, 1, 31), date(2024, 3, 1)),
        ("30 days after", date(2023, 5, 6), date(2023, 6, 5)),
        ("30 days after", date(2023, 11, 24), date(2023, 12, 27)),
        ("30 days after", date(2024, 5, 21), date(2024, 6, 20)),
        ("30 days after", date(2024, 2, 29), date(2024, 4, 2)),
    ],
)
def test_the_first_meeting_is_due_as_the_programme_counts(rule: str, decided: date, expected: date) -> None:
    life = granted(deadline("first_meeting", f"{rule} decision_date"), decided=decided)

    assert life.due("first_meeting") == expected


# --- opening, meeting, leaving ---


def test_a_deadline_opens_with_its_states_and_leaves_with_them() -> None:
    life = followed(FIRST_MEETING, FOLLOW_UP)
    life.fire("close", date(2024, 3, 20))

    assert life.became("follow_up") == [OPENED, LEFT]


def test_a_deadline_is_met_by_its_transition_and_remembers_the_day_it_happened() -> None:
    life = granted(FIRST_MEETING)
    life.fire("hold_first", date(2024, 2, 20), held_on=date(2024, 2, 14))

    (_, met) = life.steps
    assert (met.became, met.watch.met_on, met.watch.due_on) == (MET, date(2024, 2, 14), date(2024, 2, 29))


def test_moving_within_its_states_leaves_a_deadline_alone() -> None:
    life = granted(FIRST_MEETING)
    life.fire("give_consent", date(2024, 2, 1))
    life.fire("book", date(2024, 2, 2), meeting_at=on(2024, 2, 20), place="video")
    life.fire("cancel", date(2024, 2, 5))

    assert life.became("first_meeting") == [OPENED]


def test_a_met_deadline_stays_met_for_as_long_as_the_case_stays() -> None:
    life = followed(FINAL_MEETING)
    life.fire("hold_final", date(2024, 4, 1), held_on=date(2024, 4, 1))
    life.fire("extend", date(2024, 5, 1), benefit_until=date(2026, 8, 31))

    assert life.became("final_meeting") == [OPENED, MET]


def test_coming_back_to_its_states_opens_a_new_deadline_under_a_new_name() -> None:
    life = followed(FIRST_MEETING)
    life.fire("start_over", date(2024, 4, 1), decision_date=date(2024, 4, 1))

    keys = [step.key for step in life.steps if step.became is OPENED]
    assert [(key.entry_seq, key.generation) for key in keys] == [(1, 0), (3, 0)]


def test_a_deadline_without_its_anchor_waits_for_it() -> None:
    life = granted(FINAL_MEETING, until=None)
    assert life.due("final_meeting") is None

    life.fire("case.amend", date(2024, 3, 1), benefit_until=date(2025, 8, 31))
    assert life.due("final_meeting") == date(2025, 5, 30)


def test_what_comes_back_within_its_states_has_a_condition_and_no_event_that_meets_it() -> None:
    """A consent that expires: renewing it moves the anchor, and the next expiry is watched (docs/adr/0003)."""
    renewal = deadline("final_meeting", "1 month before benefit_until", when="consent.region_to_fk")
    life = granted(renewal)
    life.fire("give_consent", date(2024, 2, 5))
    life.fire("extend", date(2025, 7, 1), benefit_until=date(2026, 8, 31))

    assert life.became("final_meeting") == [OPENED, MOVED, OPENED]
    assert life.due("final_meeting") == date(2026, 7, 31)


# --- guards ---


def test_a_condition_turning_off_and_on_opens_a_new_generation_each_time() -> None:
    life = granted(CONSENT)
    for name in ("give_consent", "withdraw_consent", "give_consent", "withdraw_consent"):
        life.fire(name, date(2024, 2, 5))

    assert life.became("consent") == [OPENED, VOID, OPENED, VOID, OPENED]
    assert [step.key.generation for step in life.steps if step.became is OPENED] == [0, 1, 2]


# --- re-anchoring ---


@pytest.mark.parametrize(
    ("until", "expected"), [(date(2026, 8, 31), date(2026, 5, 29)), (date(2024, 12, 31), date(2024, 9, 30))]
)
def test_a_new_period_moves_what_is_planned_backwards_from_its_end(until: date, expected: date) -> None:
    life = granted(FINAL_MEETING)
    life.fire("extend", date(2024, 3, 1), benefit_until=until)

    assert life.became("final_meeting") == [OPENED, MOVED, OPENED]
    assert (life.due("final_meeting"), life.watch("final_meeting").generation) == (expected, 1)


def test_an_anchor_taken_away_voids_and_given_back_opens_again() -> None:
    life = granted(FINAL_MEETING)
    life.fire("case.amend", date(2024, 3, 1), benefit_until=None)
    life.fire("case.amend", date(2024, 3, 2), benefit_until=date(2025, 8, 31))

    assert life.became("final_meeting") == [OPENED, VOID, OPENED]
    assert life.watch("final_meeting").generation == 1


def test_an_amendment_that_changes_no_date_changes_no_deadline() -> None:
    life = granted(FINAL_MEETING)
    life.fire("case.amend", date(2024, 3, 1), benefit_until=date(2025, 8, 31), note="x")

    assert life.became("final_meeting") == [OPENED]


# --- recurring deadlines ---


def test_follow_ups_come_every_third_month_counted_from_the_plan() -> None:
    life = followed(FOLLOW_UP, plan=date(2024, 11, 30), until=None)
    dates = []
    for _ in range(4):
        day = life.due("follow_up")
        assert day is not None
        dates.append(day)
        life.fire("follow_up", day, held_on=day)

    # 28 February is the end of the month; the next is counted from the plan and back on the 30th (a Friday)
    assert dates == [date(2025, 2, 28), date(2025, 5, 30), date(2025, 9, 1), date(2025, 12, 1)]


def test_a_follow_up_held_a_little_early_meets_the_next_one() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 5, 2), held_on=date(2024, 5, 2))

    assert life.became("follow_up") == [OPENED, MET, OPENED]
    assert life.due("follow_up") == date(2024, 9, 2)


def test_a_follow_up_held_far_too_early_does_not_meet_it() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 4, 1), held_on=date(2024, 4, 1))

    assert life.became("follow_up") == [OPENED]


def test_the_window_is_judged_by_the_day_it_was_held_not_the_day_it_was_recorded() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 5, 30), held_on=date(2024, 4, 1))

    assert life.became("follow_up") == [OPENED]


def test_a_follow_up_held_very_late_does_not_leave_the_missed_ones_to_be_held_too() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 10, 1), held_on=date(2024, 10, 1))

    assert (life.watch("follow_up").occurrence, life.due("follow_up")) == (3, date(2024, 12, 2))


def test_a_follow_up_held_on_the_day_of_the_next_one_is_not_asked_for_twice() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 9, 2), held_on=date(2024, 9, 2))

    assert life.watch("follow_up").occurrence == 3


def test_a_follow_up_recorded_late_counts_from_the_day_it_was_held() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 10, 1), held_on=date(2024, 6, 3))

    assert (life.watch("follow_up").occurrence, life.due("follow_up")) == (2, date(2024, 9, 2))


def test_the_last_follow_up_is_the_last_one_before_the_period_ends() -> None:
    life = followed(FOLLOW_UP, until=date(2024, 9, 2))
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))

    assert life.due("follow_up") is None


def test_an_extended_period_brings_the_follow_ups_back() -> None:
    life = followed(FOLLOW_UP, until=date(2024, 9, 2))
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))
    life.fire("extend", date(2024, 6, 10), benefit_until=date(2025, 9, 2))

    assert (life.watch("follow_up").occurrence, life.due("follow_up")) == (2, date(2024, 9, 2))


def test_a_shortened_period_voids_the_follow_up_beyond_it() -> None:
    life = followed(FOLLOW_UP)
    life.fire("extend", date(2024, 3, 10), benefit_until=date(2024, 5, 1))

    assert life.became("follow_up") == [OPENED, VOID]


def test_a_new_plan_starts_the_series_anew_so_that_nobody_waits_nine_months() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))
    life.fire("case.amend", date(2024, 7, 1), plan_agreed_on=date(2024, 7, 1))

    assert life.due("follow_up") == date(2024, 10, 1)
    assert life.became("follow_up") == [OPENED, MET, OPENED, MOVED, OPENED]


def test_a_new_plan_made_at_the_follow_up_itself_starts_the_series_anew() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))
    life.fire("new_plan", date(2024, 8, 20), held_on=date(2024, 8, 20), plan_agreed_on=date(2024, 8, 20))

    assert life.due("follow_up") == date(2024, 11, 20)


def test_a_new_plan_starts_the_series_anew_where_any_early_meeting_counts_too() -> None:
    life = followed(replace(FOLLOW_UP, early=None))
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))
    life.fire("new_plan", date(2024, 8, 20), held_on=date(2024, 8, 20), plan_agreed_on=date(2024, 8, 20))

    assert life.due("follow_up") == date(2024, 11, 20)


def test_a_series_counted_anew_to_the_same_occurrence_stays_in_its_stay() -> None:
    life = followed(FOLLOW_UP)
    life.fire("case.amend", date(2024, 3, 10), plan_agreed_on=date(2024, 3, 4))

    watch = life.watch("follow_up")
    assert (watch.occurrence, watch.entry_seq, watch.generation) == (1, 2, 1)


@pytest.mark.parametrize(
    ("corrected", "expected"), [(date(2024, 2, 27), date(2024, 8, 27)), (date(2024, 3, 4), date(2024, 9, 4))]
)
def test_a_corrected_plan_date_does_not_ask_for_a_meeting_that_was_held(corrected: date, expected: date) -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 5, 20), held_on=date(2024, 5, 20))
    life.fire("case.amend", date(2024, 5, 21), plan_agreed_on=corrected)

    assert (life.watch("follow_up").occurrence, life.due("follow_up")) == (2, expected)


def test_a_plan_date_corrected_by_a_year_asks_for_the_first_follow_up_after_the_last_meeting() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))
    life.fire("case.amend", date(2024, 6, 10), plan_agreed_on=date(2023, 3, 1))

    assert life.due("follow_up") == date(2024, 9, 2)


# --- new calendars and versions ---


def test_a_new_holiday_on_the_day_moves_the_date() -> None:
    life = granted(FIRST_MEETING)
    life.calendar = calendar_named("SE", frozenset({date(2024, 2, 29)}))
    life.fire("case.recompute", date(2024, 2, 12))

    assert (life.due("first_meeting"), life.became("first_meeting")) == (date(2024, 3, 1), [OPENED, MOVED, OPENED])


def test_a_new_holiday_on_a_reminders_day_keeps_the_ladder_but_tells_that_its_moments_moved() -> None:
    life = granted(FIRST_MEETING)
    life.calendar = calendar_named("SE", frozenset({date(2024, 2, 15)}))
    life.fire("case.recompute", date(2024, 2, 12))

    assert (life.due("first_meeting"), life.became("first_meeting")) == (date(2024, 2, 29), [OPENED, REVISED])


def test_a_new_holiday_elsewhere_changes_nothing() -> None:
    life = granted(FIRST_MEETING)
    life.calendar = calendar_named("SE", frozenset({date(2024, 8, 15)}))

    assert life.fire("case.recompute", date(2024, 2, 12)).deadlines == ()


def migrated(life: Life, *deadlines: object) -> Life:
    life.definition = programme(*deadlines, version="2")  # type: ignore[arg-type]  # deadlines, passed on
    life.fire("case.migrate", date(2024, 2, 12))
    return life


def test_a_new_version_with_fewer_deadlines_voids_what_it_does_not_know() -> None:
    life = migrated(granted(FIRST_MEETING, FINAL_MEETING), FINAL_MEETING)

    assert life.became("first_meeting") == [OPENED, VOID]
    assert life.became("final_meeting") == [OPENED]
    assert set(life.now_is.watch) == {"final_meeting"}


def test_a_new_version_with_more_deadlines_opens_them() -> None:
    life = migrated(granted(FINAL_MEETING), FIRST_MEETING, FINAL_MEETING)

    assert life.became("first_meeting") == [OPENED]


def test_a_new_version_with_another_rule_moves_the_date() -> None:
    life = migrated(
        granted(FIRST_MEETING), replace(FIRST_MEETING, due=deadline("x", "45 days after decision_date").due)
    )

    assert (life.due("first_meeting"), life.became("first_meeting")) == (date(2024, 3, 18), [OPENED, MOVED, OPENED])


def test_a_new_version_with_other_steps_begins_a_new_ladder_since_the_old_place_means_nothing_there() -> None:
    other = replace(FIRST_MEETING, ladder=(remind("r1", "20 days before", "deputy"), *LADDER))

    assert migrated(granted(FIRST_MEETING), other).became("first_meeting") == [OPENED, MOVED, OPENED]


def test_a_new_version_with_the_same_steps_at_other_moments_keeps_the_ladder() -> None:
    later = replace(FIRST_MEETING, ladder=(remind("r1", "12 days before", "coordinator"), *LADDER[1:]))

    assert migrated(granted(FIRST_MEETING), later).became("first_meeting") == [OPENED, REVISED]


def test_a_new_version_that_is_the_same_changes_nothing() -> None:
    assert migrated(granted(FIRST_MEETING), FIRST_MEETING).became("first_meeting") == [OPENED]


def test_a_new_version_with_other_hours_tells_that_the_moments_moved() -> None:
    life = granted(FIRST_MEETING)
    life.definition = programme(FIRST_MEETING, hours=WorkingHours(noon(date(2024, 1, 1)).time()))
    life.fire("case.migrate", date(2024, 2, 12))

    assert life.became("first_meeting") == [OPENED, REVISED]


def test_a_longer_series_in_a_new_version_is_counted_from_the_last_meeting() -> None:
    life = followed(FOLLOW_UP)
    for day in (date(2024, 6, 3), date(2024, 9, 2)):
        life.fire("follow_up", day, held_on=day)
    life.definition = programme(replace(FOLLOW_UP, due=due("every 6 months after plan_agreed_on")))
    life.fire("case.migrate", date(2024, 9, 10))

    assert life.due("follow_up") == date(2025, 3, 3)


def test_a_deadline_that_begins_to_recur_begins_with_its_first_occurrence() -> None:
    once = deadline("follow_up", "3 months after plan_agreed_on", ("following",), ("follow_up",))
    life = followed(once)
    life.definition = programme(FOLLOW_UP, version="2")
    life.fire("case.migrate", date(2024, 4, 1))

    assert (life.watch("follow_up").occurrence, life.due("follow_up")) == (1, date(2024, 6, 3))
    assert life.became("follow_up") == [OPENED, VOID, OPENED]


def test_a_deadline_that_stops_recurring_is_counted_once() -> None:
    life = followed(FOLLOW_UP)
    life.fire("follow_up", date(2024, 6, 3), held_on=date(2024, 6, 3))
    life.definition = programme(deadline("follow_up", "1 year after plan_agreed_on", ("following",), ("follow_up",)))
    life.fire("case.migrate", date(2024, 6, 10))

    assert (life.watch("follow_up").occurrence, life.due("follow_up")) == (0, date(2025, 3, 3))


# --- parts ---


def test_a_date_that_is_not_rolled_may_fall_on_a_holiday() -> None:
    life = granted(deadline("first_meeting", "1 month after decision_date", roll=Roll.NONE), decided=date(2023, 11, 24))

    assert life.due("first_meeting") == date(2023, 12, 24)


def test_an_instant_is_counted_from_its_date_in_stockholm() -> None:
    assert as_date(on(2024, 5, 31, hour=22)) == date(2024, 6, 1)


def test_no_pause_moves_nothing() -> None:
    assert paused_days((), date.min, date(2024, 1, 1)) == 0
