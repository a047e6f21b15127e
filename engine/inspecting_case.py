"""One case as its reader may see it: a bounded number of statements, no personal value."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from access.actors import Actor
from access.rules import Action, CaseFacts, is_disclosed_to, may
from engine.authorising import authorise, facts_near, facts_of
from engine.consent_expiry import counting
from engine.firing import snapshot_of
from engine.inspecting_case_parts import AskedLine, CaseView, FieldLine, MeetingLine, Move, PauseLine
from engine.inspecting_deadlines import deadline_lines
from engine.inspecting_handled import as_disclosed
from engine.inspecting_shelf import deadline_title
from engine.inspecting_timeline import timeline_of
from engine.inspecting_words import role_title
from engine.parts import Engine
from engine.recipients import Directory
from storage import cases
from storage.cases import CaseRow
from storage.tables import unit
from workflows.case import Snapshot
from workflows.dates import local_date
from workflows.guards import Value
from workflows.machine import blockers
from workflows.model import Definition, Field, Text, Transition
from workflows.planning import Rules
from workflows.refusals import Refusal, Why

SHOWN_ACTIONS = (Action.SEE_PERSON, Action.BREAK_GLASS, Action.STEER, Action.ASSIGN)


def case_view(engine: Engine, ref: str, actor: Actor, now: datetime) -> CaseView:
    """Return a case with its deadlines, its timeline and what can happen next; its handler gets what was disclosed.

    Raises:
        CaseNotFoundError: there is no such case, or none of the actor's business.
    """
    with engine.database.read() as connection:
        case = authorise(actor, Action.SEE_CASE, cases.find_case(connection, ref), ref)
        rules = engine.rulebook.rules(connection, case.programme, case.version, now)
        directory = Directory.read(connection, local_date(now))
        view = _view(engine, connection, case, rules, directory, actor, now)
        if not is_disclosed_to(actor, facts_of(case)):
            return view
        known = timeline_of(engine, connection, case, rules.definition, directory, now, handler=actor)
        return as_disclosed(connection, view, case, known, now)


def _view(
    engine: Engine,
    connection: Connection,
    case: CaseRow,
    rules: Rules,
    directory: Directory,
    actor: Actor,
    now: datetime,
) -> CaseView:
    definition, snapshot = rules.definition, snapshot_of(case)
    state = definition.states[case.state]
    counts = counting(snapshot, now)
    near = facts_near(connection, case, now, directory.away)
    return CaseView(
        ref=case.ref,
        programme=case.programme,
        version=case.version,
        title=definition.title,
        state=case.state,
        state_title=state.title,
        final=state.final,
        unit=_unit_title(connection, case.unit_id),
        coordinator=_name(directory, case.coordinator_id),
        handler=_name(directory, case.handler_id),
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        entry_seq=case.entry_seq,
        snapshot=_impersonal(definition, snapshot),
        rules=rules,
        fields=field_lines(definition, snapshot),
        facts={name: snapshot.data.get(name) for name in definition.facts},
        deadlines=deadline_lines(connection, case, rules, snapshot, directory, now),
        timeline=timeline_of(engine, connection, case, definition, directory, now),
        moves=tuple(move_of(rules, counts, t, actor, facts_of(case), now) for t in definition.transitions.values()),
        pauses=_pauses(definition, snapshot),
        meetings=_meetings(definition, snapshot),
        may=frozenset(action for action in SHOWN_ACTIONS if may(actor, action, near)),
    )


def _unit_title(connection: Connection, unit_id: int) -> str:
    title: str = connection.execute(select(unit.c.title).where(unit.c.id == unit_id)).scalar_one()
    return title


def _name(directory: Directory, staff_id: int | None) -> str | None:
    member = directory.staff.get(staff_id) if staff_id is not None else None
    return member.name if member else None


def _impersonal(definition: Definition, snapshot: Snapshot) -> Snapshot:
    data = {name: value for name, value in snapshot.data.items() if not _is_personal(definition, name)}
    return replace(snapshot, data=data)


def _is_personal(definition: Definition, name: str) -> bool:
    field = definition.fields.get(name)
    return field.personal if field else name not in definition.facts  # what nobody declares any more may be anything


def field_lines(definition: Definition, snapshot: Snapshot) -> tuple[FieldLine, ...]:
    """Return what the case knows, in the definition's order; personal values are left out."""
    return tuple(field_line(field, snapshot.data.get(name)) for name, field in definition.fields.items())


def field_line(field: Field, value: Value) -> FieldLine:
    """Return one field's line; a personal value is left out."""
    if field.personal:
        return FieldLine(field.name, field.title, None, personal=True)
    choice = field.choices.get(value) if isinstance(value, str) else None
    return FieldLine(field.name, field.title, value, choice=choice)


def move_of(
    rules: Rules, snapshot: Snapshot, transition: Transition, actor: Actor, facts: CaseFacts, now: datetime
) -> Move:
    """Return a transition as it stands for an actor now; `snapshot` is the case as it counts (`consent_expiry`)."""
    definition = rules.definition
    refusals = blockers(rules, snapshot, transition, now)
    if not may(actor, Action.FIRE, facts, transition.by):
        refusals += (Refusal(Why.WRONG_ROLE, allowed=tuple(sorted(transition.by))),)
    return Move(
        name=transition.name,
        title=transition.title,
        to=definition.states[transition.to].title if transition.to else None,
        by=tuple(role_title(definition, role) for role in sorted(transition.by)),
        asks=tuple(AskedLine(definition.fields[a.field], a.required) for a in transition.asks),
        possible=not refusals,
        why_not=refusals,
    )


def _pauses(definition: Definition, snapshot: Snapshot) -> tuple[PauseLine, ...]:
    lines = []
    for pause in snapshot.pauses:
        kind = definition.pauses.get(pause.kind)
        title = kind.title if kind else Text(pause.kind, pause.kind)
        stops = tuple(deadline_title(definition, name) for name in definition.deadlines if kind and name in kind.stops)
        lines.append(PauseLine(pause.kind, title, pause.from_on, pause.until_on, stops))
    return tuple(lines)


def _meetings(definition: Definition, snapshot: Snapshot) -> tuple[MeetingLine, ...]:
    places = [t.invite.place for t in definition.transitions.values() if t.invite and t.invite.place]
    choices = {name: title for place in places for name, title in definition.fields[place].choices.items()}
    return tuple(
        MeetingLine(
            kind=kind,
            title=deadline_title(definition, kind),
            starts_at=invited.starts_at,
            minutes=invited.minutes,
            place=choices.get(invited.place) if invited.place else None,
            to=tuple(role_title(definition, role) for role in invited.to),
            live=invited.live,
        )
        for kind, invited in snapshot.invited.items()
    )
