"""Somebody's day: the deadlines that are overdue, due today or within a week, and those that wait for somebody else.

One line per open deadline, not per case, with what can be done about it from the list. The number of statements is the
same however many cases there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, or_, select
from sqlalchemy.orm import aliased

from access.actors import Actor
from access.rules import HANDLER, Action, CaseFacts, is_disclosed_to, may
from engine.consent_expiry import counting
from engine.inspecting_case import move_of
from engine.inspecting_case_parts import Move
from engine.inspecting_cases_query import Query, looked, sized
from engine.inspecting_handled import own_deadlines
from engine.inspecting_shelf import Shelf, deadline_title, state_title
from engine.inspecting_visible import handled_cases, units_where, visible_cases
from engine.inspecting_words import role_title
from engine.parts import Engine
from engine.urgency import WEEK, quiet_now
from storage.deadlines import OPEN
from storage.tables import absence, case, deadline, staff, unit
from workflows.case import Snapshot
from workflows.dates import local_date
from workflows.explain import why_date
from workflows.model import Definition, Text, Transition
from workflows.planning import Rules
from workflows.refusals import Why
from workflows.values import snapshot_from_json

MOST = 80  # lines; whoever has more begins with these
AHEAD = timedelta(days=30)  # how far ahead one sees what waits for somebody else
CARE = frozenset({"coordinator", "deputy"})


class Section(StrEnum):
    """Where a line stands in the day."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    WAITING = "waiting"  # not overdue, and the next move is somebody else's, or it rests


class Waits(StrEnum):
    """What a line waits for."""

    MEETING = "meeting"  # it is booked and lies ahead
    QUIET = "quiet"  # acknowledged or snoozed
    OTHERS = "others"  # only other roles can make the next move


class Scope(StrEnum):
    """Whose day it is."""

    MINE = "mine"
    UNIT = "unit"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class DayLine:
    """A deadline to do something about.

    Attributes:
        days: from today in Stockholm to the date; below zero it is overdue.
        waits: what it waits for; `waits_at` is when a booked meeting begins (UTC), `waits_for` whose move is next.
        moves: what would meet it, or book its meeting, and is possible for this actor now.
        may_steer: whether this actor may acknowledge and snooze it.
        owner: the coordinator, where she is somebody else than who looks.
    """

    ref: str
    entry_seq: int
    seq: int
    kind: str
    title: Text
    state_title: Text
    due_on: date
    days: int
    section: Section
    waits: Waits | None
    waits_at: datetime | None
    waits_for: tuple[Text, ...]
    quiet: str | None
    quiet_until: date | None
    next_at: datetime | None
    owner: str | None
    unit: str
    explanation: Text
    moves: tuple[Move, ...]
    may_steer: bool
    definition: Definition = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of a day, the most urgent first.

    Attributes:
        lines: at most `MOST`.
        counts: how many lines each section shows.
        cut_off: the sections that may have more than is shown.
    """

    lines: tuple[DayLine, ...]
    counts: Mapping[Section, int]
    cut_off: frozenset[Section] = frozenset()

    def of(self, section: Section) -> tuple[DayLine, ...]:
        """Return the lines of one section."""
        return tuple(line for line in self.lines if line.section is section)


def scopes_of(actor: Actor) -> tuple[Scope, ...]:
    """Return whose days an actor may look at, her own first."""
    roles = actor.roles
    found = [Scope.MINE] if roles & (CARE | {HANDLER}) else []
    found += [Scope.UNIT] if "unit_manager" in roles else []
    return (*found, *([Scope.ALL] if roles & {"project_lead", "admin"} else []))


def day_of(engine: Engine, actor: Actor, now: datetime, scope: Scope = Scope.MINE) -> Day:
    """Return what is to be done, the most urgent first.

    Args:
        engine: the parts.
        actor: who looks; only cases she may see are shown.
        now: the instant, UTC; days are counted in Stockholm.
        scope: her own cases (those of coordinators she stands in for included), or all of her units.
    """
    today = local_date(now)
    with engine.database.read() as connection:
        wanted = and_(or_(visible_cases(actor), handled_cases(actor)), _within(connection, actor, scope, today))
        query = sized(connection, Query(wanted, None, None, today))
        rows = connection.execute(_query(query, today + AHEAD)).all()
        shelf = Shelf(engine, connection, now)
        lines = [_line(shelf, row, actor, now) for row in rows[:MOST]]
    shown = tuple(line for line in lines if line is not None)
    counts = {section: sum(line.section is section for line in shown) for section in Section}
    return Day(shown, counts, _cut_off(rows[MOST - 1].due_on, today) if len(rows) > MOST else frozenset())


def _cut_off(last: date, today: date) -> frozenset[Section]:
    """Return the sections that end with the last date shown, or lie wholly after it."""
    whole = {Section.OVERDUE: last >= today, Section.TODAY: last > today, Section.WEEK: last > today + WEEK}
    return frozenset(section for section in Section if not whole.get(section, False))


def _within(connection: Connection, actor: Actor, scope: Scope, today: date) -> ColumnElement[bool]:
    """Return the condition on cases: hers, those of her absent colleagues, or those of the units she manages."""
    if scope is not Scope.MINE:
        units = units_where(actor, frozenset({"unit_manager"} if scope is Scope.UNIT else {"project_lead", "admin"}))
        return case.c.closed_at.is_(None) if units is None else _open_in(sorted(units))
    away = select(absence.c.staff_id).where(
        absence.c.deputy_id == actor.staff_id, absence.c.from_on <= today, absence.c.until_on >= today
    )
    mine = [actor.staff_id, *connection.execute(away).scalars()]
    return and_(case.c.closed_at.is_(None), or_(case.c.coordinator_id.in_(mine), case.c.handler_id == actor.staff_id))


def _open_in(units: Sequence[int]) -> ColumnElement[bool]:
    return and_(case.c.closed_at.is_(None), case.c.unit_id.in_(units))


def _query(query: Query, until: date) -> Any:
    """Return the deadlines near of the cases wanted: of few cases from the cases, of many by the index of dates."""
    coordinator = aliased(staff)
    source: FromClause = deadline.join(case, case.c.id == deadline.c.case_id)
    if query.is_small:
        mine = looked(query.wanted)
        source = mine.join(deadline, deadline.c.case_id == mine.c.id).join(case, case.c.id == mine.c.id)
    return (
        select(
            case,
            deadline.c.kind,
            deadline.c.due_on,
            deadline.c.quiet,
            deadline.c.next_at,
            unit.c.title.label("unit_title"),
            coordinator.c.name.label("coordinator"),
        )
        .select_from(source)
        .join(unit, unit.c.id == case.c.unit_id)
        .outerjoin(coordinator, coordinator.c.id == case.c.coordinator_id)
        .where(query.wanted, deadline.c.status == OPEN, deadline.c.paused.is_(False), deadline.c.due_on <= until)
        .order_by(deadline.c.due_on, deadline.c.case_id, deadline.c.id)
        .limit(MOST + 1)
    )


def _line(shelf: Shelf, row: Row[Any], actor: Actor, now: datetime) -> DayLine | None:
    """Return a deadline's line; None for one that is neither near nor waits."""
    rules = shelf.rules(row.programme, row.version)
    snapshot = snapshot_from_json(row.state, row.seq, row.entry_seq, row.snapshot)
    today = local_date(now)
    facts = _facts(row)
    disclosed = is_disclosed_to(actor, facts)
    if disclosed and row.kind not in own_deadlines(rules.definition, snapshot, now):
        return None
    moves = tuple(_moves(rules, counting(snapshot, now), row, actor, now))
    quiet, until = quiet_now(row.quiet, today)
    booked = None if disclosed else _booked_at(snapshot, row.kind, now)
    possible = tuple(move for move in moves if move.possible)
    waits = _waits(booked, None if disclosed else quiet, moves, possible)
    section = _section(row.due_on, today, waits)
    if section is None:
        return None
    return DayLine(
        ref=row.ref,
        entry_seq=row.entry_seq,
        seq=row.seq,
        kind=row.kind,
        title=deadline_title(rules.definition, row.kind),
        state_title=state_title(rules.definition, row.state),
        due_on=row.due_on,
        days=(row.due_on - today).days,
        section=section,
        waits=waits,
        waits_at=booked,
        waits_for=_others(rules.definition, moves) if waits is Waits.OTHERS else (),
        quiet=None if disclosed else quiet,
        quiet_until=None if disclosed else until,
        next_at=row.next_at,
        owner=row.coordinator if row.coordinator_id != actor.staff_id and not disclosed else None,
        unit="" if disclosed else row.unit_title,
        explanation=Text("", "") if disclosed else _explanation(rules, snapshot, row, now),
        moves=possible,
        may_steer=may(actor, Action.STEER, facts),
        definition=rules.definition,
    )


