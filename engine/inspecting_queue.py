"""The outbox as a list to work from: what waits, what is held, what failed, and why, with what can be done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, func, or_, select

from access.actors import Actor
from access.rules import Action, may_anywhere
from engine.authorising import authorise_anywhere
from engine.errors import DefinitionMissingError
from engine.inspecting_pages import read_cursor, write_cursor
from engine.inspecting_shelf import Shelf, deadline_title
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from engine.resending import WhyNot, ways_left, why_not_again
from storage import circuits, holding, resending, rests
from storage.circuits import Circuit
from storage.outbox import QUEUED, SENDING
from storage.tables import case, deadline, outbox, staff, unit
from workflows.ladders import TEAM_SLOT
from workflows.model import Text


class Shown(StrEnum):
    """What has become of a message so far. What left or was not wanted any more is in the ledger."""

    WAITING = "waiting"  # in the queue, or in a postman's hand
    HELD = "held"  # until a human decides
    FAILED = "failed"


class Wait(StrEnum):
    """Why a message has not left yet, or what became of it."""

    NOW = "now"  # it leaves with the next round
    LATER = "later"  # working hours
    AGAIN = "again"  # it failed before and is tried again
    IN_HAND = "in_hand"
    HELD = "held"
    ON_HOLD = "on_hold"  # the whole house is
    NO_MAIL = "no_mail"  # no mail server is set up
    CHANNEL_PAUSES = "channel_pauses"
    TEAM_RESTS = "team_rests"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which messages are wanted; None does not filter. `unit` is a code."""

    shown: Shown | None = None
    channel: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided last about a message, and how often anybody has. `by` is None for the command line."""

    at: datetime
    by: str | None
    decision: str
    number: int


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A message in the outbox. Instants are UTC.

    Attributes:
        why: why it has not left; `until` says until when, where that is known.
        error: the code of the last failure; `reason` the ledger's word where it was given up for another reason.
        not_again: why it would not be tried again; None where it would.
        ways: the roles it can be sent to instead, the nearest first.
    """

    id: int
    kind: str
    channel: str
    slot: str
    ref: str | None
    title: Text | None
    unit: str | None
    staff: str | None
    shown: Shown
    why: Wait
    until: datetime | None
    attempts: int
    error: str | None
    reason: str | None
    uncertain: bool
    created_at: datetime
    done_at: datetime | None
    not_again: WhyNot | None
    ways: tuple[str, ...]
    decided: Decided | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the outbox; `counts` by state for the same channel and unit, whatever state was asked for."""

    lines: tuple[QueueLine, ...]
    counts: Mapping[Shown, int]
    failed_by_channel: Mapping[str, int]
    next_cursor: str | None
    on_hold: bool
    pausing: tuple[Circuit, ...]


_IS: Mapping[Shown, ColumnElement[bool]] = {
    Shown.WAITING: and_(outbox.c.state.in_([QUEUED, SENDING]), outbox.c.held_at.is_(None)),
    Shown.HELD: and_(outbox.c.state.in_([QUEUED, SENDING]), outbox.c.held_at.is_not(None)),
    Shown.FAILED: outbox.c.outcome == "failed",
}


def queue_page(
    engine: Engine, actor: Actor, now: datetime, filters: QueueFilter, limit: int = 50, cursor: str | None = None
) -> Queue:
    """Return messages that wait, are held or failed, about the cases an actor may see, the newest first.

    Messages about no case (digests) are shown to whoever runs the system.

    Raises:
        NotAllowedError: the actor works with no cases here.
        CursorError: the cursor is none of this list.
    """
    authorise_anywhere(actor, Action.SEE_OUTBOX)
    with engine.database.read() as connection:
        wanted = _wanted(actor, filters)
        counts = {shown: _count(connection, and_(wanted, _IS[shown])) for shown in Shown}
        states = [filters.shown] if filters.shown else list(Shown)
        query = _lines(and_(wanted, or_(*(_IS[shown] for shown in states))))
        if cursor is not None:
            query = query.where(outbox.c.id < read_cursor(cursor, int)[0])
        rows = connection.execute(query.limit(limit + 1)).all()
        desk = _Desk.read(engine, connection, rows[:limit], now)
        lines = tuple(desk.line(row) for row in rows[:limit])
        following = write_cursor([rows[limit - 1].id]) if len(rows) > limit else None
        by_channel = _by_channel(connection, and_(wanted, _IS[Shown.FAILED]))
    return Queue(lines, counts, by_channel, following, desk.on_hold, tuple(desk.circuits.values()))


def _joined() -> FromClause:
    return (
        outbox.outerjoin(case, case.c.id == outbox.c.case_id)
        .outerjoin(unit, unit.c.id == func.coalesce(case.c.unit_id, outbox.c.unit_id))
        .outerjoin(deadline, deadline.c.id == outbox.c.deadline_id)
        .outerjoin(staff, staff.c.id == outbox.c.staff_id)
    )


def _wanted(actor: Actor, filters: QueueFilter) -> ColumnElement[bool]:
    visible = visible_cases(actor)
    found = [or_(outbox.c.case_id.is_(None), visible) if may_anywhere(actor, Action.RUN) else visible]
    if filters.channel is not None:
        found.append(outbox.c.channel == filters.channel)
    if filters.unit is not None:
        found.append(unit.c.code == filters.unit)
    return and_(*found)


def _count(connection: Connection, wanted: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(_joined()).where(wanted)).scalar_one())


def _by_channel(connection: Connection, wanted: ColumnElement[bool]) -> dict[str, int]:
    query = (
        select(outbox.c.channel, func.count().label("number"))
        .select_from(_joined())
        .where(wanted)
        .group_by(outbox.c.channel)
    )
    return {row.channel: row.number for row in connection.execute(query)}


def _lines(wanted: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            outbox,
            case.c.ref,
            case.c.programme,
            case.c.version,
            case.c.unit_id.label("case_unit_id"),
            unit.c.title.label("unit"),
            staff.c.name.label("staff"),
            deadline.c.kind.label("deadline_kind"),
            deadline.c.status,
            deadline.c.paused,
            deadline.c.quiet,
        )
        .select_from(_joined())
        .where(wanted)
        .order_by(outbox.c.id.desc())
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the lines of one page are written with."""

    connection: Connection
    shelf: Shelf
    now: datetime
    mail: bool
    on_hold: bool
    circuits: Mapping[str, Circuit]
    resting: Mapping[int, datetime]
    decided: Mapping[int, Row[Any]]

    @staticmethod
    def read(engine: Engine, connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> "_Desk":
        units = {row.case_unit_id for row in rows if row.case_unit_id is not None}
        return _Desk(
            connection,
            Shelf(engine, connection, now),
            now,
            engine.email is not None,
            holding.is_on_hold(connection),
            {one.channel: one for one in circuits.strained(connection) if (one.open_until or now) > now},
            rests.resting(connection, units, now),
            resending.decisions_about(connection, [row.id for row in rows]),
        )

    def line(self, row: Row[Any]) -> QueueLine:
        """Return a message as it is shown."""
        shown = Shown.FAILED if row.outcome == "failed" else (Shown.HELD if row.held_at else Shown.WAITING)
        why, until = self._why(row, shown)
        return QueueLine(
            id=row.id,
            kind=row.kind,
            channel=row.channel,
            slot=row.slot,
            ref=row.ref,
            title=self._title(row),
            unit=row.unit,
            staff=row.staff,
            shown=shown,
            why=why,
            until=until,
            attempts=row.attempts,
            error=row.error,
            reason=row.reason,
            uncertain=row.uncertain,
            created_at=row.created_at,
            done_at=row.done_at,
            not_again=self._not_again(row),
            ways=self._ways(row),
            decided=self._decision(row.id),
        )

    def _why(self, row: Row[Any], shown: Shown) -> tuple[Wait, datetime | None]:
        if shown is not Shown.WAITING:
            return Wait(shown.value), None
        still = Wait.IN_HAND if row.state == SENDING else self._house_waits()
        if still is not None:
            return still, None
        if row.channel in self.circuits:
            return Wait.CHANNEL_PAUSES, self.circuits[row.channel].open_until
        if row.slot == TEAM_SLOT and row.case_unit_id in self.resting:
            return Wait.TEAM_RESTS, self.resting[row.case_unit_id]
        if row.not_before > self.now:
            return (Wait.AGAIN if row.error else Wait.LATER), row.not_before
        return Wait.NOW, None

    def _house_waits(self) -> Wait | None:
        if self.on_hold:
            return Wait.ON_HOLD
        return None if self.mail else Wait.NO_MAIL

    def _title(self, row: Row[Any]) -> Text | None:
        if row.ref is None or row.deadline_kind is None:
            return None
        try:
            return deadline_title(self.shelf.definition(row.programme, row.version), row.deadline_kind)
        except DefinitionMissingError:
            return Text(row.deadline_kind, row.deadline_kind)

    def _not_again(self, row: Row[Any]) -> WhyNot | None:
        overtaken = row.thread is not None and resending.is_overtaken(self.connection, row.thread, row.id)
        return why_not_again(row, row if row.status else None, self.now, overtaken=overtaken)

    def _ways(self, row: Row[Any]) -> tuple[str, ...]:
        if row.deadline_kind is None or row.rung is None or row.state == SENDING or row.status != "open" or row.paused:
            return ()
        try:
            definition = self.shelf.definition(row.programme, row.version)
        except DefinitionMissingError:
            return ()
        used = resending.slots_of_rung(self.connection, row.deadline_id, row.rung)
        return ways_left(definition, row.deadline_kind, row.slot, used)

    def _decision(self, message_id: int) -> Decided | None:
        found = self.decided.get(message_id)
        return Decided(found.at, found.by, found.decision, found.number) if found else None
