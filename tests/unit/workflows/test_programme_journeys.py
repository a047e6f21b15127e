"""A synthetic case lives through every packaged programme, from the decision to the end, and is watched all the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from workflows.calendar import calendar_named
from workflows.case import Builtin, Decision, Event, Snapshot
from workflows.catalogue import load_packaged, packaged
from workflows.guards import Value
from workflows.machine import decide
from workflows.model import FieldType
from workflows.planning import Rules
from workflows.refusals import EventRefusedError

OPENING: Mapping[str, Value] = {
    "decision_date": date(2024, 1, 31),
    "benefit_from": date(2024, 2, 1),
    "benefit_until": date(2025, 8, 31),
}
MEETING: Mapping[str, Value] = {"meeting_at": datetime(2024, 2, 20, 9, tzinfo=UTC), "place": "clinic"}


@dataclass
class Life:
    """A case in one programme; every event happens at eight o'clock UTC of its day."""

    programme: str
    case: Snapshot | None = None
    decisions: list[Decision] = field(default_factory=list)

    def does(self, event: str, day: date, **answers: Value) -> "Life":
        now = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
        rules = Rules(load_packaged(self.programme), calendar_named("SE"))
        decision = decide(rules, self.case, Event(event, answers), now)
        self.case = decision.after
        self.decisions.append(decision)
        return self

    def due(self) -> dict[str, date | None]:
        assert self.case is not None
        return {kind: watch.due_on for kind, watch in self.case.watch.items() if watch.live}

    @property
    def state(self) -> str:
        assert self.case is not None
        return self.case.state


def opened(programme: str) -> Life:
    definition = load_packaged(programme)
    choices = {f.name: next(iter(f.choices)) for f in definition.fields.values() if f.required and f.choices}
    return Life(programme).does(Builtin.OPEN, date(2024, 1, 31), **OPENING, **choices)


def followed(programme: str) -> Life:
    """Return a case whose plan was agreed on 11 March 2024."""
    life = opened(programme).does("record_consent", date(2024, 2, 5), consent_until=date(2025, 8, 31))
    life.does("book_first_meeting", date(2024, 2, 6), **MEETING)
    life.does("hold_first_meeting", date(2024, 2, 20), held_on=date(2024, 2, 20))
    return life.does("agree_plan", date(2024, 3, 11), plan_agreed_on=date(2024, 3, 11))


@pytest.mark.parametrize("name", packaged())
def test_a_new_case_is_watched_for_consent_and_the_first_meeting(name: str) -> None:
    assert {"consent", "first_meeting"} <= set(opened(name).due())


@pytest.mark.parametrize("name", packaged())
def test_no_meeting_with_fk_is_booked_without_consent(name: str) -> None:
    with pytest.raises(EventRefusedError):
        opened(name).does("book_first_meeting", date(2024, 2, 6), **MEETING)


@pytest.mark.parametrize("name", packaged())
def test_an_agreed_plan_is_followed_up_and_its_end_planned_backwards(name: str) -> None:
    due = followed(name).due()
    assert due["follow_up"] == date(2024, 6, 11)
    assert due["final_meeting"] == date(2025, 5, 30)  # 31 May is a Saturday
    assert due["renewal"] == date(2025, 4, 30)
    assert due["consent_renewal"] == date(2025, 7, 31)


@pytest.mark.parametrize("name", packaged())
def test_a_follow_up_that_was_held_leads_to_the_next_one(name: str) -> None:
    life = followed(name).does("hold_follow_up", date(2024, 6, 10), held_on=date(2024, 6, 10))
    assert life.due()["follow_up"] == date(2024, 9, 11)


@pytest.mark.parametrize("name", packaged())
def test_a_case_is_closed_with_an_outcome_after_its_evaluation(name: str) -> None:
    life = followed(name).does("hold_final_meeting", date(2025, 5, 20), held_on=date(2025, 5, 20))
    assert {"evaluation", "closing"} <= set(life.due())
    outcome = next(iter(load_packaged(name).outcomes))
    life.does("complete_evaluation", date(2025, 6, 2)).does("close", date(2025, 6, 3), outcome=outcome)
    assert (life.state, life.due()) == ("closed", {})


@pytest.mark.parametrize("name", packaged())
def test_a_case_is_not_closed_before_it_is_evaluated(name: str) -> None:
    life = followed(name).does("hold_final_meeting", date(2025, 5, 20), held_on=date(2025, 5, 20))
    with pytest.raises(EventRefusedError):
        life.does("close", date(2025, 6, 3), outcome=next(iter(load_packaged(name).outcomes)))


