"""The caseload: one line per case with its most urgent open deadline. SQL filters, counts, sorts and pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, func, literal, or_, select
from sqlalchemy import case as either
from sqlalchemy.orm import aliased

from access.actors import Actor
from engine.inspecting_pages import CursorError, read_cursor, write_cursor
from engine.inspecting_shelf import Shelf, deadline_title, state_title
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from storage.deadlines import OPEN
from storage.tables import case, deadline, staff, unit
from workflows.dates import local_date
from workflows.model import Text

WEEK = timedelta(days=7)


class Band(StrEnum):
    """How urgent a case is, by its most urgent open deadline that is not paused."""

    OVERDUE = "overdue"
    WEEK = "week"  # due today or within seven days
    LATER = "later"
    PAUSED = "paused"  # all that is open stands still
    NONE = "none"  # nothing is open


DATED = (Band.OVERDUE, Band.WEEK, Band.LATER)


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are wanted; None does not filter.

    Attributes:
        unit: a unit's code.
        coordinator: a member of staff.
        programme, state: names of the definition.
        band: how urgent.
        search: what the reference begins with. Closed cases are left out unless a state or a reference is asked for.
    """

    unit: str | None = None
    coordinator: int | None = None
    programme: str | None = None
    state: str | None = None
    band: Band | None = None
    search: str | None = None


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


@dataclass(frozen=True, slots=True)
class Caseload:
    """A page of cases, and how many there are: `counts` by band whatever band was asked for, `total` of the list."""

    lines: tuple[CaseLine, ...]
    counts: Mapping[Band, int]
    total: int
    next_cursor: str | None


def caseload(
    engine: Engine,
    actor: Actor,
    now: datetime,
    filters: CaseFilter = ALL_CASES,
    limit: int = 50,
    cursor: str | None = None,
) -> Caseload:
    """Return the cases an actor may see, the most urgent first.

    Raises:
        CursorError: the cursor is none of this list.
    """
    today = local_date(now)
    wanted = and_(visible_cases(actor), *_conditions(filters))
    with engine.database.read() as connection:
        counts = _counts(connection, wanted, today)
        rows = _page(connection, wanted, filters.band, today, limit + 1, cursor)
        shelf = Shelf(engine, connection, now)
        lines = tuple(_line(shelf, row, today) for row in rows[:limit])
    following = _cursor_of(rows[limit - 1]) if len(rows) > limit else None
    total = counts[filters.band] if filters.band else sum(counts.values())
    return Caseload(lines, counts, total, following)


def _conditions(filters: CaseFilter) -> list[ColumnElement[bool]]:
    found = []
    if filters.unit is not None:
        found.append(case.c.unit_id == select(unit.c.id).where(unit.c.code == filters.unit).scalar_subquery())
    if filters.coordinator is not None:
        found.append(case.c.coordinator_id == filters.coordinator)
    if filters.programme is not None:
        found.append(case.c.programme == filters.programme)
    if filters.state is not None:
        found.append(case.c.state == filters.state)
    if filters.search:
        found.append(case.c.id.in_(_beginning_with(filters.search)))
    if filters.state is None and not filters.search:
        found.append(case.c.closed_at.is_(None))
    return found


def _beginning_with(search: str) -> Select[Any]:
    named = aliased(case)
    begins = named.c.ref.startswith(search.strip().upper(), autoescape=True)
    return select(named.c.id).where(begins).offset(0)  # OFFSET 0 keeps both databases from testing each row in turn


def _urgent() -> FromClause:
    """Return cases joined to their most urgent open deadline."""
    other = aliased(deadline)
    first = (
        select(other.c.id)
        .where(other.c.case_id == case.c.id, other.c.status == OPEN)
        .order_by(other.c.paused, other.c.due_on, other.c.id)
        .limit(1)
        .correlate(case)
        .scalar_subquery()
    )
    return case.outerjoin(deadline, deadline.c.id == first)


def _band(today: date) -> ColumnElement[str]:
    return either(
        (deadline.c.id.is_(None), literal(Band.NONE.value)),
        (deadline.c.paused, literal(Band.PAUSED.value)),
        (deadline.c.due_on < today, literal(Band.OVERDUE.value)),
        (deadline.c.due_on <= today + WEEK, literal(Band.WEEK.value)),
        else_=literal(Band.LATER.value),
    )


def _counts(connection: Connection, wanted: ColumnElement[bool], today: date) -> dict[Band, int]:
    bands = select(_band(today).label("band")).select_from(_urgent()).where(wanted).subquery()
    found = connection.execute(select(bands.c.band, func.count()).group_by(bands.c.band))
    return dict.fromkeys(Band, 0) | {Band(band): count for band, count in found}


