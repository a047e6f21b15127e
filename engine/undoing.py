"""Taking back what happened last: state, data, deadlines and messages, in one transaction, as an event of its own.

Reminders that had left before the event have left: the ladder that opens again goes on where the other one stood, and
its ledger says of the earlier steps that they are accounted for. What the event sent and has not left is taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from access.actors import Actor
from access.rules import Action, may
from engine.applying import apply_held
from engine.authorising import authorise, facts_of
from engine.deadline_rows import entry_rows
from engine.errors import CaseMovedError, CaseNotFoundError
from engine.event_effects import write_effects
from engine.firing import Fired, actor_columns, snapshot_of
from engine.inspecting_words import event_title
from engine.ladder_rows import quiet_json
from engine.parts import Engine
from engine.replaying import rules_then
from engine.unsent import take_back
from storage import cases, outbox, tables
from storage.cases import CaseRow
from storage.held_cases import hold_case
from workflows.case import Became, Builtin, DeadlineStep, Decision, Event, Watch
from workflows.ladders import Entry, LadderState, LadderStep, Outcome, Reason, ladder_steps, next_moment
from workflows.machine import decide
from workflows.model import Text
from workflows.planning import Rules
from workflows.replay import Recorded, last_event
from workflows.undoing import UNDONE, Past, may_still_undo
from workflows.values import data_from_json

CUT_OFF = frozenset({Reason.MET.value, Reason.LEFT.value, Reason.VOID.value, Reason.MOVED.value})


@dataclass(frozen=True, slots=True)
class UndoOffer:
    """What may be undone now; `seq` is the case's, to be given back. `at` is UTC."""

    ref: str
    seq: int
    title: Text
    at: datetime


def undo_offer(engine: Engine, ref: str, actor: Actor, now: datetime) -> UndoOffer | None:
    """Return what this actor may undo in a case now; None when there is nothing, or no such case of hers."""
    with engine.database.read() as connection:
        case = cases.find_case(connection, ref)
        if case is None or not may(actor, Action.SEE_WHOLE, facts_of(case)):
            return None
        last = connection.execute(
            select(tables.history).where(tables.history.c.case_id == case.id, tables.history.c.seq == case.seq)
        ).one_or_none()
        rules = engine.rulebook.rules(connection, case.programme, case.version, now)
    if last is None or not _is_undoable(rules, case, last, actor, now):
        return None
    return UndoOffer(ref, case.seq, event_title(rules.definition, last.event), last.at)


def undo_last(engine: Engine, ref: str, actor: Actor, now: datetime, *, expected_seq: int) -> Fired:
    """Take back the last event of a case.

    Args:
        engine: the parts.
        ref: the case.
        actor: who may let that event happen may take it back.
        now: the instant, UTC.
        expected_seq: the `seq` the actor saw; when anything has happened since, nothing happens.

    Raises:
        CaseNotFoundError, NotAllowedError: see `engine.authorising`.
        CaseMovedError: something has happened since.
        EventRefusedError: the definition does not let it be undone, or no longer.
    """
    with engine.database.write() as connection:
        fired = _undo_within(connection, engine, ref, actor, now, expected_seq)
    engine.nudge()
    return fired


def _undo_within(
    connection: Connection, engine: Engine, ref: str, actor: Actor, now: datetime, expected_seq: int
) -> Fired:
    held = hold_case(connection, ref, now)
    if held is None:
        raise CaseNotFoundError(ref)
    case = authorise(actor, Action.SEE_WHOLE, held.case, ref)
    if case.seq != expected_seq:
        raise CaseMovedError(ref, expected_seq, case.seq)
    rules = engine.rulebook.rules(connection, case.programme, case.version, now)
    past = _past(engine, connection, case, now)
    transition = rules.definition.transitions.get(past.event.name) if past else None
    authorise(actor, Action.FIRE, case, ref, transition.by if transition else frozenset())
    event = Event(Builtin.UNDO, {UNDONE: past.event.name if past else ""})
    decision, who = decide(rules, snapshot_of(case), event, now, past), actor_columns(actor)
    _take_back_invitations(connection, case, decision, now)
    if not apply_held(connection, rules, held, decision, who, now):
        raise CaseMovedError(ref, expected_seq, case.seq)
    write_effects(connection, rules, case, decision, who, now)
    if past is not None:
        _put_ladders_back(connection, rules, case, decision, past, now)
    return Fired(ref, rules, decision)