@pytest.mark.parametrize("name", packaged())
def test_a_renewal_that_was_considered_is_watched_again_when_the_period_is_extended(name: str) -> None:
    life = followed(name).does("consider_renewal", date(2025, 4, 1))
    assert "renewal" not in life.due()
    life.does("extend_period", date(2025, 5, 2), benefit_until=date(2027, 8, 31))
    assert life.due()["renewal"] == date(2027, 4, 30)
    assert life.due()["final_meeting"] == date(2027, 5, 31)


@pytest.mark.parametrize("name", packaged())
def test_a_renewed_consent_is_watched_until_it_runs_out_again(name: str) -> None:
    life = followed(name).does("record_consent", date(2025, 6, 2), consent_until=date(2026, 8, 31))
    assert life.due()["consent_renewal"] == date(2026, 7, 31)


@pytest.mark.parametrize("name", packaged())
def test_a_withdrawn_consent_is_not_watched(name: str) -> None:
    assert "consent_renewal" not in followed(name).does("withdraw_consent", date(2024, 4, 2)).due()


@pytest.mark.parametrize("name", packaged())
def test_the_participant_may_leave_at_any_time(name: str) -> None:
    outcome = list(load_packaged(name).outcomes)[-1]
    assert opened(name).does("withdraw", date(2024, 2, 1), outcome=outcome).state == "closed"


@pytest.mark.parametrize("name", packaged())
def test_a_pause_for_illness_moves_the_follow_up_and_nothing_else(name: str) -> None:
    definition = load_packaged(name)
    assert definition.pauses["sick_leave"].stops == {"follow_up", "plan"}


@pytest.mark.parametrize("name", ["aktiv-2022", "aktiv-2023", "akt-sam"])
def test_the_age_limit_is_planned_for_half_a_year_before(name: str) -> None:
    life = followed(name).does("record_age_limit", date(2024, 3, 12), age_limit_on=date(2025, 12, 31))
    assert life.due()["age_limit"] == date(2025, 6, 30)


def test_booking_meets_the_first_deadline_of_the_first_application_and_the_meeting_is_then_watched() -> None:
    life = opened("aktiv-2022").does("record_consent", date(2024, 2, 5), consent_until=date(2025, 8, 31))
    life.does("book_first_meeting", date(2024, 2, 6), **MEETING)
    assert life.due()["first_meeting_held"] == date(2024, 2, 20)
    assert "first_meeting" not in life.due()


def test_booking_alone_does_not_meet_the_first_deadline_of_the_revised_application() -> None:
    life = opened("aktiv-2023").does("record_consent", date(2024, 2, 5), consent_until=date(2025, 8, 31))
    assert "first_meeting" in life.does("book_first_meeting", date(2024, 2, 6), **MEETING).due()


def test_a_review_at_a_pulse_meeting_leads_to_the_next_one_two_months_later() -> None:
    life = followed("aktiv-2023").does("review_at_pulse_meeting", date(2024, 3, 25), pulse_review_on=date(2024, 3, 25))
    assert life.due()["pulse_review"] == date(2024, 5, 31)


def test_a_step_forward_in_both_is_one_click_and_counts_in_both() -> None:
    case = followed("akt-sam").does("rate_step_in_both", date(2024, 9, 2)).case
    assert case is not None
    names = ("step_rated", "step_forward_both", "steps_forward_health", "steps_forward_activity")
    assert [case.data[name] for name in names] == [True, True, 1, 1]


@pytest.mark.parametrize("name", packaged())
def test_every_transition_of_a_programme_can_be_fired(name: str) -> None:
    """Walk breadth-first with every answer filled in: a transition nobody can reach would be a promise not kept."""
    definition = load_packaged(name)
    waiting, fired, seen = [opened(name)], set[str](), set[tuple[object, ...]]()
    while waiting:
        life = waiting.pop(0)
        for transition in definition.leaving(life.state):
            answers = {a.field: _answer(name, a.field) for a in transition.asks}
            try:
                after = Life(name, life.case).does(transition.name, date(2025, 3, 3), **answers)
            except EventRefusedError:
                continue
            fired.add(transition.name)
            assert after.case is not None
            flags = tuple(after.case.data[f] is True or after.case.data[f] == 1 for f in sorted(definition.facts))
            if (after.state, flags) not in seen and len(seen) < 300:
                seen.add((after.state, flags))
                waiting.append(after)
    assert fired == set(definition.transitions)


def _answer(name: str, asked: str) -> Value:
    declared = load_packaged(name).fields[asked]
    if declared.type is FieldType.CHOICE:
        return next(iter(declared.choices))
    if declared.type is FieldType.DATETIME:
        return datetime(2025, 3, 3, 9, tzinfo=UTC) + timedelta(days=7)
    return date(2025, 3, 3) if declared.type is FieldType.DATE else "x"
