"""What people decide about messages that do not get through: try again, or go another way.

The ledger keeps one entry for each rung and slot: a message that is tried again lets its entry wait again, one that
goes another way gets an entry of its own. Who decided what is kept beside the message.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from access.actors import Actor
from access.rules import Action
from engine.authorising import authorise_anywhere
from engine.ladder_rows import quiet_of
from engine.other_ways import insert_other_way, levels_above
from engine.parts import Engine
from engine.slots import fallback_slot
from engine.staffing import unit_id_of
from engine.unsent import is_reminder, take_back
from storage import cases, deadlines, ledger, outbox, resending
from storage.cases import CaseRow
from storage.tables import deadline
from workflows.case import QuietKind
from workflows.dates import local_date
from workflows.errors import BevakaError
from workflows.ladders import Outcome, Reason
from workflows.model import Definition

BATCH = 200
RETRIED, REROUTED = "retried", "rerouted"


class WhyNot(StrEnum):
    """Why a message is not sent again, or not that way."""

    NOT_FAILED = "not_failed"  # it waits, is on its way, or has left
    IN_HAND = "in_hand"  # a postman has it just now
    ENDED = "ended"  # what it was about is over
    PAUSED = "paused"
    QUIET = "quiet"  # acknowledged or snoozed meanwhile
    OVERTAKEN = "overtaken"  # a newer message says otherwise
    NO_WAY = "no_way"  # there is no such way, or it was tried already


class ResendRefusedError(BevakaError):
    """A message cannot be sent again, or not that way; `allowed` names the ways there are."""

    def __init__(self, cause: WhyNot, allowed: tuple[str, ...] = ()) -> None:
        self.cause = cause
        self.allowed = allowed
        super().__init__(f"the message is not sent: {cause}" + (f"; ways: {', '.join(allowed)}" if allowed else ""))


class MessageNotFoundError(BevakaError):
    """There is no such message."""

    def __init__(self) -> None:
        super().__init__("there is no such message")


@dataclass(frozen=True, slots=True)
class Resent:
    """How many messages are back in the queue, and how many are not because nobody wants them any more."""

    again: int
    left: int


def retry(engine: Engine, message_id: int, actor: Actor, now: datetime) -> None:
    """Put a failed message back in the queue: the same message, marked as a possible duplicate if it may have left.

    Raises:
        NotAllowedError: the actor may not decide about messages.
        MessageNotFoundError: there is none.
        ResendRefusedError: it did not fail, or what it says is over.
    """
    authorise_anywhere(actor, Action.RESEND)
    with engine.database.write() as connection:
        _case_locked(connection, message_id)
        cause = _again(connection, resending.lock_message(connection, message_id), actor, now)
        if cause is not None:
            raise ResendRefusedError(cause)
    engine.nudge()


def retry_failed(
    engine: Engine, actor: Actor, now: datetime, *, channel: str | None = None, unit: str | None = None
) -> Resent:
    """Put every failed message back in the queue, of one channel and unit (its code) where they are given.

    What is over, paused or overtaken stays as it is.

    Raises:
        NotAllowedError: the actor may not decide about messages.
        UnknownUnitError: there is no such unit.
    """
    authorise_anywhere(actor, Action.RESEND)
    again = left = last = 0
    while True:
        with engine.database.write() as connection:
            unit_id = unit_id_of(connection, unit) if unit is not None else None
            rows = resending.lock_failed(connection, last, BATCH, channel, unit_id)
            causes = [_again(connection, row, actor, now) for row in rows]
        again, left = again + causes.count(None), left + len(causes) - causes.count(None)
        if not rows:
            break
        last = rows[-1].id
    engine.nudge()
    return Resent(again, left)


def reroute(engine: Engine, message_id: int, role: str | None, actor: Actor, now: datetime) -> str:
    """Send what a message says another way, by email to `role` (None: the nearest level), and return the role.

    One that still waits is settled as re-routed; one that failed stays so.

    Raises:
        NotAllowedError, MessageNotFoundError: as for `retry`.
        ResendRefusedError: there is no such way, or what it says is over.
    """
    authorise_anywhere(actor, Action.RESEND)
    with engine.database.write() as connection:
        case = _case_locked(connection, message_id)
        message = resending.lock_message(connection, message_id)
        found = _reroute(engine, connection, case, message, role, actor, now)
    engine.nudge()
    return found


def ways_left(definition: Definition, kind: str, slot: str, used: set[str]) -> tuple[str, ...]:
    """Return the roles a rung's message may go to instead, the nearest first, without those it was sent to already."""
    return tuple(role for role in levels_above(definition, kind, slot) if fallback_slot(role) not in used)


