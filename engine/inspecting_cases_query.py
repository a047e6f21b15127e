"""The SQL of the caseload: bounded counts, and pages that walk an index and stop, whatever the number of cases.

A count reads at most `MOST_COUNTED` cases of a band, so that a house of a million answers as quickly as one of a
hundred: beyond that a page says "more than".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from engine.inspecting_pages import CursorError, read_cursor, write_cursor
from engine.urgency import DATED, WEEK, Band
from storage.deadlines import OPEN
from storage.tables import case, deadline, staff, unit

MOST_COUNTED = 1000
MOST_LOOKED_THROUGH = 5000  # cases, for the count of those on which nothing is watched


@dataclass(frozen=True, slots=True)
class Query:
    """Which cases are wanted, and how urgent: `wanted` is a condition on the table `case`, `kind` a deadline's."""

    wanted: ColumnElement[bool]
    band: Band | None
    kind: str | None
    today: date


def counts(connection: Connection, query: Query) -> dict[Band, int | None]:
    """Return how many cases each band has, at most one more than `MOST_COUNTED`, in one statement.

    That nothing is watched is only counted where so few cases are wanted that all can be looked through; else None.
    """
    dated = [_bounded(_watched(query, band).with_only_columns(literal(1)).order_by(None)).label(band) for band in DATED]
    paused = _bounded(_paused(query)).label(Band.PAUSED)
    looked = _of_cases(query).with_only_columns(case.c.id).order_by(None).limit(MOST_LOOKED_THROUGH + 1).subquery()
    other = aliased(deadline)
    watched = select(other.c.id).where(other.c.case_id == looked.c.id, other.c.status == OPEN).exists()
    in_all = select(func.count()).select_from(looked).scalar_subquery().label("in_all")
    nothing = select(func.count()).select_from(looked).where(~watched).scalar_subquery().label(Band.NONE)
    row = connection.execute(select(*dated, paused, in_all, nothing)).one()._mapping
    found: dict[Band, int | None] = {band: int(row[band]) for band in (*DATED, Band.PAUSED)}
    unknown = query.kind is None and row["in_all"] > MOST_LOOKED_THROUGH
    return found | {Band.NONE: None if unknown else 0 if query.kind else int(row[Band.NONE])}


