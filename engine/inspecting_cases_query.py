"""The SQL of the caseload: bounded counts, and pages that read no more than they have to, however many cases there are.

Where few cases are wanted (a coordinator's, a unit's) all are looked through, by the index of their deadlines. Where
many are, the index of open deadlines is walked by date and left early: a count stops at `MOST_COUNTED`, or says that it
does not know. Which of both is asked first, in a statement of its own, so that no plan reads the whole table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, func, literal, or_, select
from sqlalchemy import case as either
from sqlalchemy.orm import aliased

from engine.inspecting_pages import CursorError, read_cursor, write_cursor
from engine.urgency import DATED, WEEK, Band
from storage.deadlines import OPEN
from storage.tables import case, deadline, staff, unit

MOST_COUNTED = 1000
MOST_LOOKED_THROUGH = 5000  # cases
MOST_WALKED = 3000  # open deadlines of a band


@dataclass(frozen=True, slots=True)
class Query:
    """Which cases are wanted, and how urgent: `wanted` is a condition on the table `case`, `kind` a deadline's.

    `is_small` says that there are at most `MOST_LOOKED_THROUGH` of them.
    """

    wanted: ColumnElement[bool]
    band: Band | None
    kind: str | None
    today: date
    is_small: bool = True


def sized(connection: Connection, query: Query) -> Query:
    """Return the query with its size known."""
    number = connection.execute(select(func.count()).select_from(looked(query.wanted))).scalar_one()
    return replace(query, is_small=number <= MOST_LOOKED_THROUGH)


def looked(wanted: ColumnElement[bool]) -> Any:
    """Return the ids of the cases wanted, as far as they are looked through; a LIMIT that no planner reads past."""
    return select(case.c.id).where(wanted).limit(MOST_LOOKED_THROUGH + 1).subquery("looked")


def counts(connection: Connection, query: Query) -> dict[Band, int | None]:
    """Return how many cases each band has, in one statement; None where that would take too long to say."""
    return _counted_all(connection, query) if query.is_small else _counted_some(connection, query)


def _counted_all(connection: Connection, query: Query) -> dict[Band, int | None]:
    """Look through all cases wanted, each with its open deadlines."""
    wanted = looked(query.wanted)
    open_here = and_(deadline.c.case_id == wanted.c.id, deadline.c.status == OPEN, *_of_kind(deadline, query.kind))
    first = func.min(either((deadline.c.paused.is_(False), deadline.c.due_on))).label("first")
    each = (
        select(wanted.c.id, first, func.count(deadline.c.id).label("open"))
        .select_from(wanted.outerjoin(deadline, open_here))
        .group_by(wanted.c.id)
        .subquery()
    )
    today, still = query.today, each.c.first.is_(None)
    bands: dict[Band, ColumnElement[bool]] = {
        Band.OVERDUE: each.c.first < today,
        Band.WEEK: each.c.first.between(today, today + WEEK),
        Band.LATER: each.c.first > today + WEEK,
        Band.PAUSED: and_(still, each.c.open > 0),
        Band.NONE: and_(still, each.c.open == 0),
    }
    sums = [func.coalesce(func.sum(either((where, 1), else_=0)), 0).label(band) for band, where in bands.items()]
    row = connection.execute(select(*sums)).one()._mapping
    found: dict[Band, int | None] = {band: int(row[band]) for band in bands}
    return found if query.kind is None else found | {Band.NONE: 0}


def _counted_some(connection: Connection, query: Query) -> dict[Band, int | None]:
    """Walk the most urgent deadlines of each band, and stop."""
    asked = [column for band in (*DATED, Band.PAUSED) for column in _walked(query, band)]
    row = connection.execute(select(*asked)).one()._mapping
    found: dict[Band, int | None] = {Band.NONE: 0 if query.kind is not None else None}
    for band in (*DATED, Band.PAUSED):
        number, walked = int(row[band]), int(row[f"{band}_walked"])
        knows = number > MOST_COUNTED or walked < MOST_WALKED
        found[band] = number if knows else None
    return found


def _walked(query: Query, band: Band) -> tuple[Any, Any]:
    """Return how many cases of a band are among the deadlines walked, and how many deadlines those are."""
    near = _stands_still(deadline, query.kind) if band is Band.PAUSED else _near(query, band)
    columns = (deadline.c.id, deadline.c.case_id)
    window = select(*columns).where(*near).order_by(deadline.c.due_on, deadline.c.case_id).limit(MOST_WALKED).subquery()
    first = _first_of(window.c.case_id, query.kind)
    hits = select(literal(1)).select_from(window.join(case, case.c.id == window.c.case_id))
    hits = hits.where(query.wanted, window.c.id == first).limit(MOST_COUNTED + 1)
    number = select(func.count()).select_from(hits.subquery()).scalar_subquery().label(band)
    return number, select(func.count()).select_from(window).scalar_subquery().label(f"{band}_walked")


def _near(query: Query, band: Band) -> list[ColumnElement[bool]]:
    return [_runs(deadline, query.kind), _dated(band, query.today)]


def _first_of(case_id: ColumnElement[int], kind: str | None) -> Any:
    """Return the id of a case's most urgent open deadline: asked case by case, by the index of its deadlines."""
    other = aliased(deadline)
    return (
        select(other.c.id)
        .where(other.c.case_id == case_id, other.c.status == OPEN, *_of_kind(other, kind))
        .order_by(other.c.paused, other.c.due_on, other.c.id)
        .limit(1)
        .correlate_except(other)
        .scalar_subquery()
    )


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
        # Looked up for the rows of the page alone, not joined to all that were sorted.
        select(unit.c.title).where(unit.c.id == case.c.unit_id).scalar_subquery().label("unit"),
        select(staff.c.name).where(staff.c.id == case.c.coordinator_id).scalar_subquery().label("coordinator"),
    ]


