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
from engine.inspecting_pages import read_cursor, write_cursor
from engine.inspecting_shelf import Shelf, deadline_title, state_title
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from storage.deadlines import OPEN
from storage.tables import case, deadline, staff, unit
from workflows.dates import local_date
from workflows.model import Text

WEEK = timedelta(days=7)
LAST_DAY = date(9999, 12, 31)  # stands for "no date" where dates are compared


class Band(StrEnum):
    """How urgent a case is, by its most urgent open deadline that is not paused."""

    OVERDUE = "overdue"
    WEEK = "week"  # due today or within seven days
    LATER = "later"
    PAUSED = "paused"  # all that is open stands still
    NONE = "none"  # nothing is open


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
        found.append(case.c.ref.startswith(filters.search.strip().upper(), autoescape=True))
    if filters.state is None and not filters.search:
        found.append(case.c.closed_at.is_(None))
    return found


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


def _rank() -> ColumnElement[int]:
    """What is watched comes before what stands still, and that before what has nothing open."""
    return either((deadline.c.id.is_(None), 2), (deadline.c.paused, 1), else_=0)


def _page(
    connection: Connection,
    wanted: ColumnElement[bool],
    band: Band | None,
    today: date,
    limit: int,
    cursor: str | None,
) -> Sequence[Row[Any]]:
    due = func.coalesce(deadline.c.due_on, LAST_DAY)
    query: Select[Any] = (
        select(
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
            _rank().label("rank"),
        )
        .select_from(
            _urgent().join(unit, unit.c.id == case.c.unit_id).outerjoin(staff, staff.c.id == case.c.coordinator_id)
        )
        .where(wanted)
        .order_by(_rank(), due, case.c.ref)
        .limit(limit)
    )
    if band is not None:
        query = query.where(_band(today) == band.value)
    if cursor is not None:
        query = query.where(_after(cursor))
    return connection.execute(query).all()


def _after(cursor: str) -> ColumnElement[bool]:
    rank, day, ref = read_cursor(cursor, int, int, str)
    due = func.coalesce(deadline.c.due_on, LAST_DAY)
    last = date.fromordinal(max(1, min(int(day), LAST_DAY.toordinal())))
    later = or_(due > last, and_(due == last, case.c.ref > ref))
    return or_(_rank() > rank, and_(_rank() == rank, later))


def _cursor_of(row: Row[Any]) -> str:
    return write_cursor([row.rank, (row.due_on or LAST_DAY).toordinal(), row.ref])


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
