"""What an event leads to: states, facts, answers, invitations, and refusals that change nothing."""

from datetime import UTC, date, datetime

import pytest

from tests.unit.workflows.building import (
    FIRST_MEETING,
    OPEN_STATES,
    Life,
    deadline,
    followed,
    granted,
    noon,
    on,
    programme,
    transition,
)
from workflows.case import Became, Event
from workflows.guards import Value
from workflows.machine import blockers, decide, refusals_of
from workflows.refusals import EventRefusedError, Refusal, Why

DAY = date(2024, 2, 10)


def refused(life: Life, name: str, answers: dict[str, Value] | None = None, day: date = DAY) -> tuple[Refusal, ...]:
    with pytest.raises(EventRefusedError) as refusal:
        life.fire(name, day, answers)
    return refusal.value.refusals


def whys(refusals: tuple[Refusal, ...]) -> list[tuple[Why, str]]:
    return [(refusal.why, refusal.subject) for refusal in refusals]


def test_a_case_begins_in_the_initial_state_with_every_fact_at_nothing() -> None:
    life = granted()

    assert (life.now_is.state, life.now_is.seq, life.now_is.entry_seq) == ("granted", 1, 1)
    assert life.now_is.data["consent.region_to_fk"] is False
    assert life.now_is.data["meetings_held"] == 0


def test_a_transition_moves_the_case_sets_its_facts_and_keeps_its_answers() -> None:
    life = granted()

    life.fire("hold_first", DAY, held_on=DAY, goals=3)

    assert life.now_is.state == "following"
    assert (life.now_is.data["goals"], life.now_is.data["meetings_held"]) == (3, 1)
    assert (life.now_is.seq, life.now_is.entry_seq) == (2, 2)


def test_a_transition_that_stays_does_not_enter_its_state_again() -> None:
    life = granted()

    life.fire("give_consent", DAY)

    assert (life.now_is.state, life.now_is.seq, life.now_is.entry_seq) == ("granted", 2, 1)


def test_counts_add_up() -> None:
    life = followed()
    for month in (5, 8, 11):
        life.fire("follow_up", date(2024, month, 20), held_on=date(2024, month, 20))

    assert life.now_is.data["meetings_held"] == 4


def test_a_case_is_opened_only_once() -> None:
    assert whys(refused(granted(), "case.open", {"decision_date": DAY})) == [(Why.WRONG_STATE, "granted")]


def test_a_case_cannot_begin_with_anything_but_opening() -> None:
    assert whys(refused(Life(programme()), "give_consent")) == [(Why.UNKNOWN_EVENT, "give_consent")]


def test_an_unknown_event_is_told_which_there_are() -> None:
    (refusal,) = refused(granted(), "close_it")

    assert (refusal.why, refusal.subject) == (Why.UNKNOWN_EVENT, "close_it")
    assert "close" in refusal.allowed


def test_from_the_wrong_state_only_the_state_is_said() -> None:
    (refusal,) = refused(granted(), "follow_up", {"nonsense": 1})

    assert refusal == Refusal(Why.WRONG_STATE, "granted", allowed=("following",))


def test_from_a_final_state_nothing_may_be_fired() -> None:
    life = granted()
    life.fire("close", DAY)

    assert whys(refused(life, "give_consent")) == [(Why.FINAL, "closed")]


def test_a_guard_that_does_not_hold_is_named_with_what_it_depends_on() -> None:
    (refusal,) = refused(granted(), "book", {"meeting_at": on(2024, 2, 20), "place": "clinic"})

    assert refusal == Refusal(Why.GUARD, "consent.region_to_fk", ("consent.region_to_fk",))


def test_every_reason_is_said_at_once() -> None:
    life = granted()
    life.fire("give_consent", DAY)

    reasons = whys(refused(life, "book", {"place": "moon", "extra": 1}))

    assert reasons == [
        (Why.UNASKED_ANSWER, "extra"),
        (Why.MISSING_ANSWER, "meeting_at"),
        (Why.BAD_ANSWER, "place"),
    ]


def test_nothing_stands_in_the_way_of_a_transition_that_may_be_fired() -> None:
    life = granted()

    assert blockers(life.rules, life.now_is, life.definition.transitions["hold_first"], noon(DAY)) == ()
    assert refusals_of(life.rules, life.now_is, Event("hold_first", {"held_on": DAY}), noon(DAY)) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("held_on", "2024-02-01"),
        ("held_on", datetime(2024, 2, 1, tzinfo=UTC)),
        ("held_on", date(1, 1, 1)),
        ("held_on", date(9999, 12, 31)),
        ("goals", True),
        ("goals", "3"),
        ("note", "a" * 2001),
        ("note", "nul\0"),
        ("note", "half \ud800"),
        ("note", 7),
    ],
)
def test_an_answer_of_another_type_or_beyond_what_can_be_kept_is_refused(field: str, value: Value) -> None:
    reasons = refused(granted(), "hold_first", {"held_on": DAY, field: value})

    assert whys(reasons) == [(Why.BAD_ANSWER, field)]


@pytest.mark.parametrize("instant", [datetime(2024, 2, 20, 9), datetime.max.replace(tzinfo=UTC)])  # noqa: DTZ001
def test_an_instant_needs_a_time_zone_and_a_year_within_the_calendar(instant: datetime) -> None:
    life = granted()
    life.fire("give_consent", DAY)

    assert whys(refused(life, "book", {"meeting_at": instant, "place": "clinic"})) == [(Why.BAD_ANSWER, "meeting_at")]


