"""The caseload: one line per case with its most urgent open deadline. SQL filters, counts, sorts and pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select
from sqlalchemy.orm import aliased

from access.actors import Actor
from access.rules import ALLOWED, HANDLER, Action, CaseFacts, is_disclosed_to
from engine.inspecting_cases_query import (
    MOST_COUNTED,
    Query,
    by_opening,
    by_reference,
    by_urgency,
    counts,
    cursor_of,
    sized,
)
from engine.inspecting_handled import own_deadlines
from engine.inspecting_shelf import Shelf, deadline_title, state_title
from engine.inspecting_visible import handled_cases, visible_cases
from engine.parts import Engine
from engine.urgency import WEEK, Band, band_of, quiet_now
from storage.tables import case, unit
from workflows.dates import local_date
from workflows.model import Text
from workflows.values import snapshot_from_json

__all__ = [
    "MOST_COUNTED",
    "WEEK",
    "Band",
    "CaseFilter",
    "CaseLine",
    "Caseload",
    "Sort",
    "band_of",
    "caseload",
    "quiet_now",
]

NOBODY = 0  # as a coordinator or a handler: the cases that have none
MOST_CHOSEN = 100


class Sort(StrEnum):
    """In which order cases are listed."""

    URGENCY = "urgency"
    REFERENCE = "ref"
    OPENED = "opened"  # the newest first


_PAGES = {Sort.URGENCY: by_urgency, Sort.REFERENCE: by_reference, Sort.OPENED: by_opening}


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are wanted; None does not filter.

    Attributes:
        unit: a unit's code.
        coordinator, handler: a member of staff; 0 for cases that have none.
        programme, state: names of the definition.
        band: how urgent.
        search: what the reference begins with. Closed cases are left out unless a state or a reference is asked for.
        kind: a kind of deadline that is open; then each case stands with that deadline.
        refs: these cases only.
    """

    unit: str | None = None
    coordinator: int | None = None
    programme: str | None = None
    state: str | None = None
    band: Band | None = None
    search: str | None = None
    handler: int | None = None
    kind: str | None = None
    refs: tuple[str, ...] | None = None


