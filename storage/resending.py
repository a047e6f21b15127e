"""Rows of messages that somebody decides about: found, locked, put back in the queue; and what was decided."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from storage.feed_tables import message_decision
from storage.outbox import QUEUED
from storage.tables import case, outbox, staff

FAILED = outbox.c.outcome == "failed"


def case_of(connection: Connection, message_id: int) -> Row[Any] | None:
    """Return (case_id,) of a message, not locked; None when there is no such message."""
    return connection.execute(select(outbox.c.case_id).where(outbox.c.id == message_id)).one_or_none()


def lock_message(connection: Connection, message_id: int) -> Row[Any]:
    """Return a message, locked; its case is locked already."""
    return connection.execute(select(outbox).where(outbox.c.id == message_id).with_for_update()).one()


def lock_failed(
    connection: Connection, after: int, limit: int, channel: str | None, unit_id: int | None
) -> Sequence[Row[Any]]:
    """Return failed messages by id, of one channel and unit where they are given, their cases locked before them."""
    some = select(outbox.c.id, outbox.c.case_id).where(FAILED, outbox.c.id > after).order_by(outbox.c.id).limit(limit)
    if channel is not None:
        some = some.where(outbox.c.channel == channel)
    if unit_id is not None:
        some = some.join(case, case.c.id == outbox.c.case_id).where(case.c.unit_id == unit_id)
    found = connection.execute(some).all()
    of_cases = sorted({row.case_id for row in found if row.case_id is not None})
    connection.execute(select(case.c.id).where(case.c.id.in_(of_cases)).order_by(case.c.id).with_for_update()).all()
    mine = select(outbox).where(outbox.c.id.in_([row.id for row in found]), FAILED).order_by(outbox.c.id)
    return connection.execute(mine.with_for_update()).all()


def requeue(connection: Connection, message_id: int, now: datetime, *, uncertain: bool) -> None:
    """Put a locked message back in the queue, as the same message with a fresh budget of attempts."""
    fresh = {"state": QUEUED, "attempts": 0, "lost": 0, "not_before": now, "uncertain": uncertain}
    blank = dict.fromkeys(("leased_until", "error", "outcome", "reason", "done_at", "held_at", "post_id"))
    connection.execute(update(outbox).where(outbox.c.id == message_id).values(**fresh, **blank))


def is_overtaken(connection: Connection, thread: str, message_id: int) -> bool:
    """Say whether a newer message of a thread exists (a cancellation after its invitation)."""
    newer = select(outbox.c.id).where(outbox.c.thread == thread, outbox.c.id > message_id).limit(1)
    return connection.execute(newer).first() is not None


def slots_of_rung(connection: Connection, deadline_id: int, rung: str) -> set[str]:
    """Return the slots a rung has been sent to, or is to be."""
    query = select(outbox.c.slot).where(outbox.c.deadline_id == deadline_id, outbox.c.rung == rung)
    return set(connection.execute(query).scalars())


def note_decision(connection: Connection, **values: Any) -> None:
    """Keep what somebody decided about a message."""
    connection.execute(insert(message_decision).values(**values))


def decisions_about(connection: Connection, message_ids: Collection[int]) -> dict[int, Any]:
    """Return (at, by, decision, number) of the newest decision about each of these messages."""
    newest = (
        select(func.max(message_decision.c.id).label("id"), func.count().label("number"))
        .where(message_decision.c.outbox_id.in_(message_ids))
        .group_by(message_decision.c.outbox_id)
        .subquery()
    )
    columns = (message_decision.c.outbox_id, message_decision.c.at, message_decision.c.decision)
    query = (
        select(*columns, staff.c.name.label("by"), newest.c.number)
        .join(newest, newest.c.id == message_decision.c.id)
        .outerjoin(staff, staff.c.id == message_decision.c.actor_id)
    )
    return {row.outbox_id: row for row in connection.execute(query)}
