"""Time acts: claim what is due, decide, write the ledger and the outbox, until nothing is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from engine.alarms import raise_alarm
from engine.applying import entry_rows
from engine.ladder_rows import ladder_state
from engine.parts import Engine
from engine.unsent import take_back
from notifications.messages import Reason as Said
from storage import cases, deadlines, ledger, outbox
from storage.deadlines import DueRow
from workflows.dates import next_open
from workflows.ladders import Entry, LadderMove, Outcome, Reason, advance
from workflows.planning import Rules

log = structlog.get_logger(__name__)

BATCH = 500
QUARANTINE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    deadlines: int = 0
    queued: int = 0
    collapsed: int = 0
    suppressed: int = 0
    quarantined: int = 0  # cannot be decided; looked at again in an hour, and the admins hear of it

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.deadlines + other.deadlines,
            self.queued + other.queued,
            self.collapsed + other.collapsed,
            self.suppressed + other.suppressed,
            self.quarantined + other.quarantined,
        )


def sweep(engine: Engine, now: datetime, limit: int = BATCH, most: int | None = None) -> Swept:
    """Account for every rung that is due at `now` (UTC), in transactions of up to `limit` deadlines.

    Any number of sweeps may run at once, in any number of processes; each may be killed at any moment: what was not
    committed is found again, what was committed is not done twice.

    Args:
        engine: the parts.
        now: the instant up to which rungs are due.
        limit: how many deadlines one transaction claims.
        most: stop after about so many deadlines; None goes on until none is due.
    """
    total = Swept()
    while most is None or total.deadlines < most:
        batch = _sweep_once(engine, now, limit)
        total += batch
        if batch.deadlines == 0:
            break
    if total.queued:
        engine.nudge()
    return total


def _sweep_once(engine: Engine, now: datetime, limit: int) -> Swept:
    """Sweep one batch; where the database refuses it, halve it until the one deadline that is refused stands alone."""
    try:
        with engine.database.write() as connection:
            due = deadlines.claim_due(connection, now, limit)
            return _swept(engine, connection, due, now) if due else Swept()
    except IntegrityError:
        return _sweep_once(engine, now, limit // 2) if limit > 1 else _sweep_refused(engine, now)


def _sweep_refused(engine: Engine, now: datetime) -> Swept:
    """Sweep the one deadline that is due first, and set it aside if what it leads to is refused again."""
    with engine.database.write() as connection:
        due = deadlines.claim_due(connection, now, 1)
        if not due:
            return Swept()
        try:
            with connection.begin_nested():
                return _swept(engine, connection, due, now)
        except IntegrityError as error:
            _quarantine(engine, connection, due[0], now, error)
            return Swept(deadlines=1, quarantined=1)


def _swept(engine: Engine, connection: Connection, due: Sequence[DueRow], now: datetime) -> Swept:
    advanced = [(row, _advance(engine, connection, row, now)) for row in due]
    moves = [(row, *moved) for row, moved in advanced if moved is not None]
    entries = [entry for row, _, move in moves for entry in entry_rows(move.entries, row.id, now)]
    messages = [
        message_row(row, rules, entry, now)
        for row, rules, move in moves
        for entry in move.entries
        if entry.outcome is Outcome.QUEUED
    ]
    _overtake(connection, moves, now)
    deadlines.update_deadlines(connection, [_advanced(row, move) for row, _, move in moves])
    ledger.insert_entries(connection, entries)
    outbox.insert_messages(connection, messages)
    return _counted(len(due), entries, quarantined=len(due) - len(moves))


def _advance(engine: Engine, connection: Connection, row: DueRow, now: datetime) -> tuple[Rules, LadderMove] | None:
    """Return what time does to a ladder; None when that raises: one deadline never stops the others."""
    try:
        rules = engine.rulebook.rules(connection, row.programme, row.version, now)
        deadline, hours = rules.definition.deadlines[row.kind], rules.definition.hours
        return rules, advance(deadline, ladder_state(row), now, rules.calendar, hours)
    except SQLAlchemyError:
        raise  # the transaction is broken, not the deadline
    except Exception as error:  # noqa: BLE001 - see above
        _quarantine(engine, connection, row, now, error)
        return None


def _quarantine(engine: Engine, connection: Connection, row: DueRow, now: datetime, error: Exception) -> None:
    """Look at a deadline again in an hour: nothing of it is accounted for yet, so nothing of it is lost."""
    log.error("deadline_quarantined", deadline_id=row.id, error=type(error).__name__)
    deadlines.update_deadlines(connection, [{"id": row.id, "next_at": now + QUARANTINE}])
    case = cases.find_case_by_id(connection, row.case_id)
    if case is not None:
        raise_alarm(engine, connection, case, row.kind, row.due_on, Said.DELIVERY_FAILED, "sweep", now)


def _advanced(row: DueRow, move: LadderMove) -> dict[str, Any]:
    return {
        "id": row.id,
        "next_rung": move.state.next_rung,
        "next_at": move.next_at,
        "quiet_told": move.state.quiet_told,
        "accounted": row.accounted + len(move.entries),
    }


def message_row(row: DueRow, rules: Rules, entry: Entry, now: datetime) -> dict[str, Any]:
    """Return the outbox row for a queued entry. It says which rung it is; the words are found when it leaves."""
    return {
        "key": f"{row.id}:{entry.key}:{entry.slot}",
        "kind": _kind(entry, row),
        "channel": entry.slot.rpartition(":")[2],
        "slot": entry.slot,
        "case_id": row.case_id,
        "deadline_id": row.id,
        "rung": entry.key,
        "payload": {"late": entry.late},
        "not_before": next_open(now, rules.definition.hours, rules.calendar),
        "created_at": now,
    }


def _kind(entry: Entry, row: DueRow) -> str:
    if entry.key.startswith("q"):
        return "ack_ended" if row.quiet and row.quiet[0] == "acknowledged" else "snooze_ended"
    return "escalation" if entry.key.startswith("e") else "reminder"


def _overtake(connection: Connection, moves: Sequence[tuple[DueRow, Rules, LadderMove]], now: datetime) -> None:
    """Collapse unsent older messages into the newer ones to the same slot: nobody gets yesterday's with today's."""
    queued = {row.id: {e.slot for e in move.entries if e.outcome is Outcome.QUEUED} for row, _, move in moves}
    for message in outbox.queued_for(connection, [deadline_id for deadline_id, slots in queued.items() if slots]):
        if message.slot in queued[message.deadline_id]:
            take_back(connection, message, Outcome.COLLAPSED, Reason.NEWER_RUNG, now)


def _counted(claimed: int, entries: Sequence[Mapping[str, Any]], quarantined: int) -> Swept:
    outcomes = [entry["outcome"] for entry in entries]
    return Swept(
        claimed, outcomes.count("queued"), outcomes.count("collapsed"), outcomes.count("suppressed"), quarantined
    )
