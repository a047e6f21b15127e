"""A person acts: one event on one case, in one transaction. And the same, not written, as a preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from access.actors import Actor
from access.rules import Action, CaseFacts, is_disclosed_to
from engine.applying import apply_held, apply_seen
from engine.authorising import authorise, facts_of
from engine.consent_expiry import refuse_on_run_out_consent
from engine.errors import CaseMovedError, CaseNotFoundError
from engine.event_effects import must_be_held, write_effects
from engine.parts import Engine
from storage import cases
from storage.cases import CaseRow
from storage.held_cases import hold_case, see_case
from workflows.case import Builtin, Decision, Event, Snapshot
from workflows.machine import BUILTINS, decide
from workflows.planning import Rules
from workflows.values import snapshot_from_json

_BUILTIN_ACTIONS: Mapping[str, Action] = {
    Builtin.DISCLOSE: Action.DISCLOSE,
    Builtin.BREAK_GLASS: Action.BREAK_GLASS,
}


@dataclass(frozen=True, slots=True)
class Fired:
    """What an event led to."""

    ref: str
    rules: Rules
    decision: Decision


def fire(
    engine: Engine,
    ref: str,
    event: Event,
    actor: Actor,
    now: datetime,
    *,
    expected_entry: int | None = None,
    expected_seq: int | None = None,
) -> Fired:
    """Let an event happen to a case.

    Args:
        engine: the parts.
        ref: the case's public reference.
        event: a transition of its programme, or a built-in event; answers are typed.
        actor: who does it.
        now: the instant, UTC.
        expected_entry: the `entry_seq` the actor saw; when the case has entered another state since, nothing happens.
        expected_seq: the `seq` the actor saw; when anything has happened to the case since, nothing happens. For a
            caller that tries again after an answer was lost: what did happen does not happen twice.

    Raises:
        CaseNotFoundError, NotAllowedError: see `engine.authorising`.
        CaseMovedError: the case is no longer as the actor saw it.
        EventRefusedError: the machine refuses, with every reason.
    """
    act = Act(ref, event, actor, now, expected_entry, expected_seq)
    fired = _fire_seen(engine, act) if engine.database.acts_at_once else None
    fired = fired or _fire_held(engine, act)
    engine.nudge()
    return fired


@dataclass(frozen=True, slots=True)
class Act:
    """Who lets what happen to which case, and what that person saw of it."""

    ref: str
    event: Event
    actor: Actor
    now: datetime
    expected_entry: int | None = None
    expected_seq: int | None = None
    facts: CaseFacts | None = None  # who may come near the person, where the caller has looked it up


def _fire_seen(engine: Engine, act: Act) -> Fired | None:
    """Fire without holding the case, in two round trips; None when that cannot be done and nothing has happened."""
    with engine.database.at_once() as driver:
        seen = see_case(driver, act.ref, act.now)
        if seen is None:
            raise CaseNotFoundError(act.ref)
        rules = engine.rulebook.known(seen.case.programme, seen.case.version, seen.closures)
        if rules is None:
            return None
        decision = _decided(rules, seen.case, act)
        if must_be_held(rules, decision, act.now):
            return None
        done = apply_seen(driver, rules, seen, decision, actor_columns(act.actor), act.now)
        return _fired(rules, seen.case, decision, act.actor) if done else None


def _fire_held(engine: Engine, act: Act) -> Fired:
    """Fire while the case is held: whoever writes it, or its deadlines, waits."""
    with engine.database.write() as connection:
        return fire_within(connection, engine, act)


def fire_within(connection: Connection, engine: Engine, act: Act) -> Fired:
    """Fire in the caller's transaction, which holds the case from then on; raises as `fire`."""
    held = hold_case(connection, act.ref, act.now)
    if held is None:
        raise CaseNotFoundError(act.ref)
    authorise(act.actor, Action.SEE_CASE, held.case, act.ref)
    engine.rulebook.remember_closures(connection, act.now, held.closures)
    rules = engine.rulebook.rules(connection, held.case.programme, held.case.version, act.now)
    decision, who = _decided(rules, held.case, act), actor_columns(act.actor)
    if not apply_held(connection, rules, held, decision, who, act.now):
        raise CaseMovedError(act.ref, held.case.entry_seq, held.case.entry_seq)
    if must_be_held(rules, decision, act.now):
        write_effects(connection, rules, held.case, decision, who, act.now)
    return _fired(rules, held.case, decision, act.actor)


def _decided(rules: Rules, case: CaseRow, act: Act) -> Decision:
    """Return what the machine decides, if the actor may and saw the case as it is."""
    _authorise(rules, case, act.event, act.actor, act.facts)
    if act.expected_entry is not None and act.expected_entry != case.entry_seq:
        raise CaseMovedError(act.ref, act.expected_entry, case.entry_seq)
    if act.expected_seq is not None and act.expected_seq != case.seq:
        raise CaseMovedError(act.ref, act.expected_seq, case.seq)
    snapshot = snapshot_of(case)
    refuse_on_run_out_consent(rules, snapshot, act.event, act.now)
    return decide(rules, snapshot, act.event, act.now)


def preview(engine: Engine, ref: str, event: Event, actor: Actor, now: datetime) -> Fired:
    """Say what an event would lead to and write nothing; raises as `fire`."""
    with engine.database.read() as connection:
        case = cases.find_case(connection, ref)
        if case is None:
            raise CaseNotFoundError(ref)
        authorise(actor, Action.SEE_CASE, case, ref)
        rules = engine.rulebook.rules(connection, case.programme, case.version, now)
        _authorise(rules, case, event, actor)
        refuse_on_run_out_consent(rules, snapshot_of(case), event, now)
        return _fired(rules, case, decide(rules, snapshot_of(case), event, now), actor)


def _authorise(rules: Rules, case: CaseRow, event: Event, actor: Actor, facts: CaseFacts | None = None) -> None:
    """Raise unless the actor may let this event happen to the case."""
    transition = rules.definition.transitions.get(event.name)
    action = _BUILTIN_ACTIONS.get(event.name, Action.STEER) if event.name in BUILTINS else Action.FIRE
    authorise(actor, action, case, case.ref, transition.by if transition else frozenset(), facts)


def _fired(rules: Rules, case: CaseRow, decision: Decision, actor: Actor) -> Fired:
    """Return what an event led to, as its actor may know it: a handler is told no more than the state it led to."""
    if is_disclosed_to(actor, facts_of(case)):
        decision = Decision(decision.event, None, as_told(decision.after))
    return Fired(case.ref, rules, decision)


def as_told(snapshot: Snapshot) -> Snapshot:
    """Return of a case as the machine sees it what its handler may know: where it stands."""
    return Snapshot(snapshot.state, snapshot.seq, snapshot.entry_seq, {})


def snapshot_of(case: CaseRow) -> Any:
    """Return a stored case as the machine sees it."""
    return snapshot_from_json(case.state, case.seq, case.entry_seq, case.snapshot)


def actor_columns(actor: Actor) -> Mapping[str, Any]:
    """Return who acted, as the history keeps it."""
    return {"actor_id": actor.staff_id, "actor": actor.kind.value}
