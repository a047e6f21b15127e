"""A message leaves: claim, look again, send, record. At least once; a retry is the same message."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from engine.alarms import raise_alarm
from engine.outcomes import POISON, Returned, dropped, poisoned, record
from engine.parcels import Parcel
from engine.parts import Engine, MailSession
from engine.wanted import Desk, Drop, Postpone, Send, Verdict
from notifications.channels.teams import WebhookUrlError
from notifications.messages import Reason as Said
from notifications.outcomes import Accepted, DeliveryFailed
from notifications.recipients import Mailbox, TeamsConnection
from storage import outbox

log = structlog.get_logger(__name__)

BATCH = 100
LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of the postman did."""

    sent: int = 0
    dropped: int = 0
    postponed: int = 0
    failed: int = 0  # to be tried again, or given up

    def __add__(self, other: "Delivered") -> "Delivered":
        return Delivered(
            self.sent + other.sent,
            self.dropped + other.dropped,
            self.postponed + other.postponed,
            self.failed + other.failed,
        )

    @property
    def handled(self) -> int:
        """Return how many messages were looked at."""
        return self.sent + self.dropped + self.postponed + self.failed


def deliver(engine: Engine, now: datetime, limit: int = BATCH, most: int | None = None) -> Delivered:
    """Send what may leave at `now` (UTC), until nothing more may.

    Any number of postmen may run at once. One that is killed leaves leases behind that run out; what it had in hand is
    then sent again with the same Message-ID and marked as a possible duplicate.

    Args:
        engine: the parts.
        now: the instant, UTC.
        limit: how many messages one claim takes.
        most: stop after about so many.
    """
    total = Delivered()
    if engine.email is None:
        return total  # without a mail server everything waits, and `doctor` says so: nothing is given up
    while most is None or total.handled < most:
        done, parcels = claim(engine, now, limit)
        done += _send_all(engine, parcels, now)
        total += done
        if done.handled == 0:
            break
    return total


def claim(engine: Engine, now: datetime, limit: int) -> tuple[Delivered, list[Parcel]]:
    """Claim messages and say which of them to send; the rest is settled or put off in the same transaction."""
    try:
        with engine.database.write() as connection:
            return _claim(engine, connection, now, limit)
    except IntegrityError:
        # Another postman has just taken the same person's message of the same rung; the next round sees it.
        return Delivered(), []


def _claim(engine: Engine, connection: Connection, now: datetime, limit: int) -> tuple[Delivered, list[Parcel]]:
    rows = outbox.lock_waiting(connection, now, limit)
    if not rows:
        return Delivered(), []
    outbox.forget_recipients(connection, rows)
    desk = Desk.prepare(engine, connection, rows, now)
    parcels: list[Parcel] = []
    done = Delivered()
    for row in desk.in_order(rows):
        verdict = _judged(desk, row)
        match verdict:
            case None:
                poisoned(desk, row)
                done += Delivered(failed=1)
            case Send():
                parcels.append(_leased(desk, row, verdict))
            case Drop():
                dropped(desk, row, verdict)
                done += Delivered(dropped=1)
            case Postpone():
                outbox.write_message(
                    connection, row.id, state=outbox.QUEUED, not_before=verdict.until, leased_until=None
                )
                done += Delivered(postponed=1)
    return done, parcels


def _judged(desk: Desk, row: Row[Any]) -> Verdict | None:
    """Return the verdict on a message; None when it raises, whatever it raises: one message never stops the post."""
    try:
        return desk.judge(row)
    except SQLAlchemyError:
        raise  # the transaction is broken, not the message
    except Exception as error:  # noqa: BLE001 - see above
        log.error("message_poisoned", message_id=row.id, kind=row.kind, error=type(error).__name__)  # noqa: TRY400 - tracebacks may quote values
        return None


def _leased(desk: Desk, row: Row[Any], verdict: Send) -> Parcel:
    uncertain = row.uncertain or row.state == outbox.SENDING  # a lease ran out: nobody knows what became of it
    token = outbox.lease(
        desk.connection,
        row.id,
        desk.now,
        LEASE,
        staff_id=verdict.staff_id,
        unit_id=verdict.unit_id,
        uncertain=uncertain,
    )
    if verdict.stand_in_for is not None:
        watched, case = desk.deadlines[row.deadline_id], desk.cases[row.case_id]
        about = verdict.stand_in_for
        raise_alarm(
            desk.engine, desk.connection, case, watched.kind, watched.due_on, Said.NOBODY_FOUND, about, desk.now
        )
    return Parcel(
        message_id=row.id,
        token=token,
        key=row.key,
        kind=row.kind,
        to=verdict.to,
        message=verdict.message,
        attempts=row.attempts + 1,
        uncertain=uncertain,
        staff_id=verdict.staff_id,
        unit_id=verdict.unit_id,
        case_id=row.case_id,
        deadline_id=row.deadline_id,
        rung=row.rung,
        slot=row.slot,
        late=bool(row.payload.get("late", False)),
    )


def _send_all(engine: Engine, parcels: list[Parcel], now: datetime) -> Delivered:
    done = Delivered()
    with ExitStack() as stack:
        session = stack.enter_context(engine.email.open()) if engine.email else None
        for parcel in parcels:
            if not _is_still_ours(engine, parcel):
                continue
            returned = send(engine, session, parcel)
            record(engine, parcel, returned, now)
            done += Delivered(sent=1) if isinstance(returned, Accepted) else Delivered(failed=1)
    return done


def _is_still_ours(engine: Engine, parcel: Parcel) -> bool:
    """Say whether nobody has claimed a parcel since: a postman who was stopped for a while must not send it too."""
    with engine.database.read() as connection:
        return outbox.is_claimed(connection, parcel.message_id, parcel.token)


def send(engine: Engine, session: MailSession | None, parcel: Parcel) -> Returned:
    """Hand a parcel to its channel and return what came of it."""
    try:
        match parcel.to:
            case Mailbox() if session is not None:
                return session.send(parcel.key, parcel.to, parcel.message, uncertain=parcel.uncertain)
            case TeamsConnection() if engine.teams is not None:
                return engine.teams.send(parcel.key, parcel.to, parcel.message, uncertain=parcel.uncertain)
            case _:
                return DeliveryFailed("no_channel", permanent=True)
    except DeliveryFailed as failure:
        return failure
    except WebhookUrlError:
        return DeliveryFailed("webhook_url", permanent=True, channel_broken=True)
    except Exception as error:  # noqa: BLE001 - a message that cannot be rendered must not stop the ones behind it
        log.error("message_poisoned", message_id=parcel.message_id, kind=parcel.kind, error=type(error).__name__)  # noqa: TRY400 - tracebacks may quote values
        return DeliveryFailed(POISON, permanent=True)
