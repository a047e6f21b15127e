"""Time acts: claim what is due, decide, write the ledger and the outbox, until nothing is due."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from engine.alarms import raise_alarm
from engine.deadline_rows import entry_columns
from engine.ladder_rows import quiet_of
from engine.parts import Engine
from engine.unsent import take_back
from notifications.messages import Reason as Said
from storage import cases, deadlines, outbox, sweeps
from storage.agenda import is_any_due
from storage.holding import is_on_hold
from storage.sweeps import Due, Move, Standing
from workflows.dates import next_open
from workflows.ladders import Entry, LadderState, Outcome, Reason, advance

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
    on_hold: bool = False  # the house was restored and nobody has released it: nothing is decided

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            self.deadlines + other.deadlines,
            self.queued + other.queued,
            self.collapsed + other.collapsed,
            self.suppressed + other.suppressed,
            self.quarantined + other.quarantined,
            self.on_hold or other.on_hold,
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
    total, more = Swept(), is_any_due(engine.database, now)
    while more and (most is None or total.deadlines < most):
        batch = _sweep_once(engine, now, limit)
        total += batch
        more = batch.deadlines >= limit or (batch.deadlines > 0 and is_any_due(engine.database, now))
    if total.queued:
        engine.nudge()
    return total


def _sweep_once(engine: Engine, now: datetime, limit: int) -> Swept:
    """Sweep one batch; where the database refuses it, halve it until the one deadline that is refused stands alone."""
    try:
        with engine.database.write() as connection:
            due = sweeps.claim_due(connection, now, limit)
            if due and is_on_hold(connection):
                log.warning("house_on_hold")
                return Swept(on_hold=True)
            return _swept(engine, connection, due, now) if due else Swept()
    except IntegrityError:
        return _sweep_once(engine, now, limit // 2) if limit > 1 else _sweep_refused(engine, now)


def _sweep_refused(engine: Engine, now: datetime) -> Swept:
    """Sweep the one deadline that is due first, and set it aside if what it leads to is refused again."""
    with engine.database.write() as connection:
        due = sweeps.claim_due(connection, now, 1)
        if not due:
            return Swept()
        try:
            with connection.begin_nested():
                return _swept(engine, connection, due, now)
        except IntegrityError as error:
            _quarantine(engine, connection, due[0], now, error)  # it stands alone
            return Swept(deadlines=1, quarantined=1)


def _swept(engine: Engine, connection: Connection, due: Sequence[Due], now: datetime) -> Swept:
    """Move on what was claimed. Ladders that stand alike are decided once and moved on together."""
    moves = [move for alike in due if (move := _move(engine, connection, alike, now))]
    moved = sweeps.write_moves(connection, moves, now)
    _overtake(connection, moves, moved, now)
    return _counted(moves, moved, claimed=sum(len(alike.ids) for alike in due))


def _move(engine: Engine, connection: Connection, due: Due, now: datetime) -> Move | None:
    """Return what time does to ladders; None when that raises: one kind of deadline never stops the others."""
    standing = due.standing
    try:
        rules = engine.rulebook.rules(connection, standing.programme, standing.version, now)
        state = LadderState(standing.due_on, standing.next_rung, quiet_of(standing.quiet), standing.quiet_told)
        deadline, hours = rules.definition.deadlines[standing.kind], rules.definition.hours
        move = advance(deadline, state, now, rules.calendar, hours)
    except SQLAlchemyError:
        raise  # the transaction is broken, not the deadline
    except Exception as error:  # noqa: BLE001 - see above
        _quarantine(engine, connection, due, now, error)
        return None
    leaves = next_open(now, hours, rules.calendar)
    return Move(
        due=due,
        next_rung=move.state.next_rung,
        next_at=move.next_at,
        quiet_told=move.state.quiet_told,
        entries=[entry_columns(entry, now) for entry in move.entries],
        messages=[_message(e, standing, leaves) for e in move.entries if e.outcome is Outcome.QUEUED],
    )


def _message(entry: Entry, standing: Standing, leaves: datetime) -> dict[str, Any]:
    """Return the message of a queued entry. It says which rung it is; the words are found when it leaves."""
    return {
        "rung": entry.key,
        "slot": entry.slot,
        "kind": _kind(entry, standing),
        "channel": entry.slot.rpartition(":")[2],
        "payload": {"late": entry.late},
        "not_before": leaves,
    }


def _quarantine(engine: Engine, connection: Connection, due: Due, now: datetime, error: Exception) -> None:
    """Look at deadlines again in an hour: nothing of them is accounted for yet, so nothing of them is lost."""
    deadlines.update_deadlines(connection, [{"id": row_id, "next_at": now + QUARANTINE} for row_id in due.ids])
    for row_id, case_id in zip(due.ids, due.case_ids, strict=True):
        log.error("deadline_quarantined", deadline_id=row_id, error=type(error).__name__)
        case = cases.find_case_by_id(connection, case_id)
        if case is not None:
            kind, due_on = due.standing.kind, due.standing.due_on
            raise_alarm(engine, connection, case, kind, due_on, Said.DELIVERY_FAILED, "sweep", now)


def _kind(entry: Entry, standing: Standing) -> str:
    if entry.key.startswith("q"):
        return "ack_ended" if standing.quiet and standing.quiet[0] == "acknowledged" else "snooze_ended"
    return "escalation" if entry.key.startswith("e") else "reminder"


def _overtake(connection: Connection, moves: Sequence[Move], moved: set[int], now: datetime) -> None:
    """Collapse unsent older messages into the newer ones to the same slot: nobody gets yesterday's with today's."""
    newer = {
        row_id: {(message["rung"], message["slot"]) for message in move.messages}
        for move in moves
        for row_id in move.due.unsent & moved
    }
    for message in outbox.queued_for(connection, list(newer)) if newer else ():
        queued = newer[message.deadline_id]
        if message.slot in {slot for _, slot in queued} and (message.rung, message.slot) not in queued:
            take_back(connection, message, Outcome.COLLAPSED, Reason.NEWER_RUNG, now)


def _counted(moves: Sequence[Move], moved: set[int], claimed: int) -> Swept:
    counts = Counter[str]()
    for move in moves:
        written = len(moved.intersection(move.due.ids))
        for entry in move.entries:
            counts[entry["outcome"]] += written
    decided = sum(len(move.due.ids) for move in moves)
    return Swept(claimed, counts["queued"], counts["collapsed"], counts["suppressed"], quarantined=claimed - decided)
