"""Rows of the outbox: messages on their way. A row is claimed with a lease and a fencing token, sent, and settled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.batch import Batch
from storage.tables import case, outbox

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


def lease_time(connection: Connection, now: datetime, real: bool) -> datetime:
    """Return the instant leases and pauses are measured by: in real time the database's, which all postmen share.

    Args:
        connection: the transaction that claims.
        now: the caller's instant; SQLite has one process, whose clock is as good as any.
        real: whether `now` is the world's time, not a demo's or a test's.
    """
    if not real or connection.dialect.name != "postgresql":
        return now
    told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return told


def lock_waiting(
    connection: Connection, now: datetime, limit: int, channel: str | None = None, leases: datetime | None = None
) -> list[Row[Any]]:
    """Lock up to `limit` messages that may leave now: queued ones whose time has come, and those whose lease ran out.

    Of one channel where `channel` names it. `leases` is the instant leases are measured by, `now` where not given.

    Their cases are locked first, as by everybody (facts/engine.md §2): an event on the case, such as a withdrawn
    consent, comes wholly before the claim or wholly after it. What somebody else holds is left for the next round.
    Messages that belong to no case come along, up to `limit` of them.

    Of a thread only the oldest may leave, so that a cancellation never overtakes its invitation. Other messages of the
    same deadlines come along beyond the limit: whoever decides them must see the newer ones.
    """
    ready = or_(
        (outbox.c.state == QUEUED) & (outbox.c.not_before <= now) & outbox.c.held_at.is_(None),
        (outbox.c.state == SENDING) & (outbox.c.leased_until <= (leases or now)),
    )
    if channel is not None:
        ready &= outbox.c.channel == channel
    earlier = outbox.alias("earlier")
    in_turn = or_(
        outbox.c.thread.is_(None),
        ~select(earlier.c.id)
        .where(earlier.c.thread == outbox.c.thread, earlier.c.id < outbox.c.id, earlier.c.state.in_([QUEUED, SENDING]))
        .exists(),
    )
    may_leave = outbox.c.state.in_([QUEUED, SENDING]) & ready & in_turn
    waiting = select(outbox.c.id, outbox.c.deadline_id).where(may_leave)
    first = waiting.order_by(outbox.c.not_before, outbox.c.id).limit(limit)
    of_cases = first.join(case, case.c.id == outbox.c.case_id).with_for_update(of=case, skip_locked=True)
    found = connection.execute(of_cases).all()
    wanted = {row.id for row in found}
    deadlines = {row.deadline_id for row in found if row.deadline_id is not None}
    if len(found) == limit and deadlines:
        wanted |= {row.id for row in connection.execute(waiting.where(outbox.c.deadline_id.in_(deadlines)))}
    wanted |= {row.id for row in connection.execute(first.where(outbox.c.case_id.is_(None)))}
    fresh = select(outbox).where(outbox.c.id.in_(wanted), may_leave).order_by(outbox.c.not_before, outbox.c.id)
    return list(connection.execute(fresh.with_for_update(of=outbox, skip_locked=True))) if wanted else []


def forget_recipients(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    """Forget whom earlier attempts of locked messages found: roles become people anew at every attempt.

    Else the name left by an attempt that failed would keep the person's other message of the same rung from leaving.
    """
    found = [row.id for row in rows if row.rung is not None and row.staff_id is not None]
    if found:
        connection.execute(update(outbox).where(outbox.c.id.in_(found)).values(staff_id=None))


def leased(message: Row[Any], until: datetime, **facts: Any) -> dict[str, Any]:
    """Return what a locked message is to be while it is claimed; its `lease` is the token its sender must show.

    Args:
        message: the row as it was locked.
        until: when anybody may claim it again, UTC.
        facts: further columns.
    """
    claim = {"lease": message.lease + 1, "leased_until": until, "attempts": message.attempts + 1}
    return {"id": message.id, "state": SENDING, **claim, **facts}


def write_leases(connection: Connection, claims: Sequence[Mapping[str, Any]]) -> None:
    """Claim locked messages; all rows must have the same columns.

    Raises:
        sqlalchemy.exc.IntegrityError: somebody else has just taken the same person's message of the same rung.
    """
    batch = Batch(connection)
    batch.update(outbox, claims)
    batch.send()


def release(connection: Connection, message_id: int, token: int, **values: Any) -> bool:
    """Write what became of a claimed message if the token is still the newest; say whether it was."""
    statement = update(outbox).where(outbox.c.id == message_id, outbox.c.lease == token, outbox.c.state == SENDING)
    return connection.execute(statement.values(leased_until=None, lost=0, **values)).rowcount == 1


def write_message(connection: Connection, message_id: int, **values: Any) -> None:
    """Write columns of a locked message."""
    connection.execute(update(outbox).where(outbox.c.id == message_id).values(**values))


def is_in_doubt(message: Row[Any]) -> bool:
    """Say whether a message may have left though nobody said so: its lease ran out, now or at an earlier attempt."""
    return bool(message.uncertain or message.state == SENDING)


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
    query = select(func.min(moment)).where(outbox.c.state.in_([QUEUED, SENDING]), outbox.c.held_at.is_(None))
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def posts_since(connection: Connection, unit_id: int, since: datetime, but: int, now: datetime) -> list[datetime]:
    """Return when Teams posts of a unit left since an instant, oldest first; those in somebody's hands leave now.

    Messages that left as one post count as one. `but` is the message that asks.
    """
    left = (outbox.c.outcome == "sent") & (outbox.c.done_at > since)
    query = select(outbox.c.done_at).where(
        outbox.c.channel == "teams",
        outbox.c.unit_id == unit_id,
        outbox.c.id != but,
        or_(left, outbox.c.state == SENDING),
        or_(outbox.c.post_id.is_(None), outbox.c.post_id == outbox.c.id),
    )
    return sorted(done_at or now for done_at in connection.execute(query).scalars())


def renew(connection: Connection, tokens: Mapping[int, int], until: datetime) -> set[int]:
    """Make claims (fencing tokens by message id) last until an instant; return the messages that are still claimed so.

    One whose lease has run out is kept as long as nobody else has claimed it.
    """
    if not tokens:
        return set()
    mine = tuple_(outbox.c.id, outbox.c.lease).in_(list(tokens.items())) & (outbox.c.state == SENDING)
    statement = update(outbox).where(mine).values(leased_until=until).returning(outbox.c.id)
    return set(connection.execute(statement).scalars())
