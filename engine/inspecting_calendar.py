"""Deadlines and meetings by date: one's own, or a unit's. No person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from access.actors import Actor
from access.rules import HANDLER, CaseFacts, is_disclosed_to
from engine.firing import snapshot_of
from engine.inspecting_cases import Band, band_of
from engine.inspecting_handled import own_deadlines
from engine.inspecting_shelf import Shelf, deadline_title
from engine.inspecting_visible import handled_cases, visible_cases
from engine.parts import Engine
from storage import cases, people
from storage.deadlines import OPEN
from storage.tables import case, deadline, staff, unit
from workflows.case import Invited
from workflows.dates import local_date
from workflows.model import Text
from workflows.values import invited_from_json

MOST = 2000  # of each kind: a unit has some hundreds of cases
LONGEST = timedelta(days=500)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose calendar: one's own cases (and those of whom one stands in for), or those of a unit (its code)."""

    unit: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A deadline (a date) or a meeting (`starts_at`, UTC). `key` names it for ever and says nothing.

    Attributes:
        band: how urgent a deadline is; None for a meeting.
        changed_at: when it was opened, or (meetings) the case's own; UTC.
    """

    key: str
    day: date
    starts_at: datetime | None
    minutes: int
    ref: str
    title: Text
    band: Band | None
    coordinator: str | None
    changed_at: datetime

    @property
    def is_meeting(self) -> bool:
        """Say whether people meet."""
        return self.starts_at is not None


def calendar_entries(
    engine: Engine, actor: Actor, now: datetime, first: date, last: date, whose: Whose
) -> tuple[CalendarEntry, ...]:
    """Return what is due and who meets from the first to the last day, by date and time.

    A handler at another authority sees her own deadlines, and meetings she is invited to.
    """
    last = min(last, first + LONGEST)
    with engine.database.read() as connection:
        # In whose unit a handler's cases are cannot be asked: none of hers is in a unit's calendar.
        mine = visible_cases(actor) if whose.unit is not None else or_(visible_cases(actor), handled_cases(actor))
        wanted = and_(mine, case.c.closed_at.is_(None), _whose(connection, actor, whose, now))
        shelf = Shelf(engine, connection, now)
        reading = _Reading(connection, shelf, actor, now)
        found = [*reading.deadlines(_deadline_rows(connection, wanted, first, last))]
        found += reading.meetings(_case_rows(connection, wanted), first, last)
    return tuple(sorted(found, key=_order))


def _order(entry: CalendarEntry) -> tuple[date, datetime, str]:
    return entry.day, entry.starts_at or datetime.combine(entry.day, time.min, UTC) - timedelta(days=1), entry.ref


def _whose(connection: Connection, actor: Actor, whose: Whose, now: datetime) -> ColumnElement[bool]:
    if whose.unit is not None:
        return case.c.unit_id == select(unit.c.id).where(unit.c.code == whose.unit).scalar_subquery()
    away = people.absences_on(connection, local_date(now))
    covered = {one.staff_id for one in away.values() if one.deputy_id == actor.staff_id}
    mine = sorted(covered | ({actor.staff_id} if actor.staff_id is not None else set()))
    return or_(case.c.coordinator_id.in_(mine), case.c.handler_id == actor.staff_id)


def _columns() -> list[ColumnElement[Any]]:
    return [
        case.c.ref,
        case.c.programme,
        case.c.version,
        case.c.unit_id,
        case.c.coordinator_id,
        case.c.handler_id,
        staff.c.name.label("coordinator"),
    ]


def _deadline_rows(connection: Connection, wanted: ColumnElement[bool], first: date, last: date) -> list[Row[Any]]:
    columns = (
        deadline.c.id.label("deadline_id"),
        deadline.c.kind,
        deadline.c.due_on,
        deadline.c.paused,
        deadline.c.opened_at.label("watched_at"),
    )
    query = (
        select(*columns, *_columns())
        .select_from(
            deadline.join(case, case.c.id == deadline.c.case_id).outerjoin(staff, staff.c.id == case.c.coordinator_id)
        )
        .where(wanted, deadline.c.status == OPEN, deadline.c.due_on.between(first, last))
        .order_by(deadline.c.due_on, deadline.c.id)
        .limit(MOST)
    )
    return list(connection.execute(query))


def _case_rows(connection: Connection, wanted: ColumnElement[bool]) -> list[Row[Any]]:
    columns = (case.c.snapshot["invited"].label("invited"), case.c.opened_at.label("began_at"))
    query = (
        select(*columns, *_columns())
        .select_from(case.outerjoin(staff, staff.c.id == case.c.coordinator_id))
        .where(wanted)
        .order_by(case.c.id)
        .limit(MOST)
    )
    return list(connection.execute(query))


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reader's look at rows: what is held back from her is left out."""

    connection: Connection
    shelf: Shelf
    actor: Actor
    now: datetime

    def deadlines(self, rows: list[Row[Any]]) -> Iterator[CalendarEntry]:
        """Give the deadlines she may know of."""
        today = local_date(self.now)
        for row in rows:
            if self._is_disclosed(row) and row.kind not in self._own_kinds(row):
                continue
            band = band_of(row.due_on, bool(row.paused), today)
            yield self._entry(row, f"d{row.deadline_id}", row.kind, row.due_on, row.watched_at, band=band)

    def meetings(self, rows: list[Row[Any]], first: date, last: date) -> Iterator[CalendarEntry]:
        """Give the meetings she may know of, from the first to the last day."""
        for row in rows:
            for kind, invited in invited_from_json(row.invited or {}).items():
                day = local_date(invited.starts_at)
                if invited.live and first <= day <= last and self._may_know(row, invited):
                    key = f"m{row.ref}-{sha256(kind.encode()).hexdigest()[:8]}"
                    yield self._entry(row, key, kind, day, row.began_at, invited=invited)

    def _may_know(self, row: Row[Any], invited: Invited) -> bool:
        return not self._is_disclosed(row) or (HANDLER in invited.to and bool(self._own_kinds(row)))

    def _is_disclosed(self, row: Row[Any]) -> bool:
        return is_disclosed_to(self.actor, CaseFacts(row.unit_id, row.coordinator_id, row.handler_id))

    def _own_kinds(self, row: Row[Any]) -> frozenset[str]:
        found = cases.find_case(self.connection, row.ref)
        definition = self.shelf.definition(row.programme, row.version)
        return own_deadlines(definition, snapshot_of(found), self.now) if found else frozenset()

    def _entry(
        self,
        row: Row[Any],
        key: str,
        kind: str,
        day: date,
        changed_at: datetime,
        *,
        band: Band | None = None,
        invited: Invited | None = None,
    ) -> CalendarEntry:
        return CalendarEntry(
            key=key,
            day=day,
            starts_at=invited.starts_at if invited else None,
            minutes=invited.minutes if invited else 0,
            ref=row.ref,
            title=deadline_title(self.shelf.definition(row.programme, row.version), kind),
            band=band,
            coordinator=None if self._is_disclosed(row) else row.coordinator,
            changed_at=changed_at,
        )
