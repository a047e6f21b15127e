"""The laws every case obeys, whatever happens to it: random lives of legal and illegal events."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.workflows.building import (
    CONSENT,
    FINAL_MEETING,
    FIRST_MEETING,
    FOLLOW_UP,
    LADDER,
    Life,
    due,
    noon,
    programme,
    remind,
)
from workflows.calendar import calendar_named
from workflows.case import Became, DeadlineKey, Event
from workflows.dates import Span, Unit
from workflows.explain import why_date
from workflows.guards import Value
from workflows.machine import decide, refusals_of
from workflows.model import Definition
from workflows.planning import Rules, pauses_of
from workflows.reckoning import reckon
from workflows.refusals import EventRefusedError
from workflows.replay import Recorded, last_event, replay
from workflows.rule_words import full_date
from workflows.values import snapshot_from_json, snapshot_to_json

VERSIONS: Mapping[str, Definition] = {
    "1": programme(),
    "2": programme(FOLLOW_UP, FINAL_MEETING, version="2"),
    "3": programme(
        replace(FIRST_MEETING, due=due("45 days after decision_date"), ladder=LADDER[:3]),
        replace(FOLLOW_UP, due=due("every 6 weeks after plan_agreed_on"), early=None),
        replace(
            FINAL_MEETING,
            ladder=(remind("r1", "10 days before", "coordinator"), *LADDER),
        ),
        CONSENT,
        version="3",
    ),
    "4": programme(FIRST_MEETING, replace(FOLLOW_UP, due=due("3 months after plan_agreed_on")), CONSENT, version="4"),
}
VERSIONS = {
    number: replace(
        version, transitions={n: replace(t, undo=Span(20, Unit.DAYS)) for n, t in version.transitions.items()}
    )
    for number, version in VERSIONS.items()
}
NAMES = (*programme().transitions, "no_such_event")
days_back = st.integers(0, 40)


class CaseLaws(RuleBasedStateMachine):
    """One case, lived day by day."""

    def __init__(self) -> None:
        super().__init__()
        self.today = date(2024, 1, 31)
        self.life = Life(VERSIONS["1"])
        self.decided_by: list[Rules] = []  # one for each event of the history
        self.opened: dict[DeadlineKey, int] = {}
        self.ended: dict[DeadlineKey, Became] = {}

    @initialize(decided=days_back, length=st.none() | st.integers(60, 900))
    def is_opened(self, decided: int, length: int | None) -> None:
        until = self.today + timedelta(days=length) if length else None
        self._fire("case.open", decision_date=self.today - timedelta(days=decided), benefit_until=until)

    @rule(days=st.integers(1, 60))
    def time_goes(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(name=st.sampled_from(NAMES), held=days_back, plan=days_back, complete=st.booleans())
    def something_is_fired(self, name: str, held: int, plan: int, complete: bool) -> None:
        asked = VERSIONS["1"].transitions[name].asks if name in VERSIONS["1"].transitions else ()
        known: dict[str, Value] = {
            "held_on": self.today - timedelta(days=held),
            "plan_agreed_on": self.today - timedelta(days=plan),
            "benefit_until": self.today + timedelta(days=7 * plan),
            "decision_date": self.today - timedelta(days=plan),
            "meeting_at": noon(self.today + timedelta(days=plan)),
            "place": "clinic",
        }
        fields = [a.field for a in asked if a.required or complete]
        self._fire(name, **{field: known[field] for field in fields if field in known})

    @rule(
        field=st.sampled_from(["decision_date", "plan_agreed_on", "benefit_until"]),
        days=st.none() | st.integers(-400, 400),
    )
    def a_date_is_corrected(self, field: str, days: int | None) -> None:
        self._fire("case.amend", **{field: None if days is None else self.today + timedelta(days=days)})

    @rule(kind=st.sampled_from(["sick_leave", "parental_leave"]), back=days_back, begins=st.booleans())
    def a_pause_begins_or_ends(self, kind: str, back: int, begins: bool) -> None:
        day = self.today - timedelta(days=back)
        self._fire("case.pause" if begins else "case.resume", kind=kind, **{"from_on" if begins else "until_on": day})

    @rule(
        name=st.sampled_from(["deadline.acknowledge", "deadline.snooze"]),
        deadline=st.sampled_from(sorted(VERSIONS["1"].deadlines)),
        days=st.integers(-3, 60),
    )
    def somebody_wants_quiet(self, name: str, deadline: str, days: int) -> None:
        self._fire(name, deadline=deadline, until_on=self.today + timedelta(days=days), reason="väntar")

    @rule(version=st.sampled_from(sorted(VERSIONS)))
    def is_migrated(self, version: str) -> None:
        self.life.definition = VERSIONS[version]
        self._fire("case.migrate")

    @rule()
    def the_last_event_is_taken_back(self) -> None:
        history, before = self.life.history, self.life.now_is
        rules = iter(self.decided_by)
        past = last_event(history, lambda _version, _at: next(rules))
        event = Event("case.undo", {"undone": history[-1].event.name})
        try:
            decision = decide(self.life.rules, before, event, noon(self.today), past)
        except EventRefusedError:
            return
        self.life.snapshot = decision.after
        history.append(Recorded(event, noon(self.today), self.life.definition.version))
        self.decided_by.append(self.life.rules)
        for step in decision.deadlines:
            self._account(step.key, step.became)
        assert past is not None
        assert (decision.after.state, decision.after.data) == (past.before.state, past.before.data)

    @rule(closed=st.none() | st.dates(date(2024, 1, 1), date(2026, 12, 31)))
    def the_calendar_changes(self, closed: date | None) -> None:
        self.life.calendar = calendar_named("SE", frozenset({closed} if closed else set()))
        self._fire("case.recompute")

    def _fire(self, name: str, **answers: Value) -> None:
        before = self.life.snapshot
        stood = json.dumps(snapshot_to_json(before)) if before else ""
        try:
            decision = self.life.fire(name, self.today, answers)
        except EventRefusedError:
            assert self.life.snapshot is before
            assert (json.dumps(snapshot_to_json(before)) if before else "") == stood
            return
        self.decided_by.append(self.life.rules)
        for step in decision.deadlines:
            self._account(step.key, step.became)
            self._met_stays_met(step.key, step.became)

    def _account(self, key: DeadlineKey, became: Became) -> None:
        if became is Became.OPENED:
            assert key not in self.opened, "opened twice"
            self.opened[key] = self.life.now_is.seq
            return
        assert key in self.opened, "changed before it was opened"
        assert key not in self.ended, "changed after it had ended"
        if became is not Became.REVISED:
            self.ended[key] = became

    def _met_stays_met(self, key: DeadlineKey, became: Became) -> None:
        if became is Became.OPENED:
            again = replace(key, generation=0)
            met = [k for k, b in self.ended.items() if b is Became.MET and replace(k, generation=0) == again]
            assert not met, "a met deadline was opened again in the same stay"

    @invariant()
    def what_is_live_is_what_was_opened_and_has_not_ended(self) -> None:
        watches = self.life.snapshot.watch if self.life.snapshot else {}
        live = {DeadlineKey(k, w.occurrence, w.entry_seq, w.generation) for k, w in watches.items() if w.live}
        assert live == self.opened.keys() - self.ended.keys()

    @invariant()
    def its_history_gives_the_same_case(self) -> None:
        if self.life.snapshot:
            rules = iter(self.decided_by)
            assert replay(self.life.history, lambda _version, _at: next(rules)) == self.life.snapshot

    @invariant()
    def it_survives_being_stored(self) -> None:
        if case := self.life.snapshot:
            stored = json.loads(json.dumps(snapshot_to_json(case)))
            assert snapshot_from_json(case.state, case.seq, case.entry_seq, stored) == case

    @invariant()
    def a_final_state_watches_nothing(self) -> None:
        if (case := self.life.snapshot) and self.life.definition.states[case.state].final:
            assert case.watch == {}

    @invariant()
    def every_live_date_is_its_rule_moved_by_its_pauses(self) -> None:
        case = self.life.snapshot
        for kind, watch in (case.watch if case else {}).items():
            if case and watch.live and not watch.paused:
                deadline = self.life.definition.deadlines[kind]
                pauses = pauses_of(self.life.definition, case, kind)
                parts = reckon(deadline, watch.occurrence, case.data, pauses, self.life.calendar, self.today)
                assert parts is not None
                assert (watch.due_on, watch.paused_days) == (parts.due_on, parts.paused_days)

    @invariant()
    def whatever_is_paused_has_a_pause_running(self) -> None:
        case = self.life.snapshot
        for kind, watch in (case.watch if case else {}).items():
            if case and watch.live:
                running = [p for p in pauses_of(self.life.definition, case, kind) if p.until_on is None]
                assert watch.paused == bool(running)

    @invariant()
    def no_snooze_passes_its_date_unless_it_is_over(self) -> None:
        for watch in (self.life.snapshot.watch if self.life.snapshot else {}).values():
            if watch.live and watch.quiet and watch.quiet.kind == "snoozed" and watch.due_on:
                assert watch.quiet.until_on <= max(watch.due_on, self.today)

    @invariant()
    def every_deadline_can_explain_itself(self) -> None:
        case = self.life.snapshot
        for kind in self.life.definition.deadlines if case else ():
            assert case is not None
            explained = why_date(self.life.rules, case, kind, noon(self.today))
            watch = case.watch.get(kind)
            if watch and watch.live and watch.due_on:
                assert full_date(watch.due_on, "sv") in explained.sv

    @invariant()
    def what_may_be_fired_and_what_is_refused_agree(self) -> None:
        if self.life.snapshot is None:
            return
        for name in ("give_consent", "close"):
            refusals = refusals_of(self.life.rules, self.life.snapshot, Event(name), noon(self.today))
            assert bool(refusals) == self.life.definition.states[self.life.snapshot.state].final


CaseLaws.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestCaseLaws = CaseLaws.TestCase