def why_not_again(message: Any, watched: Any, now: datetime, *, overtaken: bool = False) -> WhyNot | None:
    """Return why a failed message would not be sent again; None when it would.

    Args:
        message: its row.
        watched: `status`, `paused` and `quiet` of its deadline; None for what is about no deadline.
        now: the instant, UTC.
        overtaken: whether a newer message of its thread exists.
    """
    if message.outcome != Outcome.FAILED:
        return WhyNot.NOT_FAILED
    if overtaken or (message.kind == "digest" and local_date(message.created_at) < local_date(now)):
        return WhyNot.OVERTAKEN
    return _over(message, watched, now) if watched is not None else None


def _over(message: Any, watched: Any, now: datetime) -> WhyNot | None:
    if watched.status != deadlines.OPEN:
        return WhyNot.ENDED
    if watched.paused:
        return WhyNot.PAUSED
    quiet = quiet_of(watched.quiet)
    if quiet is None or quiet.until_on <= local_date(now):
        return None
    return WhyNot.QUIET if quiet.kind is QuietKind.SNOOZED or is_reminder(message.rung or "") else None


def _again(connection: Connection, message: Row[Any], actor: Actor, now: datetime) -> WhyNot | None:
    overtaken = message.thread is not None and resending.is_overtaken(connection, message.thread, message.id)
    cause = why_not_again(message, _watched(connection, message), now, overtaken=overtaken)
    if cause is not None:
        return cause
    resending.requeue(connection, message.id, now, uncertain=outbox.is_in_doubt(message))
    if message.deadline_id is not None and message.rung is not None:
        ledger.reopen_entry(connection, message.deadline_id, message.rung, message.slot)
    _note(connection, message, RETRIED, actor, now)
    return None


def _reroute(
    engine: Engine,
    connection: Connection,
    case: CaseRow | None,
    message: Row[Any],
    role: str | None,
    actor: Actor,
    now: datetime,
) -> str:
    watched = _watched(connection, message)
    if case is None or watched is None or message.rung is None:
        raise ResendRefusedError(WhyNot.NO_WAY)
    waits = message.state == outbox.QUEUED
    if not waits and message.outcome != Outcome.FAILED:
        raise ResendRefusedError(WhyNot.IN_HAND if message.state == outbox.SENDING else WhyNot.NOT_FAILED)
    over = _over(message, watched, now)
    if over is not None:
        raise ResendRefusedError(over)
    rules = engine.rulebook.rules(connection, case.programme, case.version, now)
    used = resending.slots_of_rung(connection, watched.id, message.rung)
    ways = ways_left(rules.definition, watched.kind, message.slot, used)
    if not ways or (role or ways[0]) not in ways:
        raise ResendRefusedError(WhyNot.NO_WAY, ways)
    chosen = role or ways[0]
    if waits:
        take_back(connection, message, Outcome.SUPPRESSED, Reason.REROUTED, now)
    slot = insert_other_way(connection, rules, case, watched, message, chosen, now)
    _note(connection, message, REROUTED, actor, now, slot=slot)
    return chosen


def _case_locked(connection: Connection, message_id: int) -> CaseRow | None:
    """Lock the case of a message: everybody does so before what belongs to it. None for what is about no case."""
    found = resending.case_of(connection, message_id)
    if found is None:
        raise MessageNotFoundError
    return cases.find_case_by_id(connection, found.case_id, lock=True) if found.case_id is not None else None


def _watched(connection: Connection, message: Row[Any]) -> Row[Any] | None:
    if message.deadline_id is None:
        return None
    return connection.execute(select(deadline).where(deadline.c.id == message.deadline_id)).one()


def _note(
    connection: Connection, message: Row[Any], decision: str, actor: Actor, now: datetime, slot: str | None = None
) -> None:
    resending.note_decision(
        connection,
        outbox_id=message.id,
        at=now,
        actor_id=actor.staff_id,
        actor=actor.kind.value,
        decision=decision,
        error=message.error,
        slot=slot,
    )
