"""What a handler at another authority sees of a case: reference, state, her own deadlines, what was disclosed to her.

Nothing else, wherever she looks (docs/adr/0014). Her own deadlines are those whose ladder addresses her or that a move
of hers meets, and she sees them while care may tell her organisation anything at all (the role's `needs`).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from access.actors import Actor
from access.rules import HANDLER
from engine.consent_expiry import counting_values
from engine.disclosing import fields_told
from engine.firing import as_told, snapshot_of
from engine.inspecting_case_parts import CaseView, DeadlineLine, FieldLine, TimelineLine
from storage.cases import CaseRow
from workflows.case import Builtin, Snapshot
from workflows.guards import Value
from workflows.model import Definition, Field


def own_deadlines(definition: Definition, snapshot: Snapshot, now: datetime) -> frozenset[str]:
    """Return the kinds of deadlines of a case that are its handler's own; none while she may be told nothing."""
    declared = definition.roles.get(HANDLER)
    if declared and declared.needs and not declared.needs.holds(counting_values(snapshot, now)):
        return frozenset()
    hers = {name for name, transition in definition.transitions.items() if HANDLER in transition.by}
    return frozenset(
        kind
        for kind, deadline in definition.deadlines.items()
        if deadline.met_by & hers or any(HANDLER in rung.to for rung in deadline.ladder)
    )


def as_disclosed(
    connection: Connection,
    view: CaseView,
    case: CaseRow,
    timeline: tuple[TimelineLine, ...],
    now: datetime,
) -> CaseView:
    """Return of a case's page what its handler sees.

    Args:
        connection: the caller's transaction.
        view: the whole page.
        case: the case.
        timeline: what has happened of which she knows (`is_known_to`).
        now: the instant, UTC.
    """
    definition = view.rules.definition
    kinds = own_deadlines(definition, snapshot_of(case), now)
    told = fields_told(connection, case, now)
    return replace(
        view,
        unit="",
        coordinator=None,
        snapshot=as_told(view.snapshot),
        fields=tuple(_field_line(definition.fields[name], told[name]) for name in definition.fields if name in told),
        facts={},
        deadlines=tuple(_own_line(line) for line in view.deadlines if line.kind in kinds),
        timeline=timeline,
        moves=tuple(move for move in view.moves if move.possible),
        pauses=(),
        meetings=(),
        may=frozenset(),
        disclosed_only=True,
    )


def is_known_to(actor: Actor, event: Row[Any]) -> bool:
    """Say whether a handler knows of an event of her case: she let it happen, or it told her something."""
    if event.actor_id is not None and event.actor_id == actor.staff_id:
        return True
    return bool(event.event == Builtin.DISCLOSE and event.answers.get("recipient") == HANDLER)


def _field_line(field: Field, value: Value) -> FieldLine:
    if field.personal:
        return FieldLine(field.name, field.title, None, personal=True)
    choice = field.choices.get(value) if isinstance(value, str) else None
    return FieldLine(field.name, field.title, value, choice=choice)


def _own_line(line: DeadlineLine) -> DeadlineLine:
    """Return a deadline without what it says of others and of what the case knows; its explanation says both."""
    return replace(
        line,
        quiet=None,
        quiet_until=None,
        next_slots=tuple(slot for slot in line.next_slots if slot.role == HANDLER),
        explanation=None,
    )