def _bounded(query: Select[Any]) -> Any:
    return select(func.count()).select_from(query.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


def _of_cases(query: Query) -> Select[Any]:
    return select(*_columns()).select_from(_with_names(case)).where(query.wanted)


def _columns() -> list[ColumnElement[Any]]:
    return [
        case.c.id,
        case.c.ref,
        case.c.programme,
        case.c.version,
        case.c.state,
        case.c.seq,
        case.c.entry_seq,
        case.c.unit_id,
        case.c.coordinator_id,
        case.c.handler_id,
        case.c.opened_at,
        unit.c.title.label("unit"),
        staff.c.name.label("coordinator"),
    ]


def _deadline_columns() -> list[ColumnElement[Any]]:
    return [deadline.c.kind, deadline.c.due_on, deadline.c.paused, deadline.c.quiet]


def _with_names(cases: FromClause) -> FromClause:
    return cases.join(unit, unit.c.id == case.c.unit_id).outerjoin(staff, staff.c.id == case.c.coordinator_id)


def by_urgency(
    connection: Connection, query: Query, limit: int, cursor: str | None, more: Sequence[ColumnElement[Any]] = ()
) -> Sequence[Row[Any]]:
    """Return what is watched by date, then what stands still and what has nothing open by reference.

    Two statements, because the first can walk the index of open deadlines in order and stop, whatever their number.
    `more` names further columns. Raises `CursorError`.
    """
    still, day, ref = _place(cursor)
    rows: list[Row[Any]] = []
    if query.band in (None, *DATED) and not still:
        watched = _watched(query, query.band).add_columns(*more).where(_after(day, ref))
        rows += connection.execute(watched.limit(limit))
    if query.band not in DATED and len(rows) < limit:
        standing = _standing_still(query, ref if still else "").add_columns(*more)
        rows += connection.execute(standing.limit(limit - len(rows)))
    return rows


def by_reference(
    connection: Connection, query: Query, limit: int, cursor: str | None, more: Sequence[ColumnElement[Any]] = ()
) -> Sequence[Row[Any]]:
    """Return the cases by reference, each with its most urgent open deadline; raises `CursorError`."""
    after = str(read_cursor(cursor, str)[0]) if cursor else ""
    found = _banded(query).add_columns(*more).where(case.c.ref > after).order_by(case.c.ref)
    return connection.execute(found.limit(limit)).all()


def by_opening(
    connection: Connection, query: Query, limit: int, cursor: str | None, more: Sequence[ColumnElement[Any]] = ()
) -> Sequence[Row[Any]]:
    """Return the cases by when they were opened, the newest first; raises `CursorError`."""
    found = _banded(query).add_columns(*more).order_by(case.c.id.desc())
    if cursor:
        found = found.where(case.c.id < int(read_cursor(cursor, int)[0]))
    return connection.execute(found.limit(limit)).all()


def cursor_of(row: Row[Any], sort: str) -> str:
    """Return where the page after a row begins."""
    if sort == "ref":
        return write_cursor([row.ref])
    if sort == "opened":
        return write_cursor([row.id])
    runs = row.due_on is not None and not row.paused
    return write_cursor([row.due_on.toordinal() if runs else 0, row.ref])


def _urgent(kind: str | None) -> FromClause:
    """Return cases joined to their most urgent open deadline."""
    other = aliased(deadline)
    first = (
        select(other.c.id)
        .where(other.c.case_id == case.c.id, other.c.status == OPEN, *_of_kind(other, kind))
        .order_by(other.c.paused, other.c.due_on, other.c.id)
        .limit(1)
        .correlate(case)
        .scalar_subquery()
    )
    return case.outerjoin(deadline, deadline.c.id == first)


def _banded(query: Query) -> Select[Any]:
    """Return the cases of a band with their most urgent open deadline, in no order yet."""
    source = _with_names(_urgent(query.kind))
    found = select(*_columns(), *_deadline_columns()).select_from(source).where(query.wanted)
    if query.kind is not None:
        found = found.where(deadline.c.id.is_not(None))
    if query.band in DATED:
        return found.where(deadline.c.paused.is_(False), _dated(query.band, query.today))
    if query.band is Band.PAUSED:
        return found.where(deadline.c.paused.is_(True))
    return found.where(deadline.c.id.is_(None)) if query.band is Band.NONE else found


def _watched(query: Query, band: Band | None) -> Select[Any]:
    other = aliased(deadline)
    sooner = or_(
        other.c.due_on < deadline.c.due_on, and_(other.c.due_on == deadline.c.due_on, other.c.id < deadline.c.id)
    )
    more_urgent = select(other.c.id).where(other.c.case_id == deadline.c.case_id, _runs(other, query.kind), sooner)
    found = (
        select(*_columns(), *_deadline_columns())
        .select_from(_with_names(deadline.join(case, case.c.id == deadline.c.case_id)))
        .where(query.wanted, _runs(deadline, query.kind), ~more_urgent.exists())
        .order_by(deadline.c.due_on, case.c.ref)
    )
    return found if band is None else found.where(_dated(band, query.today))


def _runs(table: FromClause, kind: str | None) -> ColumnElement[bool]:
    return and_(table.c.status == OPEN, table.c.paused.is_(False), *_of_kind(table, kind))


def _of_kind(table: FromClause, kind: str | None) -> list[ColumnElement[bool]]:
    return [table.c.kind == kind] if kind is not None else []


def _dated(band: Band, today: date) -> ColumnElement[bool]:
    if band is Band.OVERDUE:
        return deadline.c.due_on < today
    if band is Band.WEEK:
        return deadline.c.due_on.between(today, today + WEEK)
    return deadline.c.due_on > today + WEEK


def _paused(query: Query) -> Select[Any]:
    """Return the cases of which all that is open stands still, each once."""
    other, first = aliased(deadline), aliased(deadline)
    runs = select(other.c.id).where(other.c.case_id == deadline.c.case_id, _runs(other, query.kind))
    earlier = select(first.c.id).where(
        first.c.case_id == deadline.c.case_id, first.c.id < deadline.c.id, *_stands_still(first, query.kind)
    )
    return (
        select(literal(1))
        .select_from(deadline.join(case, case.c.id == deadline.c.case_id))
        .where(query.wanted, *_stands_still(deadline, query.kind), ~runs.exists(), ~earlier.exists())
    )


def _stands_still(table: FromClause, kind: str | None) -> list[ColumnElement[bool]]:
    return [table.c.status == OPEN, table.c.paused.is_(True), *_of_kind(table, kind)]


def _standing_still(query: Query, after: str) -> Select[Any]:
    running = select(deadline.c.id).where(deadline.c.case_id == case.c.id, _runs(deadline, query.kind)).correlate(case)
    found = (
        select(*_columns(), *_deadline_columns())
        .select_from(_with_names(_urgent(query.kind)))
        .where(query.wanted, ~running.exists(), case.c.ref > after)
        .order_by(case.c.ref)
    )
    if query.kind is not None or query.band is Band.PAUSED:
        return found.where(deadline.c.id.is_not(None))
    return found if query.band is None else found.where(deadline.c.id.is_(None))


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
