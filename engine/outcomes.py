"""What became of a message, written down: sent, to be tried again, or given up with another way tried and an alarm."""

import secrets
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from engine.alarms import raise_alarm
from engine.composing import ALARM_CALENDAR, ALARM_HOURS
from engine.other_ways import insert_other_way, levels_above
from engine.parcels import Parcel
from engine.parts import Engine
from engine.slots import is_fallback
from engine.unsent import take_back
from engine.wanted import Desk, Drop
from notifications.channels.email import message_id
from notifications.messages import Reason as Said
from notifications.outcomes import Accepted, DeliveryFailed, backoff
from notifications.recipients import Mailbox
from storage import cases, deadlines, ledger, outbox, rests
from storage.acceptances import write_accepted
from storage.cases import CaseRow
from storage.tables import deadline, team_channel
from workflows.dates import local_date, next_open
from workflows.ladders import TEAM_SLOT, Outcome, Reason

Returned = Accepted | DeliveryFailed
POISON = "poison"
POSTMAN_KILLED = "postman_killed"
REFUSALS_THAT_BREAK = 3  # in a row; facts/notifications.md §1
_JITTER = secrets.SystemRandom()


def dropped(desk: Desk, row: Row[Any], verdict: Drop) -> None:
    """Settle a message that does not leave; where it failed, try another way and raise an alarm."""
    take_back(desk.connection, row, verdict.outcome, verdict.reason, desk.now)
    if verdict.outcome is not Outcome.FAILED or row.case_id is None or row.kind == "alarm":
        return
    case = desk.cases[row.case_id]
    said = Said.NOBODY_FOUND if verdict.reason is Reason.NOBODY_FOUND else Said.DELIVERY_FAILED
    if row.deadline_id is None:
        alarm_about(desk.engine, desk.connection, case, None, row, said, desk.now)
    else:
        other_way(desk.engine, desk.connection, case, desk.deadlines[row.deadline_id], row, said, desk.now)


def poisoned(desk: Desk, row: Row[Any], error: str = POISON) -> None:
    """Set aside a message nobody can make sense of, so that it does not hold up the rest; the admins hear of it."""
    failed = {"outcome": Outcome.FAILED.value, "reason": Reason.UNDELIVERABLE.value}
    doubt = outbox.is_in_doubt(row)
    outbox.write_message(
        desk.connection,
        row.id,
        state=outbox.DEAD,
        error=error,
        uncertain=doubt,
        done_at=desk.now,
        leased_until=None,
        **failed,
    )
    if row.deadline_id is not None and row.rung is not None:
        ledger.settle_entry(desk.connection, row.deadline_id, row.rung, row.slot, at=desk.now, **failed)
    if row.case_id is not None and row.kind != "alarm":
        watched = desk.deadlines.get(row.deadline_id)
        alarm_about(desk.engine, desk.connection, desk.cases[row.case_id], watched, row, Said.DELIVERY_FAILED, desk.now)


def alarm_about(
    engine: Engine,
    connection: Connection,
    case: CaseRow,
    watched: Row[Any] | None,
    message: Row[Any],
    said: Said,
    now: datetime,
) -> None:
    """Raise an alarm about a message; `watched` is its deadline, None for a meeting's invitation."""
    kind = watched.kind if watched else str(message.payload.get("meeting", ""))
    due_on = watched.due_on if watched else _day_of_meeting(message, now)
    raise_alarm(engine, connection, case, kind, due_on, said, message.slot, now)


def _day_of_meeting(message: Row[Any], now: datetime) -> date:
    try:
        return local_date(datetime.fromisoformat(message.payload["starts_at"]))
    except (KeyError, ValueError, TypeError):
        return local_date(now)


def record(engine: Engine, parcel: Parcel, returned: Returned, now: datetime) -> bool:
    """Write what became of a parcel; say whether its claim was still the newest (a stale sender changes nothing)."""
    if isinstance(returned, Accepted) and not engine.database.is_sqlite and parcel.slot != TEAM_SLOT:
        return write_accepted(
            engine.database,
            parcel.message_id,
            parcel.token,
            at=now,
            uncertain=returned.may_be_duplicate,
            named=_named(engine, parcel),
        )
    with engine.database.write() as connection:
        if isinstance(returned, Accepted):
            return _sent(engine, connection, parcel, returned, now)
        if parcel.case_id is not None:
            # A failure may change the deadline: everybody locks the case before what belongs to it.
            cases.find_case_by_id(connection, parcel.case_id, lock=True)
        wait = None if returned.permanent else backoff(returned.code, parcel.attempts, _JITTER.random())
        _count_refusal(connection, parcel, returned, now)
        if returned.retry_after is not None and parcel.unit_id is not None and parcel.slot == TEAM_SLOT:
            rests.rest(connection, parcel.unit_id, now + returned.retry_after)
        if wait is None:
            return _given_up(engine, connection, parcel, returned, now)
        again = now + max(wait, returned.retry_after or wait)
        return outbox.release(
            connection,
            parcel.message_id,
            parcel.token,
            state=outbox.QUEUED,
            not_before=_in_hours(engine, connection, parcel, again),
            error=returned.code,
            uncertain=parcel.uncertain or returned.unknown_outcome,
        )


