"""The packaged programmes, lived at random: the machine and the ladders together, with a ledger kept by hand.

What `engine` does with a database is done here with three dictionaries, so that the promise "no silently lost reminder"
is held by the pure floor alone.
"""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workflows.building import SE, Life, noon
from workflows.calendar import Calendar
from workflows.case import Became, DeadlineKey, DeadlineStep
from workflows.catalogue import load_packaged, packaged
from workflows.explain import compare, why_date, why_not
from workflows.guards import Value
from workflows.ladders import Entry, LadderState, Reason, advance, ladder_steps, settle
from workflows.machine import blockers
from workflows.model import Definition, Field, FieldType
from workflows.refusals import EventRefusedError
from workflows.replay import replay

REASONS = {Became.MET: Reason.MET, Became.LEFT: Reason.LEFT, Became.VOID: Reason.VOID, Became.MOVED: Reason.MOVED}


class Ledger:
    """What became of every step of every deadline of one case."""

    def __init__(self, definition: Definition, calendar: Calendar = SE) -> None:
        self.definition = definition
        self.calendar = calendar
        self.open: dict[DeadlineKey, LadderState] = {}
        self.paused: set[DeadlineKey] = set()
        self.entries: dict[DeadlineKey, list[Entry]] = {}

    def apply(self, step: DeadlineStep) -> None:
        assert step.watch.due_on is not None
        if step.became is Became.OPENED:
            assert step.key not in self.entries, "one name for two deadlines"
            self.entries[step.key] = []
            self.open[step.key] = LadderState(step.watch.due_on)
        elif step.became is Became.REVISED:
            old = self.open[step.key]
            told = old.quiet_told if step.watch.quiet == old.quiet else False
            self.open[step.key] = LadderState(step.watch.due_on, old.next_rung, step.watch.quiet, told)
        else:
            deadline, state = self.definition.deadlines[step.key.kind], self.open.pop(step.key)
            reason = REASONS[step.became]
            self.entries[step.key] += settle(deadline, state, reason, self.calendar, self.definition.hours)
        self.paused.discard(step.key)
        if step.watch.paused and step.key in self.open:
            self.paused.add(step.key)

    def sweep(self, day: date) -> None:
        for key in self.open.keys() - self.paused:
            deadline = self.definition.deadlines[key.kind]
            move = advance(deadline, self.open[key], noon(day), self.calendar, self.definition.hours)
            self.entries[key] += move.entries
            self.open[key] = move.state

    def check(self) -> None:
        for key, entries in self.entries.items():
            ladder = self.definition.deadlines[key.kind].ladder
            steps = ladder_steps(ladder, date(2024, 1, 2), self.calendar, self.definition.hours)
            left = steps[self.open[key].next_rung :] if key in self.open else ()
            accounted = Counter((e.key, e.slot) for e in entries if not e.key.startswith("q"))
            still_to_come = Counter((s.key, slot) for s in left for slot in s.slots)
            assert len({(e.key, e.slot) for e in entries}) == len(entries), "told twice"
            assert accounted + still_to_come == Counter((s.key, slot) for s in steps for slot in s.slots)


def some_value(field: Field, random: Random, today: date) -> Value:
    back, ahead = timedelta(days=random.randrange(30)), timedelta(days=random.randrange(500))
    match field.type:
        case FieldType.DATE:
            return today - back if random.random() < 0.7 else today + ahead
        case FieldType.DATETIME:
            return noon(today + back)
        case FieldType.CHOICE:
            return random.choice(sorted(field.choices))
        case FieldType.INTEGER:
            return random.randrange(9)
        case FieldType.BOOLEAN:
            return random.random() < 0.5
        case FieldType.TEXT:
            return "påhittat"


def some_event(life: Life, random: Random, today: date) -> tuple[str, dict[str, Value]]:
    definition = life.definition
    leaving = definition.leaving(life.now_is.state)
    match random.randrange(10):
        case 0:
            return "case.pause", {"kind": random.choice(sorted(definition.pauses))}
        case 1:
            return "case.resume", {"kind": random.choice(sorted(definition.pauses))}
        case 2:
            quiet = random.choice(["deadline.acknowledge", "deadline.snooze"])
            until = today + timedelta(days=random.randrange(1, 40))
            return quiet, {"deadline": random.choice(sorted(definition.deadlines)), "until_on": until, "reason": "x"}
        case 3:
            return "case.amend", {"benefit_until": today + timedelta(days=random.randrange(600))}
        case _ if leaving:
            transition = random.choice(leaving)
            fields = [definition.fields[asked.field] for asked in transition.asks]
            return transition.name, {field.name: some_value(field, random, today) for field in fields}
        case _:
            return "case.recompute", {}


def said_to_a_person(refused: EventRefusedError, definition: Definition) -> None:
    for reason in refused.refusals:
        assert why_not(reason, definition, "sv").endswith(".")


def lived(name: str, random: Random) -> tuple[Life, Ledger]:
    """Live a case day by day; whatever is refused is refused in words, and every deadline explains itself."""
    life, today = Life(load_packaged(name)), date(2023, 1, 2) + timedelta(days=random.randrange(400))
    required = [field for field in life.definition.fields.values() if field.required]
    first: dict[str, Value] = {field.name: some_value(field, random, today) for field in required}
    first |= {"decision_date": today - timedelta(days=3), "benefit_until": today + timedelta(days=400)}
    ledger = Ledger(life.definition)
    life.fire("case.open", today, first)
    for _ in range(25):
        for step in life.steps:
            ledger.apply(step)
        life.steps.clear()
        today += timedelta(days=random.randrange(25))
        ledger.sweep(today)
        before = life.now_is
        event, answers = some_event(life, random, today)
        try:
            life.fire(event, today, answers)
        except EventRefusedError as refusal:
            said_to_a_person(refusal, life.definition)
        compare(before, life.now_is, life.definition, "sv")
        for kind in life.definition.deadlines:
            assert why_date(life.rules, life.now_is, kind, noon(today)).sv
    for step in life.steps:
        ledger.apply(step)
    return life, ledger


@pytest.mark.parametrize("name", packaged())
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_no_reminder_of_a_packaged_programme_is_ever_lost_or_counted_twice(name: str, random: Random) -> None:
    life, ledger = lived(name, random)

    ledger.check()
    live = {k for k, w in life.now_is.watch.items() if w.live}
    assert live == {key.kind for key in ledger.open}
    assert replay(life.history, lambda _version, _at: life.rules) == life.now_is


@pytest.mark.parametrize("name", packaged())
def test_what_cannot_be_fired_at_first_says_why(name: str) -> None:
    life = Life(load_packaged(name))
    day = date(2024, 1, 31)
    required = [field for field in life.definition.fields.values() if field.required]
    answers: dict[str, Value] = {field.name: some_value(field, Random(1), day) for field in required}
    life.fire("case.open", day, answers | {"decision_date": day, "benefit_until": date(2025, 1, 31)})

    for transition in life.definition.transitions.values():
        for reason in blockers(life.rules, life.now_is, transition, noon(day)):
            sentence = why_not(reason, life.definition, "sv")
            assert sentence.endswith(".")
            assert not any(f"”{state}”" in sentence for state in life.definition.states)
