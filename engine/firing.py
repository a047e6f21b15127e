"""A person acts: one event on one case, in one transaction. And the same, not written, as a preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from access.actors import Actor
from access.rules import Action
from engine.applying import apply
from engine.authorising import authorise
from engine.errors import CaseMovedError, CaseNotFoundError
from engine.parts import Engine
from storage import cases
from storage.cases import CaseRow
from storage.held_cases import hold_case
from workflows.case import Decision, Event
from workflows.machine import BUILTINS, decide
from workflows.planning import Rules
from workflows.values import snapshot_from_json


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
    with engine.database.write() as connection:
        held = hold_case(connection, ref, now)
        if held is None:
            raise CaseNotFoundError(ref)
        engine.rulebook.remember_closures(connection, now, held.closures)
        case, rules = held.case, _allowed(engine, connection, held.case, event, actor, now)
        if expected_entry is not None and expected_entry != case.entry_seq:
            raise CaseMovedError(ref, expected_entry, case.entry_seq)
        if expected_seq is not None and expected_seq != case.seq:
            raise CaseMovedError(ref, expected_seq, case.seq)
        decision = decide(rules, snapshot_of(case), event, now)
        if not apply(connection, rules, held, decision, actor_columns(actor), now):
            raise CaseMovedError(ref, case.entry_seq, case.entry_seq)
    engine.nudge()
    return Fired(ref, rules, decision)


def preview(engine: Engine, ref: str, event: Event, actor: Actor, now: datetime) -> Fired:
    """Say what an event would lead to and write nothing; raises as `fire`."""
    with engine.database.read() as connection:
        case = cases.find_case(connection, ref)
        if case is None:
            raise CaseNotFoundError(ref)
        rules = _allowed(engine, connection, case, event, actor, now)
        return Fired(ref, rules, decide(rules, snapshot_of(case), event, now))


def _allowed(engine: Engine, connection: Connection, case: CaseRow, event: Event, actor: Actor, now: datetime) -> Rules:
    """Return the rules of a case if the actor may let this event happen to it."""
    authorise(actor, Action.SEE_CASE, case, case.ref)
    rules = engine.rulebook.rules(connection, case.programme, case.version, now)
    transition = rules.definition.transitions.get(event.name)
    action = Action.STEER if event.name in BUILTINS else Action.FIRE
    authorise(actor, action, case, case.ref, transition.by if transition else frozenset())
    return rules


def snapshot_of(case: CaseRow) -> Any:
    """Return a stored case as the machine sees it."""
    return snapshot_from_json(case.state, case.seq, case.entry_seq, case.snapshot)


def actor_columns(actor: Actor) -> Mapping[str, Any]:
    """Return who acted, as the history keeps it."""
    return {"actor_id": actor.staff_id, "actor": actor.kind.value}
