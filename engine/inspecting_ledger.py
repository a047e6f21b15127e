"""What became of every rung, for whoever may see its case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, func, or_, select

from access.actors import Actor
from engine.inspecting_pages import CursorError, read_cursor, write_cursor
from engine.inspecting_shelf import Shelf, deadline_title
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from storage.tables import case, deadline, ledger, staff
from workflows.dates import at_local
from workflows.ladders import Outcome
from workflows.model import Text

MIDNIGHT = time()
CASES = deadline.join(case, case.c.id == deadline.c.case_id)


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which entries are wanted; None does not filter. `since` and `until` are days in Stockholm, both included."""

    outcome: str | None = None
    reason: str | None = None
    ref: str | None = None
    since: date | None = None
    until: date | None = None


EVERYTHING = LedgerFilter()


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What became of one rung for one slot. Instants are UTC."""

    ref: str
    deadline: str
    deadline_title: Text
    due_on: date
    rung: str
    slot: str
    outcome: str
    reason: str | None
    late: bool
    decided_at: datetime
    settled_at: datetime | None
    staff: str | None
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A page of the ledger; `counts` by outcome, whatever outcome was asked for."""

    lines: tuple[LedgerLine, ...]
    counts: Mapping[str, int]
    next_cursor: str | None


def ledger_lines(
    engine: Engine,
    actor: Actor,
    now: datetime,
    filters: LedgerFilter = EVERYTHING,
    limit: int = 100,
    cursor: str | None = None,
) -> Ledger:
    """Return the ledger of the cases an actor may see, the newest entries first.

    Raises:
        CursorError: the cursor is none of this list.
    """
    wanted = and_(visible_cases(actor), *_conditions(filters))
    with engine.database.read() as connection:
        counts = _counts(connection, wanted)
        rows = _ledger_page(connection, wanted, filters.outcome, limit + 1, cursor)
        shelf = Shelf(engine, connection, now)
        lines = tuple(_ledger_line(shelf, row) for row in rows[:limit])
    return Ledger(lines, counts, _cursor_of(rows[limit - 1]) if len(rows) > limit else None)


def _joined() -> FromClause:
    return ledger.join(CASES, deadline.c.id == ledger.c.deadline_id)


def _conditions(filters: LedgerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.reason is not None:
        found.append(ledger.c.reason == filters.reason)
    if filters.ref is not None:
        found.append(case.c.ref == filters.ref.strip().upper())
    if filters.since is not None:
        found.append(ledger.c.decided_at >= at_local(filters.since, MIDNIGHT))
    if filters.until is not None:
        found.append(ledger.c.decided_at < at_local(filters.until + timedelta(days=1), MIDNIGHT))
    return found


def _counts(connection: Connection, wanted: ColumnElement[bool]) -> dict[str, int]:
    query = select(ledger.c.outcome, func.count()).select_from(_joined()).where(wanted).group_by(ledger.c.outcome)
    return dict.fromkeys((outcome.value for outcome in Outcome), 0) | dict(connection.execute(query).all())


def _ledger_page(
    connection: Connection, wanted: ColumnElement[bool], outcome: str | None, limit: int, cursor: str | None
) -> Sequence[Row[Any]]:
    query: Select[Any] = (
        select(
            ledger,
            case.c.ref,
            case.c.programme,
            case.c.version,
            deadline.c.kind,
            deadline.c.due_on,
            staff.c.name.label("staff"),
        )
        .select_from(_joined().outerjoin(staff, staff.c.id == ledger.c.staff_id))
        .where(wanted)
        .order_by(ledger.c.decided_at.desc(), ledger.c.deadline_id, ledger.c.rung, ledger.c.slot)
        .limit(limit)
    )
    if outcome is not None:
        query = query.where(ledger.c.outcome == outcome)
    if cursor is not None:
        query = query.where(_after(cursor))
    return connection.execute(query).all()


def _after(cursor: str) -> ColumnElement[bool]:
    moment, deadline_id, rung, slot = read_cursor(cursor, str, int, str, str)
    try:
        at = datetime.fromisoformat(str(moment)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CursorError from None
    key = (ledger.c.deadline_id, ledger.c.rung, ledger.c.slot)
    rest = or_(
        key[0] > deadline_id,
        and_(key[0] == deadline_id, or_(key[1] > rung, and_(key[1] == rung, key[2] > slot))),
    )
    return or_(ledger.c.decided_at < at, and_(ledger.c.decided_at == at, rest))


def _cursor_of(row: Row[Any]) -> str:
    return write_cursor([row.decided_at.isoformat(), row.deadline_id, row.rung, row.slot])


def _ledger_line(shelf: Shelf, row: Row[Any]) -> LedgerLine:
    definition = shelf.definition(row.programme, row.version)
    return LedgerLine(
        ref=row.ref,
        deadline=row.kind,
        deadline_title=deadline_title(definition, row.kind),
        due_on=row.due_on,
        rung=row.rung,
        slot=row.slot,
        outcome=row.outcome,
        reason=row.reason,
        late=row.late,
        decided_at=row.decided_at,
        settled_at=row.settled_at,
        staff=row.staff,
        message_id=row.message_id,
    )