ALL_CASES = CaseFilter()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list. `days` counts from today in Stockholm to the date; below zero it is overdue."""

    ref: str
    programme: str
    version: str
    state: str
    state_title: Text
    unit: str
    coordinator: str | None
    deadline: str | None
    deadline_title: Text | None
    due_on: date | None
    days: int | None
    band: Band
    quiet: str | None
    quiet_until: date | None
    paused: bool
    seq: int = 0
    entry_seq: int = 0


@dataclass(frozen=True, slots=True)
class Caseload:
    """A page of cases, and how many there are: `counts` by band whatever band was asked for, `total` of the list.

    A band is counted to `MOST_COUNTED`; one of more cases is among `over`, and one that would have taken too long to
    count among `uncounted`.
    """

    lines: tuple[CaseLine, ...]
    counts: Mapping[Band, int]
    total: int
    next_cursor: str | None
    over: frozenset[Band] = frozenset()
    uncounted: frozenset[Band] = frozenset()


def caseload(
    engine: Engine,
    actor: Actor,
    now: datetime,
    filters: CaseFilter = ALL_CASES,
    limit: int = 50,
    cursor: str | None = None,
    sort: Sort = Sort.URGENCY,
) -> Caseload:
    """Return the cases an actor may see, the most urgent first unless `sort` says otherwise.

    Raises:
        CursorError: the cursor is none of this list.
    """
    today = local_date(now)
    wanted = and_(or_(visible_cases(actor), _handled(actor, filters)), *_conditions(filters))
    query = Query(wanted, filters.band, filters.kind, today)
    more = [case.c.snapshot] if HANDLER in actor.roles else []
    if _is_stranger(actor):
        sort = Sort.REFERENCE  # the order by urgency would tell of deadlines that are none of hers
    with engine.database.read() as connection:
        query = sized(connection, query)
        counted = counts(connection, query)
        rows = _PAGES[sort](connection, query, limit + 1, cursor, more)
        shelf = Shelf(engine, connection, now)
        lines = tuple(_shown(shelf, row, actor, now) for row in rows[:limit])
    following = cursor_of(rows[limit - 1], sort) if len(rows) > limit else None
    found = {band: min(number or 0, MOST_COUNTED) for band, number in counted.items()}
    if _is_stranger(actor):
        found = dict.fromkeys(Band, 0) | {Band.NONE: sum(found.values())}  # and so would the counts
    return Caseload(
        lines,
        found,
        found[filters.band] if filters.band else sum(found.values()),
        following,
        over=frozenset(band for band, number in counted.items() if (number or 0) > MOST_COUNTED),
        uncounted=frozenset(band for band, number in counted.items() if number is None),
    )


def chosen_lines(engine: Engine, actor: Actor, now: datetime, refs: Sequence[str]) -> tuple[CaseLine, ...]:
    """Return the lines of cases chosen by reference, by reference; those the actor may not see are left out."""
    filters = CaseFilter(refs=tuple(refs[:MOST_CHOSEN]))
    wanted = and_(visible_cases(actor), *_conditions(filters))
    with engine.database.read() as connection:
        rows = by_reference(connection, Query(wanted, None, None, local_date(now)), MOST_CHOSEN, None)
        shelf = Shelf(engine, connection, now)
        return tuple(_line(shelf, row, local_date(now)) for row in rows)


def _conditions(filters: CaseFilter) -> list[ColumnElement[bool]]:
    found = []
    if filters.unit is not None:
        found.append(case.c.unit_id == select(unit.c.id).where(unit.c.code == filters.unit).scalar_subquery())
    if filters.coordinator is not None:
        found.append(_whose(case.c.coordinator_id, filters.coordinator))
    if filters.handler is not None:
        found.append(_whose(case.c.handler_id, filters.handler))
    if filters.programme is not None:
        found.append(case.c.programme == filters.programme)
    if filters.state is not None:
        found.append(case.c.state == filters.state)
    if filters.search:
        found.append(case.c.id.in_(_beginning_with(filters.search)))
    if filters.refs is not None:
        found.append(case.c.ref.in_(filters.refs))
    if filters.state is None and not filters.search and filters.refs is None:
        found.append(case.c.closed_at.is_(None))
    return found


def _whose(column: ColumnElement[Any], staff_id: int) -> ColumnElement[bool]:
    return column.is_(None) if staff_id == NOBODY else column == staff_id


def _beginning_with(search: str) -> Select[Any]:
    named = aliased(case)
    begins = named.c.ref.startswith(search.strip().upper(), autoescape=True)
    return select(named.c.id).where(begins).offset(0)  # OFFSET 0 keeps both databases from testing each row in turn


def _handled(actor: Actor, filters: CaseFilter) -> ColumnElement[bool]:
    """Return which cases of a handler are in the list: what she may not see of them cannot be asked for either."""
    asked = (filters.unit, filters.coordinator, filters.band, filters.kind)
    return handled_cases(actor) if all(one is None for one in asked) else false()


def _is_stranger(actor: Actor) -> bool:
    """Say whether an actor sees no case whole: her list is one of references and states, by reference."""
    return not actor.roles & ALLOWED[Action.SEE_WHOLE]


def _shown(shelf: Shelf, row: Row[Any], actor: Actor, now: datetime) -> CaseLine:
    """Return a case's line as this reader may see it: a handler sees its reference, its state and her own deadlines."""
    line = _line(shelf, row, local_date(now))
    if not is_disclosed_to(actor, CaseFacts(row.unit_id, row.coordinator_id, row.handler_id)):
        return line
    snapshot = snapshot_from_json(row.state, row.seq, row.entry_seq, row.snapshot)
    hers = own_deadlines(shelf.definition(row.programme, row.version), snapshot, now)
    line = replace(line, unit="", coordinator=None, quiet=None, quiet_until=None)
    if line.deadline in hers:
        return line
    return replace(line, deadline=None, deadline_title=None, due_on=None, days=None, band=Band.NONE, paused=False)


def _line(shelf: Shelf, row: Row[Any], today: date) -> CaseLine:
    definition = shelf.definition(row.programme, row.version)
    quiet, until = quiet_now(row.quiet, today)
    return CaseLine(
        ref=row.ref,
        programme=row.programme,
        version=row.version,
        state=row.state,
        state_title=state_title(definition, row.state),
        unit=row.unit,
        coordinator=row.coordinator,
        deadline=row.kind,
        deadline_title=deadline_title(definition, row.kind) if row.kind else None,
        due_on=row.due_on,
        days=(row.due_on - today).days if row.due_on else None,
        band=band_of(row.due_on, bool(row.paused), today),
        quiet=quiet,
        quiet_until=until,
        paused=bool(row.paused),
        seq=row.seq,
        entry_seq=row.entry_seq,
    )
