"""Rows of calendar feeds: found by the hash of their secret, counted by the hour, revoked."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from storage.feed_tables import calendar_feed


def put_feed(connection: Connection, staff_id: int, token_hash: str, now: datetime) -> None:
    """Keep a new feed of a member of staff; those she had open nothing any more."""
    revoke_feeds(connection, staff_id, now)
    connection.execute(insert(calendar_feed).values(staff_id=staff_id, token_hash=token_hash, created_at=now))


def revoke_feeds(connection: Connection, staff_id: int, now: datetime) -> int:
    """Revoke the feeds of a member of staff; return how many there were."""
    good = (calendar_feed.c.staff_id == staff_id) & calendar_feed.c.revoked_at.is_(None)
    return connection.execute(update(calendar_feed).where(good).values(revoked_at=now)).rowcount


def find_feed(connection: Connection, token_hash: str) -> Row[Any] | None:
    """Return the feed that a secret opens, locked; None when there is none, or it was revoked."""
    good = (calendar_feed.c.token_hash == token_hash) & calendar_feed.c.revoked_at.is_(None)
    return connection.execute(select(calendar_feed).where(good).with_for_update()).one_or_none()


def feed_of(connection: Connection, staff_id: int) -> Row[Any] | None:
    """Return the feed of a member of staff that is good; None when she has none."""
    good = (calendar_feed.c.staff_id == staff_id) & calendar_feed.c.revoked_at.is_(None)
    return connection.execute(select(calendar_feed).where(good)).one_or_none()


def note_use(connection: Connection, feed_id: int, **values: Any) -> None:
    """Note that a feed was asked."""
    connection.execute(update(calendar_feed).where(calendar_feed.c.id == feed_id).values(**values))