def _facts(row: Row[Any]) -> CaseFacts:
    return CaseFacts(row.unit_id, row.coordinator_id, row.handler_id)


def _moves(rules: Rules, snapshot: Snapshot, row: Row[Any], actor: Actor, now: datetime) -> list[Move]:
    """Return what would meet a deadline, and what books its meeting, in the order of the definition."""
    kind = rules.definition.deadlines.get(row.kind)
    met_by = kind.met_by if kind else frozenset()
    near = [t for t in rules.definition.transitions.values() if t.name in met_by or _books(t, row.kind)]
    return [move_of(rules, snapshot, transition, actor, _facts(row), now) for transition in near]


def _books(transition: Transition, kind: str) -> bool:
    return transition.invite is not None and not transition.invite.cancels and transition.invite.kind == kind


def _booked_at(snapshot: Snapshot, kind: str, now: datetime) -> datetime | None:
    invited = snapshot.invited.get(kind)
    return invited.starts_at if invited and invited.live and invited.starts_at > now else None


def _waits(booked: datetime | None, quiet: str | None, moves: Sequence[Move], possible: Sequence[Move]) -> Waits | None:
    if booked is not None:
        return Waits.MEETING
    if quiet is not None:
        return Waits.QUIET
    others = [move for move in moves if [refusal.why for refusal in move.why_not] == [Why.WRONG_ROLE]]
    return Waits.OTHERS if others and not possible else None


def _section(due_on: date, today: date, waits: Waits | None) -> Section | None:
    """Return where a line stands. What is overdue stays so, whoever's move it is: nobody is lost between two chairs."""
    if due_on < today:
        return Section.OVERDUE
    if waits is not None:
        return Section.WAITING
    if due_on == today:
        return Section.TODAY
    return Section.WEEK if due_on <= today + WEEK else None


def _others(definition: Definition, moves: Sequence[Move]) -> tuple[Text, ...]:
    refusals = [refusal for move in moves for refusal in move.why_not if refusal.why is Why.WRONG_ROLE]
    roles = {role for refusal in refusals for role in refusal.allowed}
    return tuple(role_title(definition, role) for role in sorted(roles))


def _explanation(rules: Rules, snapshot: Snapshot, row: Row[Any], now: datetime) -> Text:
    if row.kind not in rules.definition.deadlines:
        return Text("", "")
    why = why_date(rules, snapshot, row.kind, now)
    return Text(why.sv, why.en)