def _is_undoable(rules: Rules, case: CaseRow, last: Row[Any], actor: Actor, now: datetime) -> bool:
    transition = rules.definition.transitions.get(last.event)
    if transition is None or last.version != case.version or rules.definition.states[case.state].final:
        return False
    return may(actor, Action.FIRE, facts_of(case), transition.by) and may_still_undo(
        transition, last.at, now, rules.calendar
    )


def _past(engine: Engine, connection: Connection, case: CaseRow, now: datetime) -> Past | None:
    """Return the last event and the case before it, found by folding its history."""
    at = rules_then(engine, connection, now)
    record = [
        Recorded(Event(row.event, data_from_json(row.answers)), row.at, row.version)
        for row in cases.history_of(connection, case.id)
    ]
    return last_event(record, lambda version, moment: at(case.programme, version, moment))


def _take_back_invitations(connection: Connection, case: CaseRow, decision: Decision, now: datetime) -> None:
    """Take back what has not left of the meetings that change again."""
    kinds = {step.kind for step in decision.invitations}
    query = select(tables.outbox).where(
        tables.outbox.c.case_id == case.id,
        tables.outbox.c.kind.in_(["invite", "cancel"]),
        tables.outbox.c.state == outbox.QUEUED,
    )
    for message in connection.execute(query.with_for_update()).all() if kinds else ():
        if message.payload.get("meeting") in kinds:
            take_back(connection, message, Outcome.SUPPRESSED, Reason.VOID, now)


def _put_ladders_back(
    connection: Connection, rules: Rules, case: CaseRow, decision: Decision, past: Past, now: datetime
) -> None:
    for step in decision.deadlines:
        was = past.before.watch.get(step.key.kind)
        if step.became is Became.OPENED and was is not None:
            _put_ladder_back(connection, rules, case, step, was, now)


def _put_ladder_back(
    connection: Connection, rules: Rules, case: CaseRow, step: DeadlineStep, was: Watch, now: datetime
) -> None:
    """Let a ladder that opens again stand where the one stood that the undone event had ended."""
    old, new = _row(connection, case.id, step.key.kind, was), _row(connection, case.id, step.key.kind, step.watch)
    if old is None or new is None:
        return
    deadline = rules.definition.deadlines[step.key.kind]
    steps = ladder_steps(deadline.ladder, new.due_on, rules.calendar, rules.definition.hours)
    done = _done(connection, old, steps)
    entries = [Entry(s.key, slot, Outcome.SUPPRESSED, Reason.RESTORED, late=False) for s in done for slot in s.slots]
    if entries:
        connection.execute(insert(tables.ledger), entry_rows(entries, new.id, now))
    quiet = step.watch.quiet
    told = old.quiet_told if quiet else True
    state = LadderState(new.due_on, len(done), quiet, told)
    moment = next_moment(deadline, state, rules.calendar, rules.definition.hours)
    stands = {
        "next_rung": len(done),
        "accounted": len(entries),
        "quiet": quiet_json(quiet),
        "quiet_told": told,
        "next_at": None if step.watch.paused else moment,
    }
    connection.execute(update(tables.deadline).where(tables.deadline.c.id == new.id).values(**stands))
    # The figures count what was met: this was not.
    ended = update(tables.deadline).where(tables.deadline.c.id == old.id)
    connection.execute(ended.values(status=Became.VOID.value))


def _row(connection: Connection, case_id: int, kind: str, watch: Watch) -> Row[Any] | None:
    key = {
        "case_id": case_id,
        "kind": kind,
        "occurrence": watch.occurrence,
        "entry_seq": watch.entry_seq,
        "generation": watch.generation,
    }
    return connection.execute(select(tables.deadline).filter_by(**key)).one_or_none()


def _done(connection: Connection, old: Row[Any], steps: Sequence[LadderStep]) -> Sequence[LadderStep]:
    """Return the steps that were done before: those passed, up to the first whose message was taken back unsent."""
    cut = select(tables.ledger.c.rung).where(tables.ledger.c.deadline_id == old.id, tables.ledger.c.reason.in_(CUT_OFF))
    taken_back = set(connection.execute(cut).scalars())
    passed = steps[: old.next_rung]
    first = next((number for number, step in enumerate(passed) if step.key in taken_back), len(passed))
    return passed[:first]
