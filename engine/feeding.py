"""A calendar to subscribe to, behind a secret address: whoever has it sees references and dates of one member of staff.

The secret is told once and kept as a hash. It opens nothing else, is revoked by its owner or a new one, and answers so
many times an hour.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from access.actors import Actor
from engine.errors import NotAllowedError
from engine.inspecting_calendar import CalendarEntry, Whose, calendar_entries
from engine.inspecting_staff import member_of
from engine.parts import Engine
from notifications.calendar_feeds import FeedEvent, calendar_feed
from storage import feeds, people
from workflows.dates import local_date
from workflows.errors import BevakaError

BACK, AHEAD = timedelta(days=31), timedelta(days=400)
AN_HOUR, MOST_AN_HOUR = timedelta(hours=1), 60


class FeedGoneError(BevakaError):
    """No feed is at this address: it never was, was revoked, or its owner does not work here any more."""

    def __init__(self) -> None:
        super().__init__("there is no such calendar")


class FeedBusyError(BevakaError):
    """A feed was asked too often; it answers again after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__("the calendar is asked too often")


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar's bytes, and the tag that is equal for equal calendars."""

    octets: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed as its owner sees it; its address is not among that. Instants are UTC."""

    created_at: datetime
    used_at: datetime | None


def make_feed(engine: Engine, actor: Actor, now: datetime) -> str:
    """Return the secret of a new feed, told once; the one the actor had opens nothing any more.

    Raises:
        NotAllowedError: the actor is no member of staff.
    """
    secret = secrets.token_urlsafe(32)
    with engine.database.write() as connection:
        feeds.put_feed(connection, _staff_of(actor), _hash(secret), now)
    return secret


def revoke_feed(engine: Engine, actor: Actor, now: datetime) -> bool:
    """Let the actor's feed open nothing any more; say whether there was one. Raises as `make_feed`."""
    with engine.database.write() as connection:
        return feeds.revoke_feeds(connection, _staff_of(actor), now) > 0


def own_feed(engine: Engine, actor: Actor) -> FeedLine | None:
    """Return the actor's feed; None when she has none."""
    if actor.staff_id is None:
        return None
    with engine.database.read() as connection:
        row = feeds.feed_of(connection, actor.staff_id)
    return FeedLine(row.created_at, row.used_at) if row is not None else None


def read_feed(engine: Engine, secret: str, now: datetime) -> Feed:
    """Return the calendar behind a secret, as its owner may see it now.

    Raises:
        FeedGoneError: there is none.
        FeedBusyError: it was asked too often.
    """
    with engine.database.write() as connection:
        row = feeds.find_feed(connection, _hash(secret))
        if row is None:
            raise FeedGoneError
        begun = row.counted_from if row.counted_from is not None and now - row.counted_from < AN_HOUR else now
        asked = row.asked + 1 if begun == row.counted_from else 1
        if asked > MOST_AN_HOUR:
            raise FeedBusyError(begun + AN_HOUR - now)
        feeds.note_use(connection, row.id, used_at=now, counted_from=begun, asked=asked)
        language = people.staff_by_id(connection)[row.staff_id].language
    return _written(engine, row.staff_id, language, now)


def _written(engine: Engine, staff_id: int, language: str, now: datetime) -> Feed:
    member = member_of(engine, staff_id)
    if member is None:
        raise FeedGoneError
    today = local_date(now)
    entries = calendar_entries(engine, member.actor, now, today - BACK, today + AHEAD, Whose())
    octets = calendar_feed((_event(engine, entry) for entry in entries), language)
    return Feed(octets, f'"{hashlib.sha256(octets).hexdigest()[:32]}"')


def _event(engine: Engine, entry: CalendarEntry) -> FeedEvent:
    host = engine.public_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return FeedEvent(
        uid=f"{entry.key}@{host}",
        ref=entry.ref,
        day=entry.day,
        link=engine.link_to(entry.ref),
        changed_at=entry.changed_at,
        starts_at=entry.starts_at,
        minutes=entry.minutes,
    )


def _staff_of(actor: Actor) -> int:
    if actor.staff_id is None:
        raise NotAllowedError("calendar_feed")
    return actor.staff_id


def _hash(secret: str) -> str:
    return hashlib.sha256(b"calendar|" + secret.encode()).hexdigest()