def _sent(engine: Engine, connection: Connection, parcel: Parcel, accepted: Accepted, now: datetime) -> bool:
    newest = outbox.release(
        connection,
        parcel.message_id,
        parcel.token,
        state=outbox.DONE,
        outcome=Outcome.SENT.value,
        error=None,
        uncertain=accepted.may_be_duplicate,
        done_at=now,
    )
    if newest and parcel.deadline_id is not None and parcel.rung is not None:
        ledger.settle_entry(
            connection,
            parcel.deadline_id,
            parcel.rung,
            parcel.slot,
            outcome=Outcome.SENT.value,
            at=now,
            staff_id=parcel.staff_id,
            message_id=_named(engine, parcel),
        )
    if parcel.slot == TEAM_SLOT:
        connection.execute(update(team_channel).where(team_channel.c.unit_id == parcel.unit_id).values(refused=0))
    return newest


def _named(engine: Engine, parcel: Parcel) -> str | None:
    """Return the Message-ID of an email."""
    return message_id(parcel.key, engine.email.settings) if engine.email and isinstance(parcel.to, Mailbox) else None


def _given_up(engine: Engine, connection: Connection, parcel: Parcel, failure: DeliveryFailed, now: datetime) -> bool:
    row = outbox.find_message(connection, parcel.message_id)
    newest = outbox.release(
        connection,
        parcel.message_id,
        parcel.token,
        state=outbox.DEAD,
        outcome=Outcome.FAILED.value,
        reason=Reason.UNDELIVERABLE.value,
        error=failure.code,
        uncertain=parcel.uncertain or failure.unknown_outcome,
        done_at=now,
    )
    case = cases.find_case_by_id(connection, parcel.case_id) if parcel.case_id is not None else None
    if not newest or case is None or parcel.kind == "alarm":
        return newest
    if parcel.deadline_id is None or parcel.rung is None:
        alarm_about(engine, connection, case, None, row, Said.DELIVERY_FAILED, now)
        return newest
    ledger.settle_entry(
        connection,
        parcel.deadline_id,
        parcel.rung,
        parcel.slot,
        outcome=Outcome.FAILED.value,
        reason=Reason.UNDELIVERABLE.value,
        at=now,
        staff_id=parcel.staff_id,
    )
    watched = connection.execute(select(deadline).where(deadline.c.id == parcel.deadline_id)).one()
    if watched.status == deadlines.OPEN:
        other_way(engine, connection, case, watched, row, Said.DELIVERY_FAILED, now)
    return newest


def other_way(
    engine: Engine,
    connection: Connection,
    case: CaseRow,
    watched: Row[Any],
    message: Row[Any],
    said: Said,
    now: datetime,
) -> None:
    """Try to reach the next level by email about a rung that failed, and raise an alarm. A fallback has no fallback."""
    alarm_about(engine, connection, case, watched, message, said, now)
    if is_fallback(message.slot) or said is Said.NOBODY_FOUND:
        return
    rules = engine.rulebook.rules(connection, case.programme, case.version, now)
    for role in levels_above(rules.definition, watched.kind, message.slot)[:1]:
        insert_other_way(connection, rules, case, watched, message, role, now)


def _count_refusal(connection: Connection, parcel: Parcel, failure: DeliveryFailed, now: datetime) -> None:
    """Count refusals of a Teams connection in a row; the third breaks it, until somebody has mended it."""
    if parcel.slot != TEAM_SLOT or not failure.channel_broken:
        return
    mine = update(team_channel).where(team_channel.c.unit_id == parcel.unit_id)
    connection.execute(mine.values(refused=team_channel.c.refused + 1))
    broken = (team_channel.c.refused >= REFUSALS_THAT_BREAK) & team_channel.c.broken_at.is_(None)
    connection.execute(mine.where(broken).values(broken_at=now))


def _in_hours(engine: Engine, connection: Connection, parcel: Parcel, at: datetime) -> datetime:
    case = cases.find_case_by_id(connection, parcel.case_id) if parcel.case_id is not None else None
    if parcel.kind == "opened":
        return at  # that somebody has broken the glass is told at whatever hour
    if case is None or parcel.kind == "alarm":
        return next_open(at, ALARM_HOURS, engine.rulebook.calendar(connection, ALARM_CALENDAR, at))
    rules = engine.rulebook.rules(connection, case.programme, case.version, at)
    return next_open(at, rules.definition.hours, rules.calendar)
