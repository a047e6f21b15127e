"""Lets the same things happen to the engine and to the model, and compares all they say after every one of them."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete, select

from engine.delivering import deliver
from engine.sweeping import sweep
from notifications.messages import Kind, Notice
from notifications.recipients import Mailbox
from storage import tables
from tests.house import House, moment
from tests.models.clinic import Case, Clinic, Line, Pause, Quiet, is_open
from tests.models.prov import CLOSES, OPENS, Moment, rungs
from tests.models.reading import ROLE_OF
from workflows.refusals import EventRefusedError

CASES = 3
EMPTIED = (
    *("outbox", "ledger", "deadline", "disclosure", "consent", "history", "access_log", "case"),
    *("person", "absence", "tick"),
)
which = st.integers(0, CASES - 1)
days = st.integers(0, 25)
hours = st.sampled_from([6, OPENS, 10, CLOSES - 1, CLOSES, 22])
people = st.sampled_from(["coordinator", "deputy", "handler", "unit_manager", "project_lead"])
kinds = st.sampled_from(["meeting", "follow_up"])
reasons = st.sampled_from(["parental_leave", "sick_leave"])


class Comparison(RuleBasedStateMachine):
    """The clinic and its model. `house` is given by the test; its cases are taken away before each example."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        with self.house.engine.database.write() as connection:
            for name in EMPTIED:
                connection.execute(delete(tables.metadata.tables[name]))
        self.house.mail.sent.clear()
        self.model = Clinic()
        self.refs: list[str] = []
        self.clock: Moment = (date(2024, 1, 10), 10)

    @property
    def today(self) -> date:
        return self.clock[0]

    @property
    def now(self) -> datetime:
        return moment(self.today.isoformat(), f"{self.clock[1]:02}:00")

    @initialize(number=st.integers(1, CASES), start=st.integers(0, 366), months=st.integers(1, 18))
    def begin(self, number: int, start: int, months: int) -> None:
        self.clock = (self.today + timedelta(days=start), 10)
        until = self.today + timedelta(days=30 * months)
        self.refs = self.house.open_many(number, self.today.isoformat(), now=self.now, until=until.isoformat())
        for _ in range(number):
            case = Case(decided=self.today, until=until, seq=0)
            case.plan(self.today)
            self.model.cases.append(case)

    # --- time ---

    def later(self, number: int, hour: int) -> None:
        if number or hour > self.clock[1]:
            self.clock = (self.today + timedelta(days=number), hour)

    @rule(number=st.integers(0, 12), hour=hours)
    def days_pass(self, number: int, hour: int) -> None:
        """Somebody looks every morning of these days."""
        for _ in range(number):
            self.later(1, OPENS)
            self.look()
        self.later(0, hour)
        self.look()

    @rule(number=st.integers(0, 70), hour=hours)
    def everything_is_down_for_a_while(self, number: int, hour: int) -> None:
        self.later(number, hour)
        self.look()

    @rule(index=which, after=st.integers(-20, 40), hour=hours)
    def the_date_comes(self, index: int, after: int, hour: int) -> None:
        """Look around the date of a deadline, where ladders are busy."""
        if (live := self.case(index).live) and (number := (live.due - self.today).days + after) > 0:
            self.later(number, hour)
            self.look()

    @rule(number=days, hour=hours)
    def nobody_looks(self, number: int, hour: int) -> None:
        self.later(number, hour)

    @rule()
    def sweep_alone(self) -> None:
        sweep(self.house.engine, self.now)
        self.model.sweep(self.clock)

    @rule()
    def postman_alone(self) -> None:
        before = len(self.house.mail.sent)
        deliver(self.house.engine, self.now)
        self.model.deliver(self.clock)
        assert is_open(self.clock) or len(self.house.mail.sent) == before, "something left outside working hours"

    def look(self) -> None:
        self.sweep_alone()
        self.postman_alone()

    # --- people ---

    def act(self, index: int, event: str, may: bool, **answers: Any) -> Case | None:
        """Let a coordinator act on a case; return its model if the model says that she may, else see her refused."""
        ref = self.refs[index % len(self.refs)]
        if may:
            self.house.fire(ref, event, self.now, **answers)
            return self.case(index)
        with pytest.raises(EventRefusedError):
            self.house.fire(ref, event, self.now, **answers)
        return None

    def case(self, index: int) -> Case:
        return self.model.cases[index % len(self.refs)]

    @rule(index=which, ago=days)
    def hold_meeting(self, index: int, ago: int) -> None:
        held = self.today - timedelta(days=ago)
        if case := self.act(index, "hold_meeting", self.case(index).state == "granted", held_on=held, met_on=held):
            if case.live:
                case.live.end("met")
            case.state, case.met_on, case.meetings = "following", held, case.meetings + 1
            case.plan(self.today)

    @rule(index=which, ago=st.integers(0, 100))
    def hold_follow_up(self, index: int, ago: int) -> None:
        held = self.today - timedelta(days=ago)
        if case := self.act(index, "hold_follow_up", self.case(index).state == "following", held_on=held):
            case.follow_up(held, self.today)

    @rule(index=which, kind=reasons, ago=days)
    def pause(self, index: int, kind: str, ago: int) -> None:
        case, from_on = self.case(index), self.today - timedelta(days=ago)
        may = case.state != "closed" and case.running(kind) is None
        if self.act(index, "case.pause", may, kind=kind, from_on=from_on):
            case.pauses.append(Pause(kind, from_on))
            case.plan(self.today)

    @rule(index=which, kind=reasons, ago=days)
    def resume(self, index: int, kind: str, ago: int) -> None:
        case, until_on = self.case(index), self.today - timedelta(days=ago)
        running = case.running(kind)
        may = running is not None and until_on >= running.from_on
        if self.act(index, "case.resume", may, kind=kind, until_on=until_on) and running:
            running.until_on = until_on
            case.plan(self.today)

    @rule(index=which, kind=kinds, ahead=days)
    def acknowledge(self, index: int, kind: str, ahead: int) -> None:
        case, until_on = self.case(index), self.today + timedelta(days=ahead)
        may = case.live is not None and case.live.kind == kind and ahead > 0
        if self.act(index, "deadline.acknowledge", may, deadline=kind, until_on=until_on) and case.live:
            self.hush(case, "acknowledged", until_on)

    @rule(index=which, kind=kinds, ahead=days)
    def snooze(self, index: int, kind: str, ahead: int) -> None:
        case, until_on = self.case(index), self.today + timedelta(days=ahead)
        may = case.live is not None and case.live.kind == kind and ahead > 0 and until_on <= case.live.due
        if self.act(index, "deadline.snooze", may, deadline=kind, until_on=until_on, reason="semester") and case.live:
            self.hush(case, "snoozed", until_on)

    def hush(self, case: Case, kind: str, until_on: date) -> None:
        """Plan first: a long pause may have put the date beyond the period, and what ends has nothing left to hold."""
        case.plan(self.today)
        if case.live:
            case.live.hush(Quiet(kind, until_on, case.seq))

    @rule(index=which, given=st.booleans())
    def consent(self, index: int, given: bool) -> None:
        event = "record_consent" if given else "withdraw_consent"
        if case := self.act(index, event, self.case(index).state != "closed"):
            case.consent = given
            case.plan(self.today)
            if case.live and not given:
                case.live.stop_telling_fk()

    @rule(index=which, months=st.integers(-3, 18))
    def amend_the_period(self, index: int, months: int) -> None:
        until = self.today + timedelta(days=30 * months)
        if case := self.act(index, "case.amend", may=True, benefit_until=until):
            case.until = until
            case.plan(self.today)

    @rule(index=which, ago=st.integers(0, 60))
    def correct_the_decision(self, index: int, ago: int) -> None:
        decided = self.today - timedelta(days=ago)
        if case := self.act(index, "case.amend", may=True, decision_date=decided):
            case.decided = decided
            case.plan(self.today)

    @rule(index=which)
    def close(self, index: int) -> None:
        may = self.case(index).state != "closed" and self.case(index).meetings > 0
        if case := self.act(index, "close", may, outcome="work"):
            case.state = "closed"
            case.plan(self.today)

    @rule(who=people, ahead=days, long=days, stand_in=st.none() | people)
    def be_away(self, who: str, ahead: int, long: int, stand_in: str | None) -> None:
        first = self.today + timedelta(days=ahead)
        last = first + timedelta(days=long)
        self.house.away(who, first.isoformat(), last.isoformat(), stand_in)
        self.model.people.absences.append((who, first, last, stand_in))

    # --- what both must say ---

    @invariant()
    @precondition(lambda self: self.refs)
    def both_say_the_same_of_states_and_deadlines(self) -> None:
        with self.house.engine.database.read() as connection:
            states = {row.ref: (row.state, row.seq) for row in connection.execute(select(tables.case))}
        assert [states[ref] for ref in self.refs] == [(case.state, case.seq) for case in self.model.cases]
        said = [[as_said(row.kind, row.status, row.due_on, row.paused) for row in rows] for rows in self.deadlines()]
        assert said == [[as_said(x.kind, x.status, x.due, x.paused) for x in case.ladders] for case in self.model.cases]

    @invariant()
    @precondition(lambda self: self.refs)
    def both_keep_the_same_ledger(self) -> None:
        kept = self.ledger()
        found = [[kept.get(row.id, {}) for row in rows] for rows in self.deadlines()]
        assert found == [[ladder.ledger for ladder in case.ladders] for case in self.model.cases]

    def deadlines(self) -> list[list[Any]]:
        """Return the rows of every deadline, case by case, in the order of opening."""
        query = select(tables.deadline, tables.case.c.ref).join(
            tables.case, tables.case.c.id == tables.deadline.c.case_id
        )
        with self.house.engine.database.read() as connection:
            rows = connection.execute(query.order_by(tables.deadline.c.id)).all()
        return [[row for row in rows if row.ref == ref] for ref in self.refs]

    def ledger(self) -> dict[int, dict[tuple[str, str], Line]]:
        """Return the lines of the ledger by rung and slot, of each deadline."""
        role_of = {number: role for role, number in self.house.staff.items()}
        kept: dict[int, dict[tuple[str, str], Line]] = {}
        with self.house.engine.database.read() as connection:
            for row in connection.execute(select(tables.ledger)):
                line = Line(row.outcome, row.reason, row.late, role_of.get(row.staff_id))
                kept.setdefault(row.deadline_id, {})[row.rung, row.slot] = line
        return kept

    @invariant()
    def both_have_sent_the_same_to_the_same_people(self) -> None:
        sent = Counter(
            ROLE_OF[sent.to.address]
            for sent in self.house.mail.sent
            if isinstance(sent.to, Mailbox) and isinstance(sent.message, Notice) and sent.message.kind is not Kind.ALARM
        )
        ladders = [ladder for case in self.model.cases for ladder in case.ladders]
        assert sent == Counter(
            line.to for ladder in ladders for line in ladder.ledger.values() if line.outcome == "sent"
        )

    def teardown(self) -> None:
        """End every case: then every rung of every ladder is in the ledger for every slot, once, with its outcome."""
        for index, case in enumerate(self.model.cases):
            if case.state != "closed":
                self.act(index, "withdraw", may=True, outcome="withdrawn")
                case.state = "closed"
                case.plan(self.today)
        self.later(7, 10)
        self.look()
        kept = self.ledger()
        for row in (row for rows in self.deadlines() for row in rows):
            every = {(rung, slot) for rung, _, slots in rungs(row.kind, row.due_on) for slot in slots}
            assert {key for key in kept[row.id] if not key[0].startswith("q")} == every
            assert "queued" not in {line.outcome for line in kept[row.id].values()}
            assert row.accounted == len(kept[row.id])


def as_said(kind: str, status: str, due: date, paused: bool) -> tuple[str, str, date, bool]:
    return kind, status, due, paused and status == "open"