def test_a_date_out_of_reach_is_told_which_years_can_be_counted_with() -> None:
    (refusal,) = refused(granted(), "hold_first", {"held_on": date(1924, 2, 10)})

    assert refusal.allowed == ("date in 2016-2040",)


def test_a_meeting_cannot_have_been_held_tomorrow() -> None:
    assert whys(refused(granted(), "hold_first", {"held_on": date(2024, 2, 11)})) == [(Why.FUTURE_DATE, "held_on")]


def test_a_meeting_held_today_is_held_by_stockholm_time() -> None:
    life = granted()
    just_after_midnight_in_stockholm = datetime(2024, 2, 10, 23, 30, tzinfo=UTC)
    event = Event("hold_first", {"held_on": date(2024, 2, 11)})

    assert decide(life.rules, life.now_is, event, just_after_midnight_in_stockholm).after.state == "following"


def test_an_optional_answer_may_be_left_empty_as_forms_do() -> None:
    life = granted()
    life.fire("hold_first", DAY, held_on=DAY, plan_agreed_on="", note=None)

    assert life.now_is.data["plan_agreed_on"] is None


def test_an_optional_question_cannot_empty_what_every_case_must_know() -> None:
    life = followed()

    assert whys(refused(life, "start_over", {"decision_date": None}, date(2024, 4, 1))) == [
        (Why.MISSING_ANSWER, "decision_date")
    ]


def test_amending_cannot_empty_a_required_field_but_may_leave_it_out() -> None:
    life = granted()
    life.fire("case.amend", DAY, benefit_until=date(2024, 12, 31))

    assert life.now_is.data["decision_date"] == date(2024, 1, 31)
    assert whys(refused(life, "case.amend", {"decision_date": None})) == [(Why.MISSING_ANSWER, "decision_date")]


def test_a_date_beyond_the_calendar_is_refused_not_a_crash() -> None:
    far = deadline("first_meeting", "9999 months after decision_date")

    with pytest.raises(EventRefusedError) as refusal:
        granted(far)
    assert whys(refusal.value.refusals) == [(Why.OUT_OF_CALENDAR, "")]


def test_a_refusal_repeats_no_word_from_outside_that_may_be_somebodys() -> None:
    name = "Någon Påhittad 19000000-0000"
    life = granted()

    refusals = [
        *refused(life, name),
        *refused(life, "hold_first", {"held_on": DAY, name: 1}),
        *refused(life, "deadline.acknowledge", {"deadline": name, "until_on": DAY}),
        *refused(life, "case.resume", {"kind": name}),
        *refused(life, "case.pause", {"kind": name}),
    ]

    assert name not in str(EventRefusedError(name, "granted", refusals))


def test_a_refused_event_changes_nothing() -> None:
    life = granted()
    before = life.now_is

    refused(life, "hold_first", {"held_on": "yesterday"})

    assert life.now_is is before


def test_a_final_state_ends_every_deadline_even_one_that_names_it() -> None:
    life = granted(deadline("first_meeting", "1 month after decision_date", (*OPEN_STATES, "closed")))
    life.fire("close", DAY)

    assert life.became("first_meeting") == [Became.OPENED, Became.LEFT]
    assert life.now_is.watch == {}


# --- invitations ---


def booked() -> Life:
    life = granted(FIRST_MEETING)
    life.fire("give_consent", DAY)
    life.fire("book", DAY, meeting_at=on(2024, 2, 20), place="clinic")
    return life


def test_booking_invites() -> None:
    invited = booked().now_is.invited["first_meeting"]

    assert (invited.sequence, invited.starts_at, invited.place, invited.live) == (0, on(2024, 2, 20), "clinic", True)


def test_rebooking_raises_the_sequence_so_that_calendars_take_the_new_time() -> None:
    decision = booked().fire("rebook", DAY, meeting_at=on(2024, 2, 22), place="video")

    (step,) = decision.invitations
    assert (step.invited.sequence, step.invited.starts_at, step.invited.place) == (1, on(2024, 2, 22), "video")


def test_cancelling_withdraws_what_was_sent_and_only_once() -> None:
    life = booked()
    (step,) = life.fire("cancel", DAY).invitations

    assert (step.invited.live, step.invited.sequence) == (False, 1)
    life.fire("book", DAY, meeting_at=on(2024, 3, 1), place="clinic")
    assert life.now_is.invited["first_meeting"].sequence == 2


def test_cancelling_what_was_never_sent_sends_nothing() -> None:
    withdrawn = transition("call_off", OPEN_STATES, invite=programme().transitions["cancel"].invite)
    life = Life(programme(FIRST_MEETING, transitions=[withdrawn]))
    life.fire("case.open", DAY, decision_date=DAY)

    assert life.fire("call_off", DAY).invitations == ()


def test_closing_a_case_withdraws_a_meeting_still_to_come() -> None:
    (step,) = booked().fire("close", DAY).invitations

    assert (step.kind, step.invited.live, step.invited.sequence) == ("first_meeting", False, 1)


def test_closing_a_case_leaves_a_meeting_that_was_held_in_peoples_calendars() -> None:
    assert booked().fire("close", date(2024, 3, 1)).invitations == ()
