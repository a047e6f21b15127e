"""What is undone leaves the case as it was: state, data and open deadlines; the history keeps both events."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.building import (
    SE,
    TRANSITIONS,
    Life,
    followed,
    granted,
    noon,
    on,
    programme,
)
from workflows.case import Became, Event, Snapshot
from workflows.dates import Span, Unit
from workflows.guards import Value
from workflows.machine import decide
from workflows.planning import Rules
from workflows.refusals import EventRefusedError, Why
from workflows.replay import last_event, replay

UNDOABLE = programme(transitions=[replace(t, undo=Span(7, Unit.DAYS)) for t in TRANSITIONS])
DAY = date(2024, 3, 4)
ANSWERS: dict[str, dict[str, Value]] = {
    "book": {"meeting_at": on(2024, 3, 20), "place": "clinic"},
    "rebook": {"meeting_at": on(2024, 3, 25), "place": "video"},
    "hold_first": {"held_on": DAY, "plan_agreed_on": DAY},
    "follow_up": {"held_on": DAY},
    "new_plan": {"held_on": DAY, "plan_agreed_on": DAY},
    "hold_final": {"held_on": DAY},
    "extend": {"benefit_until": date(2026, 2, 28)},
    "start_over": {"decision_date": DAY},
}  # fmt: skip


def undo(life: Life, day: date) -> None:
    """Take back the last event of a life."""
    past = last_event(life.history, lambda _version, _at: life.rules)
    assert past is not None
    event = Event("case.undo", {"undone": past.event.name})
    decision = decide(life.rules, life.snapshot, event, noon(day), past)
    life.snapshot = decision.after
    life.history.append(replace(life.history[-1], event=event, at=noon(day)))
    life.steps.extend(decision.deadlines)


def essence(case: Snapshot) -> object:
    """What must be the same: all but the fences of what was opened again, and what calendars have been told."""
    live = {kind: replace(watch, entry_seq=0, generation=0) for kind, watch in case.watch.items() if watch.live}
    return case.state, case.entry_seq, case.data, case.pauses, live


def life_before(name: str, sick: bool, quiet: bool) -> Life:
    life = followed() if name in {"follow_up", "new_plan", "start_over"} else granted()
    life.definition = UNDOABLE
    if sick:
        life.fire("case.pause", date(2024, 3, 2), kind="parental_leave", from_on=date(2024, 3, 2))
    if quiet and life.due("final_meeting"):
        life.fire("deadline.acknowledge", date(2024, 3, 2), deadline="final_meeting", until_on=date(2024, 3, 20))
    if name in {"book", "rebook", "cancel"}:
        life.fire("give_consent", date(2024, 3, 1))
    if name in {"rebook", "cancel"}:
        life.fire("book", date(2024, 3, 1), meeting_at=on(2024, 3, 18), place="clinic")
    return life


@given(
    name=st.sampled_from(sorted(t.name for t in TRANSITIONS if t.to != "closed")),
    days=st.integers(0, 7),
    sick=st.booleans(),
    quiet=st.booleans(),
    times=st.integers(1, 3),
)
def test_fired_and_undone_the_case_is_as_it_was(name: str, days: int, sick: bool, quiet: bool, times: int) -> None:
    life = life_before(name, sick, quiet)
    before = essence(life.now_is)
    for _ in range(times):
        life.fire(name, DAY, ANSWERS.get(name, {}))
        undo(life, DAY + timedelta(days=days if times == 1 else 0))
    assert essence(life.now_is) == before
    assert replay(life.history, lambda _version, _at: life.rules) == life.now_is
    opened = [step.key for step in life.steps if step.became is Became.OPENED]
    assert len(opened) == len(set(opened)), "no ladder is opened twice under one key"


def test_a_meeting_that_was_booked_is_withdrawn() -> None:
    life = life_before("book", sick=False, quiet=False)
    life.fire("book", DAY, ANSWERS["book"])
    past = last_event(life.history, lambda _version, _at: life.rules)
    decision = decide(life.rules, life.snapshot, Event("case.undo", {"undone": "book"}), noon(DAY), past)
    (step,) = decision.invitations
    assert (step.invited.live, step.invited.sequence) == (False, 1)


def test_a_meeting_that_was_moved_is_moved_back() -> None:
    life = life_before("rebook", sick=False, quiet=False)
    life.fire("rebook", DAY, ANSWERS["rebook"])
    undo(life, DAY)
    invited = life.now_is.invited["first_meeting"]
    assert (invited.live, invited.sequence, invited.starts_at) == (True, 2, on(2024, 3, 18))


@pytest.mark.parametrize(("definition", "days", "why"), [(UNDOABLE, 8, Why.UNDO_OVER), (programme(), 0, Why.UNDO_OVER)])
def test_what_the_definition_does_not_let_be_undone_is_not(definition: object, days: int, why: Why) -> None:
    life = granted()
    life.definition = definition  # type: ignore[assignment]
    life.fire("hold_first", DAY, ANSWERS["hold_first"])
    with pytest.raises(EventRefusedError) as refused:
        undo(life, DAY + timedelta(days=days))
    assert refused.value.refusals[0].why is why


def test_only_the_last_event_is_undone() -> None:
    life = granted()
    life.definition = UNDOABLE
    life.fire("hold_first", DAY, ANSWERS["hold_first"])
    past = last_event(life.history, lambda _version, _at: Rules(UNDOABLE, SE))
    life.fire("extend", DAY, ANSWERS["extend"])
    with pytest.raises(EventRefusedError) as refused:
        decide(life.rules, life.snapshot, Event("case.undo", {"undone": "hold_first"}), noon(DAY), past)
    assert refused.value.refusals[0].why is Why.NOT_LAST


def test_undoing_is_not_undone() -> None:
    life = granted()
    life.definition = UNDOABLE
    life.fire("hold_first", DAY, ANSWERS["hold_first"])
    undo(life, DAY)
    with pytest.raises(EventRefusedError):
        undo(life, DAY)
