"""A message leaves: claim, look again, send, record. At least once; a retry is the same message."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from engine import leases
from engine.alarms import raise_alarm
from engine.delivered import Delivered
from engine.holding import may_leave
from engine.outcomes import POSTMAN_KILLED, dropped, poisoned
from engine.parcels import Parcel
from engine.parts import Engine
from engine.posts import joined
from engine.sending import Moment, send_all
from engine.side_by_side import Company
from engine.wanted import Desk, Drop, Postpone, Send, Verdict
from notifications.messages import Reason as Said
from storage import circuits, outbox
from storage.circuits import Gate

__all__ = ["BATCH", "Delivered", "claim", "deliver"]

log = structlog.get_logger(__name__)

BATCH = 100
LOST_LEASES = 5  # in a row, without a word of what became of the message: it kills its postmen
CHANNELS = ("email", "teams")


@dataclass(frozen=True, slots=True)
class Turn:
    """How one claim may go about it: through what, and the instant that leases and pauses are measured by."""

    channel: str
    gate: Gate
    leases: datetime
    claims: list[dict[str, Any]] = field(default_factory=list)  # to be written together


def deliver(
    engine: Engine,
    now: datetime,
    limit: int = BATCH,
    most: int | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Delivered:
    """Send what may leave at `now` (UTC), until nothing more may.

    Any number of postmen may run at once. One that is killed leaves leases behind that run out; what it had in hand is
    then sent again, one by one, with the same Message-ID and marked as a possible duplicate.

    Args:
        engine: the parts.
        now: the instant, UTC.
        limit: how many messages one claim takes.
        most: stop after about so many.
        clock: tells the time anew for every claim; without it all happens at `now`.
    """
    if engine.email is None:
        return Delivered()  # without a mail server everything waits, and `doctor` says so: nothing is given up
    if not may_leave(engine, now):
        return Delivered(on_hold=True)
    moment = clock or (lambda: now)
    total = Delivered()
    while most is None or total.handled < most:
        done = (
            _side_by_side(engine, moment, limit)
            if engine.real_time and most is None
            else _in_turn(engine, moment, limit)
        )
        total += done
        if done.handled == 0:
            break
    return total


def _in_turn(engine: Engine, moment: Moment, limit: int) -> Delivered:
    rounds = (_round(engine, moment, limit, channel) for channel in CHANNELS)
    return sum(rounds, Delivered())


def _side_by_side(engine: Engine, moment: Moment, limit: int) -> Delivered:
    """Give each channel a thread of its own: one that hangs holds up no other."""
    company = Company(len(CHANNELS))

    def walk(channel: str) -> Delivered:
        return company.work(lambda: _round(engine, moment, limit, channel), Delivered())

    with ThreadPoolExecutor(len(CHANNELS), thread_name_prefix="postman") as pool, company:
        return sum(pool.map(walk, CHANNELS), Delivered())


def _round(engine: Engine, moment: Moment, limit: int, channel: str) -> Delivered:
    begun = moment()
    done, parcels = claim(engine, begun, limit, (channel,))
    return done + send_all(engine, parcels, moment, begun)


def claim(
    engine: Engine, now: datetime, limit: int, channels: Sequence[str] = CHANNELS
) -> tuple[Delivered, list[Parcel]]:
    """Claim messages and say which of them to send; the rest is settled or put off in the same transaction."""
    done, parcels = Delivered(), list[Parcel]()
    for channel in channels:
        try:
            with engine.database.write() as connection:
                looked, claimed = _claim(engine, connection, channel, now, limit)
        except IntegrityError:
            # Another postman has just taken the same person's message of the same rung; the next round sees it.
            continue
        done += looked
        parcels += claimed
    return done, parcels


def _claim(
    engine: Engine, connection: Connection, channel: str, now: datetime, limit: int
) -> tuple[Delivered, list[Parcel]]:
    shared = outbox.lease_time(connection, now, engine.real_time)
    gate = circuits.gate(connection, channel, shared)
    if gate is Gate.OPEN:
        return Delivered(), []
    turn = Turn(channel, gate, shared)
    size = 1 if gate is Gate.PROBE else limit
    rows = _one_suspect_at_a_time(outbox.lock_waiting(connection, now, size, channel, turn.leases))
    if not rows:
        return Delivered(), []
    outbox.forget_recipients(connection, rows)
    return _settled(Desk.prepare(engine, connection, rows, now), rows, turn)


def _one_suspect_at_a_time(rows: list[Row[Any]]) -> list[Row[Any]]:
    """Leave of messages that may have killed their postman only the first, so that it can kill no other with it.

    What is newer of the same deadline comes along: it may make the message needless.
    """
    first = next((row for row in rows if _is_suspect(row)), None)
    if first is None:
        return rows
    near = (row for row in rows if row.deadline_id == first.deadline_id is not None and not _is_suspect(row))
    return [first, *near]


def _is_suspect(row: Row[Any]) -> bool:
    return bool(row.state == outbox.SENDING or row.lost > 0)


def _settled(desk: Desk, rows: Sequence[Row[Any]], turn: Turn) -> tuple[Delivered, list[Parcel]]:
    parcels: list[Parcel] = []
    done = Delivered(reclaimed=sum(row.state == outbox.SENDING for row in rows))
    if done.reclaimed:
        log.warning("lease_ran_out", messages=done.reclaimed, channel=turn.channel)
    for row in desk.in_order(rows):
        if parcels and turn.gate is Gate.PROBE:
            break  # one is enough; the others are left as they were
        if _after_losing(row)["lost"] >= LOST_LEASES:
            log.error("message_killed_its_postmen", message_id=row.id, kind=row.kind)
            poisoned(desk, row, POSTMAN_KILLED)
            done += Delivered(failed=1)
            continue
        verdict = _judged(desk, row)
        match verdict:
            case None:
                poisoned(desk, row)
                done += Delivered(failed=1)
            case Send():
                parcels.append(_leased(desk, row, verdict, turn))
            case Drop():
                dropped(desk, row, verdict)
                done += Delivered(dropped=1)
            case Postpone():
                _postponed(desk, row, verdict)
                done += Delivered(postponed=1)
    outbox.write_leases(desk.connection, turn.claims)
    if parcels and turn.gate is Gate.PROBE:
        circuits.begin_probe(desk.connection, turn.channel, turn.leases)
    return done, joined(parcels)


def _after_losing(row: Row[Any]) -> dict[str, Any]:
    """Return what is known of a message whose lease may have run out: nobody can say what became of it."""
    ran_out = row.state == outbox.SENDING
    return {"uncertain": row.uncertain or ran_out, "lost": row.lost + ran_out}


def _postponed(desk: Desk, row: Row[Any], verdict: Postpone) -> None:
    later = {"state": outbox.QUEUED, "not_before": verdict.until, "leased_until": None}
    outbox.write_message(desk.connection, row.id, **later, **_after_losing(row))


def _judged(desk: Desk, row: Row[Any]) -> Verdict | None:
    """Return the verdict on a message; None when it raises, whatever it raises: one message never stops the post."""
    try:
        return desk.judge(row)
    except SQLAlchemyError:
        raise  # the transaction is broken, not the message
    except Exception as error:  # noqa: BLE001 - see above
        log.error("message_poisoned", message_id=row.id, kind=row.kind, error=type(error).__name__)  # noqa: TRY400 - tracebacks may quote values
        return None


def _leased(desk: Desk, row: Row[Any], verdict: Send, turn: Turn) -> Parcel:
    claim = outbox.leased(
        row,
        turn.leases + leases.LEASE,
        staff_id=verdict.staff_id,
        unit_id=verdict.unit_id,
        post_id=verdict.post_id,
        **_after_losing(row),
    )
    if turn.channel == "teams":
        outbox.write_leases(desk.connection, [claim])  # the verdict on the next one counts the posts under way
    else:
        turn.claims.append(claim)
    if verdict.stand_in_for is not None:
        watched, case = desk.deadlines[row.deadline_id], desk.cases[row.case_id]
        about = verdict.stand_in_for
        raise_alarm(
            desk.engine, desk.connection, case, watched.kind, watched.due_on, Said.NOBODY_FOUND, about, desk.now
        )
    return Parcel(
        message_id=row.id,
        token=claim["lease"],
        key=row.key,
        kind=row.kind,
        to=verdict.to,
        message=verdict.message,
        attempts=row.attempts + 1,
        uncertain=_after_losing(row)["uncertain"],
        staff_id=verdict.staff_id,
        unit_id=verdict.unit_id,
        case_id=row.case_id,
        deadline_id=row.deadline_id,
        rung=row.rung,
        slot=row.slot,
        late=bool(row.payload.get("late", False)),
        channel=row.channel,
        probe=turn.gate is Gate.PROBE,
        post_id=verdict.post_id,
    )
