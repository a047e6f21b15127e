"""Rows of the outbox: messages on their way. A row is claimed with a lease and a fencing token, sent, and settled."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import outbox

QUEUED, SENDING, DONE, DEAD = "queued", "sending", "done", "dead"


def insert_messages(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue messages."""
    if rows:
        connection.execute(insert(outbox), rows)


def insert_if_new(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Queue a message unless one with its key was queued before; say whether it was new."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(outbox).values(**row).on_conflict_do_nothing(index_elements=["key"])
    return connection.execute(statement.returning(outbox.c.id)).first() is not None


def lock_waiting(connection: Connection, now: datetime, limit: int) -> list[Row[Any]]:
    """Lock up to `limit` messages that may leave now: queued ones whose time has come, and those whose lease ran out.

    Of a thread only the oldest may leave, so that a cancellation never overtakes its invitation. Other messages of the
    same deadlines come along beyond the limit: whoever decides them must see the newer ones.
    """
    ready = or_(
        (outbox.c.state == QUEUED) & (outbox.c.not_before <= now),
        (outbox.c.state == SENDING) & (outbox.c.leased_until <= now),
    )
    earlier = outbox.alias("earlier")
    in_turn = or_(
        outbox.c.thread.is_(None),
        ~select(earlier.c.id)
        .where(earlier.c.thread == outbox.c.thread, earlier.c.id < outbox.c.id, earlier.c.state.in_([QUEUED, SENDING]))
        .exists(),
    )
    waiting = select(outbox).where(outbox.c.state.in_([QUEUED, SENDING]), ready, in_turn)
    first = waiting.order_by(outbox.c.not_before, outbox.c.id).limit(limit).with_for_update(of=outbox, skip_locked=True)
    rows = list(connection.execute(first))
    deadlines = {row.deadline_id for row in rows if row.deadline_id is not None}
    if len(rows) == limit and deadlines:
        known = [row.id for row in rows]
        siblings = waiting.where(outbox.c.deadline_id.in_(deadlines), outbox.c.id.not_in(known))
        rows.extend(connection.execute(siblings.with_for_update(of=outbox, skip_locked=True)))
    return rows


def lease(connection: Connection, message_id: int, now: datetime, duration: timedelta, **facts: Any) -> int:
    """Claim a locked message until `now + duration`; return the fencing token its sender must show."""
    statement = (
        update(outbox)
        .where(outbox.c.id == message_id)
        .values(
            state=SENDING,
            lease=outbox.c.lease + 1,
            leased_until=now + duration,
            attempts=outbox.c.attempts + 1,
            **facts,
        )
        .returning(outbox.c.lease)
    )
    token: int = connection.execute(statement).scalar_one()
    return token


def release(connection: Connection, message_id: int, token: int, **values: Any) -> bool:
    """Write what became of a claimed message if the token is still the newest; say whether it was."""
    statement = update(outbox).where(outbox.c.id == message_id, outbox.c.lease == token, outbox.c.state == SENDING)
    return connection.execute(statement.values(leased_until=None, **values)).rowcount == 1


def write_message(connection: Connection, message_id: int, **values: Any) -> None:
    """Write columns of a locked message."""
    connection.execute(update(outbox).where(outbox.c.id == message_id).values(**values))


def find_message(connection: Connection, message_id: int) -> Row[Any]:
    """Return a message that is known to exist."""
    return connection.execute(select(outbox).where(outbox.c.id == message_id)).one()


def queued_for(connection: Connection, deadline_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Return the unsent messages of deadlines, locked."""
    query = select(outbox).where(outbox.c.deadline_id.in_(deadline_ids), outbox.c.state == QUEUED)
    return connection.execute(query.with_for_update()).all()


def next_moment(connection: Connection) -> datetime | None:
    """Return when the next message may leave, None when none waits."""
    moment = func.coalesce(outbox.c.leased_until, outbox.c.not_before)
    query = select(func.min(moment)).where(outbox.c.state.in_([QUEUED, SENDING]))
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def sent_since(connection: Connection, unit_id: int, since: datetime) -> list[datetime]:
    """Return when Teams messages of a unit left since an instant, oldest first."""
    query = select(outbox.c.done_at).where(
        outbox.c.channel == "teams", outbox.c.unit_id == unit_id, outbox.c.done_at > since, outbox.c.outcome == "sent"
    )
    return sorted(connection.execute(query).scalars())