def _page(
    connection: Connection,
    wanted: ColumnElement[bool],
    band: Band | None,
    today: date,
    limit: int,
    cursor: str | None,
) -> Sequence[Row[Any]]:
    """Return what is watched by date, then what stands still and what has nothing open by reference.

    Two statements, because the first can walk the index of open deadlines in order and stop, whatever their number.
    """
    still, day, ref = _place(cursor)
    rows: list[Row[Any]] = []
    if band in (None, *DATED) and not still:
        rows += connection.execute(_watched(wanted, band, today).where(_after(day, ref)).limit(limit))
    if band not in DATED and len(rows) < limit:
        after = ref if still else ""
        rows += connection.execute(_standing_still(wanted, band, after).limit(limit - len(rows)))
    return rows


def _columns() -> list[ColumnElement[Any]]:
    return [
        case.c.ref,
        case.c.programme,
        case.c.version,
        case.c.state,
        unit.c.title.label("unit"),
        staff.c.name.label("coordinator"),
        deadline.c.kind,
        deadline.c.due_on,
        deadline.c.paused,
        deadline.c.quiet,
    ]


def _with_names(cases: FromClause) -> FromClause:
    return cases.join(unit, unit.c.id == case.c.unit_id).outerjoin(staff, staff.c.id == case.c.coordinator_id)


def _watched(wanted: ColumnElement[bool], band: Band | None, today: date) -> Select[Any]:
    other = aliased(deadline)
    sooner = or_(
        other.c.due_on < deadline.c.due_on, and_(other.c.due_on == deadline.c.due_on, other.c.id < deadline.c.id)
    )
    more_urgent = select(other.c.id).where(other.c.case_id == deadline.c.case_id, _runs(other), sooner)
    query = (
        select(*_columns())
        .select_from(_with_names(deadline.join(case, case.c.id == deadline.c.case_id)))
        .where(wanted, _runs(deadline), ~more_urgent.exists())
        .order_by(deadline.c.due_on, case.c.ref)
    )
    return query if band is None else query.where(_dated(band, today))


def _runs(table: FromClause) -> ColumnElement[bool]:
    return and_(table.c.status == OPEN, table.c.paused.is_(False))


def _dated(band: Band, today: date) -> ColumnElement[bool]:
    if band is Band.OVERDUE:
        return deadline.c.due_on < today
    if band is Band.WEEK:
        return deadline.c.due_on.between(today, today + WEEK)
    return deadline.c.due_on > today + WEEK


def _standing_still(wanted: ColumnElement[bool], band: Band | None, after: str) -> Select[Any]:
    running = select(deadline.c.id).where(deadline.c.case_id == case.c.id, _runs(deadline)).correlate(case)
    query = (
        select(*_columns())
        .select_from(_with_names(_urgent()))
        .where(wanted, ~running.exists(), case.c.ref > after)
        .order_by(case.c.ref)
    )
    if band is None:
        return query
    return query.where(deadline.c.id.is_not(None) if band is Band.PAUSED else deadline.c.id.is_(None))


def _after(day: date, ref: str) -> ColumnElement[bool]:
    return or_(deadline.c.due_on > day, and_(deadline.c.due_on == day, case.c.ref > ref))


def _place(cursor: str | None) -> tuple[bool, date, str]:
    """Return whether the page begins among what stands still, else the date, and the reference after which it does."""
    if cursor is None:
        return False, date.min, ""
    day, ref = read_cursor(cursor, int, str)
    if not 0 <= int(day) <= date.max.toordinal():
        raise CursorError
    return int(day) == 0, date.fromordinal(max(1, int(day))), str(ref)


def _cursor_of(row: Row[Any]) -> str:
    runs = row.due_on is not None and not row.paused
    return write_cursor([row.due_on.toordinal() if runs else 0, row.ref])


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
    )


def band_of(due_on: date | None, paused: bool, today: date) -> Band:
    """Return how urgent an open deadline is; None means that there is none."""
    if due_on is None:
        return Band.NONE
    if paused:
        return Band.PAUSED
    if due_on < today:
        return Band.OVERDUE
    return Band.WEEK if due_on <= today + WEEK else Band.LATER


def quiet_now(stored: Sequence[Any] | None, today: date) -> tuple[str | None, date | None]:
    """Return the kind and end of a quiet that still lasts, as stored in `deadline.quiet`."""
    if not stored or date.fromisoformat(stored[1]) <= today:
        return None, None
    return stored[0], date.fromisoformat(stored[1])