def _deadline_columns() -> list[ColumnElement[Any]]:
    return [deadline.c.kind, deadline.c.due_on, deadline.c.paused, deadline.c.quiet]


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
        watched = _watched(query).add_columns(*more).where(_after(day, ref))
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


def _urgent(query: Query) -> FromClause:
    """Return cases joined to their most urgent open deadline."""
    source: FromClause = case
    if query.is_small:
        wanted = looked(query.wanted)
        source = wanted.join(case, case.c.id == wanted.c.id)
    return source.outerjoin(deadline, deadline.c.id == _first_of(case.c.id, query.kind))


def _banded(query: Query) -> Select[Any]:
    """Return the cases of a band with their most urgent open deadline, in no order yet."""
    source = _urgent(query)
    found = select(*_columns(), *_deadline_columns()).select_from(source).where(query.wanted)
    if query.kind is not None:
        found = found.where(deadline.c.id.is_not(None))
    if query.band in DATED:
        return found.where(deadline.c.paused.is_(False), _dated(query.band, query.today))
    if query.band is Band.PAUSED:
        return found.where(deadline.c.paused.is_(True))
    return found.where(deadline.c.id.is_(None)) if query.band is Band.NONE else found


def _watched(query: Query) -> Select[Any]:
    """Return the cases that are watched by date, each with its most urgent deadline, the most urgent first."""
    near = [_runs(deadline, query.kind)]
    if query.band is not None:
        near.append(_dated(query.band, query.today))
    source: FromClause = deadline.join(case, case.c.id == deadline.c.case_id)
    if query.is_small:
        wanted = looked(query.wanted)
        source = wanted.join(deadline, deadline.c.case_id == wanted.c.id).join(case, case.c.id == wanted.c.id)
    return (
        select(*_columns(), *_deadline_columns())
        .select_from(source)
        .where(query.wanted, *near, deadline.c.id == _first_of(deadline.c.case_id, query.kind))
        .order_by(deadline.c.due_on, case.c.ref)
    )


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


def _stands_still(table: FromClause, kind: str | None) -> list[ColumnElement[bool]]:
    return [table.c.status == OPEN, table.c.paused.is_(True), *_of_kind(table, kind)]


def _standing_still(query: Query, after: str) -> Select[Any]:
    """Return the cases of which nothing runs, by reference: the most urgent open deadline is paused, or is none."""
    still = or_(deadline.c.id.is_(None), deadline.c.paused.is_(True))
    found = (
        select(*_columns(), *_deadline_columns())
        .select_from(_urgent(query))
        .where(query.wanted, still, case.c.ref > after)
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
