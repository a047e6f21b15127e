"""Messages that were queued and are no longer wanted: taken back in the transaction that made them so."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from engine.ladder_rows import quiet_of
from storage import ledger, outbox
from workflows.case import QuietKind
from workflows.ladders import Outcome, Reason


def cancel_unsent(connection: Connection, reasons: Mapping[int, Reason], now: datetime) -> None:
    """Suppress the unsent messages of deadlines that have ended or stand still; `reasons` by deadline id."""
    for message in outbox.queued_for(connection, list(reasons)):
        take_back(connection, message, Outcome.SUPPRESSED, reasons[message.deadline_id], now)


def mute_unsent(connection: Connection, quiets: Mapping[int, Sequence[Any]], now: datetime) -> None:
    """Suppress the unsent messages that an acknowledgement or snooze holds back; `quiets` by deadline id, as stored."""
    for message in outbox.queued_for(connection, list(quiets)):
        quiet = quiet_of(quiets[message.deadline_id])
        if quiet and (quiet.kind is QuietKind.SNOOZED or is_reminder(message.rung)):
            take_back(connection, message, Outcome.SUPPRESSED, Reason(quiet.kind.value), now)


def is_reminder(rung: str) -> bool:
    """Say whether a rung reminds or repeats: what an acknowledgement holds back (never a level's first escalation)."""
    return rung.startswith("r") or "#" in rung


def take_back(connection: Connection, message: Row[Any], outcome: Outcome, reason: Reason, now: datetime) -> None:
    """Settle an unsent, locked message without sending it, in the outbox and in the ledger.

    One whose postman was never heard of again may have left all the same: the outbox keeps that doubt.
    """
    settled = {"state": outbox.DONE, "outcome": outcome.value, "reason": reason.value, "done_at": now}
    outbox.write_message(connection, message.id, **settled, uncertain=outbox.is_in_doubt(message), leased_until=None)
    if message.rung is not None:
        ledger.settle_entry(
            connection,
            message.deadline_id,
            message.rung,
            message.slot,
            outcome=outcome.value,
            reason=reason.value,
            at=now,
        )
