"""Rows of webhooks: subscriptions, and what is to be posted to them. Claimed with a lease and a fencing token."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, text, update

from storage.api_tables import webhook, webhook_event, webhook_message
from storage.tables import case

QUEUED, SENDING, DONE, DEAD = "queued", "sending", "done", "dead"
Subscribed = frozenset[tuple[int, str]]
"""Subscriptions by id, and an event that each wants."""


def subscribed(connection: Connection) -> Subscribed:
    """Return who wants to be told of which events."""
    wanted = select(webhook_event.c.webhook_id, webhook_event.c.event).join(
        webhook, webhook.c.id == webhook_event.c.webhook_id
    )
    return frozenset((row[0], row[1]) for row in connection.execute(wanted.where(webhook.c.active)))


def insert_webhook(connection: Connection, label: str, now: datetime) -> int:
    """Add a subscription that is not active yet, and return its id: its seals are bound to it."""
    row = {"label": label, "sealed_url": b"", "sealed_secret": b"", "active": False, "created_at": now}
    made: int = connection.execute(insert(webhook).values(**row).returning(webhook.c.id)).scalar_one()
    return made


def write_webhook(connection: Connection, webhook_id: int, **values: Any) -> bool:
    """Write columns of a subscription; say whether there is one."""
    known = update(webhook).where(webhook.c.id == webhook_id, webhook.c.removed.is_(False))
    return connection.execute(known.values(**values)).rowcount == 1


def write_events(connection: Connection, webhook_id: int, events: Sequence[str]) -> None:
    """Let a subscription want these events and no others."""
    connection.execute(delete(webhook_event).where(webhook_event.c.webhook_id == webhook_id))
    connection.execute(insert(webhook_event), [{"webhook_id": webhook_id, "event": name} for name in events])


def webhooks(connection: Connection) -> Sequence[Row[Any]]:
    """Return the subscriptions that were not removed, oldest first."""
    return connection.execute(select(webhook).where(webhook.c.removed.is_(False)).order_by(webhook.c.id)).all()


def find_webhook(connection: Connection, webhook_id: int) -> Row[Any] | None:
    """Return a subscription; None when there is none, or not any more."""
    query = select(webhook).where(webhook.c.id == webhook_id, webhook.c.removed.is_(False))
    return connection.execute(query).one_or_none()


def events_of(connection: Connection) -> dict[int, list[str]]:
    """Return the events each subscription wants, in order."""
    found: dict[int, list[str]] = {}
    for row in connection.execute(select(webhook_event).order_by(webhook_event.c.event)):
        found.setdefault(row.webhook_id, []).append(row.event)
    return found


def counts(connection: Connection) -> dict[tuple[int, str], int]:
    """Return how many messages each subscription has in each status."""
    key = (webhook_message.c.webhook_id, webhook_message.c.status)
    return {(row[0], row[1]): row[2] for row in connection.execute(select(*key, func.count()).group_by(*key))}


def messages_of(connection: Connection, webhook_id: int, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Return messages of a subscription, the newest first, from before an id."""
    query = _with_case().where(webhook_message.c.webhook_id == webhook_id)
    if before is not None:
        query = query.where(webhook_message.c.id < before)
    return connection.execute(query.order_by(webhook_message.c.id.desc()).limit(limit)).all()


def find_message(connection: Connection, webhook_id: int, message_id: int) -> Row[Any] | None:
    """Return one message of a subscription; None when there is none."""
    query = _with_case().where(webhook_message.c.webhook_id == webhook_id, webhook_message.c.id == message_id)
    return connection.execute(query).one_or_none()


def queue_again(connection: Connection, message_id: int, now: datetime) -> None:
    """Let a message leave anew, whatever became of it. What is being posted at this moment is left to whoever does."""
    again = {"status": QUEUED, "attempts": 0, "not_before": now, "leased_until": None, "error": None, "done_at": None}
    ours = update(webhook_message).where(webhook_message.c.id == message_id, webhook_message.c.status != SENDING)
    connection.execute(ours.values(**again))


def claim_messages(
    connection: Connection, now: datetime, leases: datetime, until: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Claim messages that may be posted now: each row with its subscription's seals and its case, its lease renewed.

    Args:
        connection: the transaction that claims.
        now: the instant, UTC.
        leases: the instant leases are measured by, UTC.
        until: when anybody may claim them again.
        limit: how many at most.
    """
    ready = or_(
        (webhook_message.c.status == QUEUED) & (webhook_message.c.not_before <= now),
        (webhook_message.c.status == SENDING) & (webhook_message.c.leased_until <= leases),
    )
    open_now = webhook.c.active & or_(webhook.c.rests_until.is_(None), webhook.c.rests_until <= now)
    first = (
        select(webhook_message.c.id)
        .join(webhook, webhook.c.id == webhook_message.c.webhook_id)
        .where(webhook_message.c.status.in_([QUEUED, SENDING]), ready, open_now)
        .order_by(webhook_message.c.not_before, webhook_message.c.id)
        .limit(limit)
        .with_for_update(of=webhook_message, skip_locked=True)
    )
    ids = list(connection.execute(first).scalars())
    if not ids:
        return []
    claim = {"status": SENDING, "lease": webhook_message.c.lease + 1, "attempts": webhook_message.c.attempts + 1}
    connection.execute(update(webhook_message).where(webhook_message.c.id.in_(ids)).values(leased_until=until, **claim))
    sealed = _with_case().add_columns(webhook.c.sealed_url, webhook.c.sealed_secret)
    claimed = sealed.join(webhook, webhook.c.id == webhook_message.c.webhook_id).where(webhook_message.c.id.in_(ids))
    return connection.execute(claimed.order_by(webhook_message.c.not_before, webhook_message.c.id)).all()


def settle_message(connection: Connection, message_id: int, lease: int, **values: Any) -> bool:
    """Write what became of a claimed message if the claim is still the newest; say whether it was."""
    mine = (webhook_message.c.id == message_id, webhook_message.c.lease == lease, webhook_message.c.status == SENDING)
    return connection.execute(update(webhook_message).where(*mine).values(leased_until=None, **values)).rowcount == 1


def _with_case() -> Select[Any]:
    return select(webhook_message, case.c.ref, case.c.programme).join(case, case.c.id == webhook_message.c.case_id)


def any_waits(connection: Connection, now: datetime) -> bool:
    """Say whether a message may be posted at `now` (UTC)."""
    moment = func.coalesce(webhook_message.c.leased_until, webhook_message.c.not_before)
    # As it is written in the partial index: neither database would know it by parameters.
    query = select(webhook_message.c.id).where(text("status IN ('queued', 'sending')"), moment <= now).limit(1)
    return connection.execute(query).first() is not None


def waits_since(connection: Connection, webhook_id: int) -> datetime | None:
    """Return when the oldest event happened that a subscriber has not been told of; None when there is none."""
    waiting = webhook_message.c.status.in_([QUEUED, SENDING])
    query = select(func.min(webhook_message.c.at)).where(webhook_message.c.webhook_id == webhook_id, waiting)
    found: datetime | None = connection.execute(query).scalar_one()
    return found
