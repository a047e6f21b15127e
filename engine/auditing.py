"""Is anything lost? Looks for every rung that nobody has accounted for, in the tables themselves, batch by batch."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, String, cast, func, select

from engine.errors import DefinitionMissingError
from engine.parts import Engine
from engine.replaying import Divergence, Replayed, replay_all
from storage.deadlines import OPEN
from storage.outbox import QUEUED, SENDING
from storage.tables import case, deadline, history, ledger, outbox
from workflows.calendar import Calendar, calendar_named
from workflows.ladders import LadderStep, Outcome, ladder_steps
from workflows.model import Definition

__all__ = ["Cause", "Divergence", "Gap", "Replayed", "each_gap", "replay_all", "unaccounted"]

Steps = tuple[tuple[str, tuple[str, ...]], ...]  # (key, slots) of each step of a ladder, in order

GRACE = timedelta(minutes=10)
BATCH = 250


class Cause(StrEnum):
    """How a rung came to be unaccounted for."""

    NOT_SWEPT = "not_swept"  # its moment has passed and nobody looked
    POSTPONED = "postponed"  # its moment has passed, and the next look is set for later: it could not be decided
    STALLED = "stalled"  # steps are left, nothing stops them, and no moment is set for the next one
    MISCOUNTED = "miscounted"  # the ledger has more or fewer entries than were written for the deadline
    NO_ENTRY = "no_entry"  # a step that has passed has no entry for one of its slots
    NO_MESSAGE = "no_message"  # on its way according to the ledger, but no message is
    NOT_SETTLED = "not_settled"  # a final outcome without the time it was reached
    NO_LADDER = "no_ladder"  # its programme's version has no such deadline, or is not published here


@dataclass(frozen=True, slots=True)
class Gap:
    """A rung, or a whole ladder (`rung` None), that nobody has accounted for."""

    ref: str
    deadline: str
    rung: str | None
    slot: str | None
    cause: Cause


def unaccounted(engine: Engine, now: datetime, grace: timedelta = GRACE) -> list[Gap]:
    """Return every gap there is; an empty list means that nothing has been lost. Arguments as for `each_gap`."""
    return list(each_gap(engine, now, grace))


def each_gap(engine: Engine, now: datetime, grace: timedelta = GRACE) -> Iterator[Gap]:
    """Give every gap there is, one after the other: whoever counts them needs no room for a million.

    Args:
        engine: the parts.
        now: the instant, UTC.
        grace: how long after its moment a rung may wait for the clock.
    """
    with engine.database.read() as connection:
        ladders = _Ladders(engine, connection, now)
        yield from _overdue(connection, now - grace)
        yield from _unsettled(connection)
        yield from _not_on_their_way(connection)
        for rows in _batches(connection):
            yield from _in_batch(connection, ladders, rows, now - grace)


def _overdue(connection: Connection, moment: datetime) -> Iterator[Gap]:
    """Give the deadlines whose moment has passed though nothing holds them."""
    query = (
        select(case.c.ref, deadline.c.kind)
        .join(case, case.c.id == deadline.c.case_id)
        .where(deadline.c.next_at <= moment, deadline.c.status == OPEN, deadline.c.paused.is_(False))
        .order_by(deadline.c.next_at, deadline.c.id)
    )
    for ref, kind in connection.execute(query):
        yield Gap(ref, kind, None, None, Cause.NOT_SWEPT)


def _unsettled(connection: Connection) -> Iterator[Gap]:
    """Give the entries with a final outcome that was reached at no time."""
    wrong = (ledger.c.outcome != Outcome.QUEUED.value) & ledger.c.settled_at.is_(None)
    for ref, kind, rung, slot in connection.execute(_entries().where(wrong)):
        yield Gap(ref, kind, rung, slot, Cause.NOT_SETTLED)


def _not_on_their_way(connection: Connection) -> Iterator[Gap]:
    """Give the entries that say "queued" while no message waits or is being sent."""
    # By its key, which has an index whatever the message's state.
    key = cast(ledger.c.deadline_id, String) + ":" + ledger.c.rung + ":" + ledger.c.slot
    waiting = select(outbox.c.id).where(outbox.c.key == key, outbox.c.state.in_([QUEUED, SENDING])).exists()
    query = _entries().where(ledger.c.outcome == Outcome.QUEUED.value, ~waiting)
    for ref, kind, rung, slot in connection.execute(query):
        yield Gap(ref, kind, rung, slot, Cause.NO_MESSAGE)


def _entries() -> Any:
    return (
        select(case.c.ref, deadline.c.kind, ledger.c.rung, ledger.c.slot)
        .join(deadline, deadline.c.id == ledger.c.deadline_id)
        .join(case, case.c.id == deadline.c.case_id)
        .order_by(ledger.c.deadline_id, ledger.c.rung, ledger.c.slot)
    )


def _batches(connection: Connection) -> Iterator[Sequence[Row[Any]]]:
    """Give every deadline with its case, a batch at a time, so that memory stays flat however many there are."""
    last = 0
    columns = (deadline, case.c.ref, case.c.programme, case.c.version)
    while True:
        query = select(*columns).join(case, case.c.id == deadline.c.case_id).where(deadline.c.id > last)
        rows = connection.execute(query.order_by(deadline.c.id).limit(BATCH)).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _in_batch(connection: Connection, ladders: "_Ladders", rows: Sequence[Row[Any]], moment: datetime) -> Iterator[Gap]:
    first, last = rows[0].id, rows[-1].id
    query = select(ledger.c.deadline_id, ledger.c.rung, ledger.c.slot).where(ledger.c.deadline_id.between(first, last))
    entries = {(row.deadline_id, row.rung, row.slot) for row in connection.execute(query)}
    counted = Counter(deadline_id for deadline_id, _, _ in entries)
    versions = _versions(connection, rows)
    for row in rows:
        if counted[row.id] != row.accounted:
            yield Gap(row.ref, row.kind, None, None, Cause.MISCOUNTED)
        version = _version_of(row, versions.get(row.case_id, ()))
        steps = ladders.steps(row, version)
        if steps is None:
            yield Gap(row.ref, row.kind, None, None, Cause.NO_LADDER)
            continue
        yield from _missing(steps, row, entries)
        if row.status == OPEN and not row.paused and row.next_rung < len(steps):
            key = steps[row.next_rung][0]
            if row.next_at is None:
                yield Gap(row.ref, row.kind, key, None, Cause.STALLED)
            elif row.next_at > moment >= ladders.moment(row, version):
                yield Gap(row.ref, row.kind, key, None, Cause.POSTPONED)


def _missing(steps: Steps, row: Row[Any], entries: set[tuple[int, str, str]]) -> Iterator[Gap]:
    """Give the passed steps of a deadline, or all of them once it has ended, that the ledger does not have."""
    for key, slots in steps[: row.next_rung] if row.status == OPEN else steps:
        for slot in slots:
            if (row.id, key, slot) not in entries:
                yield Gap(row.ref, row.kind, key, slot, Cause.NO_ENTRY)


class _Ladders:
    """The steps of each kind of deadline, looked up once a run, and the moments they come at."""

    def __init__(self, engine: Engine, connection: Connection, now: datetime) -> None:
        self._engine = engine
        self._connection = connection
        self._now = now
        self._known: dict[tuple[str, str, str], Steps | None] = {}
        self._calendars: dict[str, tuple[Calendar, Calendar]] = {}

    def steps(self, row: Row[Any], version: str) -> Steps | None:
        """Return (key, slots) of each step in order, which no date changes; None when there is no such deadline."""
        name = (row.programme, version, row.kind)
        if name not in self._known:
            self._known[name] = self._looked_up(row, version)
        return self._known[name]

    def _looked_up(self, row: Row[Any], version: str) -> Steps | None:
        try:
            definition = self._engine.rulebook.definition(self._connection, row.programme, version)
        except DefinitionMissingError:
            return None  # a gap like any other: one stranded case must not keep the others from being looked at
        if row.kind not in definition.deadlines:
            return None
        return tuple((step.key, step.slots) for step in self._dated(row, definition)[0])

    def moment(self, row: Row[Any], version: str) -> datetime:
        """Return when the next step comes at the latest.

        A day declared closed since the ladder was planned moves reminders back and escalations on: of the moments with
        and without closures the later one is what nobody may have missed.
        """
        definition = self._engine.rulebook.definition(self._connection, row.programme, version)
        number: int = row.next_rung
        return max(steps[number].at for steps in self._dated(row, definition))

    def _dated(self, row: Row[Any], definition: Definition) -> list[tuple[LadderStep, ...]]:
        name, ladder = definition.calendar, definition.deadlines[row.kind].ladder
        if name not in self._calendars:
            in_force = self._engine.rulebook.calendar(self._connection, name, self._now)
            self._calendars[name] = (calendar_named(name), in_force)
        return [ladder_steps(ladder, row.due_on, calendar, definition.hours) for calendar in self._calendars[name]]


def _versions(connection: Connection, rows: Sequence[Row[Any]]) -> Mapping[int, Sequence[Any]]:
    """Return, for cases that have been moved between versions, which version was in force since when."""
    several = (
        select(history.c.case_id)
        .where(history.c.case_id.in_({row.case_id for row in rows}))
        .group_by(history.c.case_id)
        .having(func.count(history.c.version.distinct()) > 1)
    )
    query = select(history.c.case_id, history.c.at, history.c.version).where(history.c.case_id.in_(several))
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query.order_by(history.c.case_id, history.c.seq)):
        found.setdefault(row.case_id, []).append(row)
    return found


def _version_of(row: Row[Any], history_rows: Sequence[Any]) -> str:
    """Return the version a deadline was opened under: moving to another keeps a ladder only if its steps are equal."""
    known = [event.version for event in history_rows if event.at <= row.opened_at]
    return known[-1] if known else str(row.version)
