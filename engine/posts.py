"""How many posts a team's channel takes, and leaving as one post where more are due (facts/notifications.md §1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from engine.parcels import Parcel
from engine.parts import Engine
from notifications.messages import MOST_LINES, DigestLine, Message, Notice, Roundup
from storage import outbox
from workflows.dates import local_date

TEAMS_POSTS, TEAMS_SPAN = 25, timedelta(seconds=300)  # per connection, shared by all postmen


@dataclass(frozen=True, slots=True)
class Post:
    """One post to a team, begun by the message `leader`."""

    leader: int
    lines: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it takes no more messages."""
        return self.lines >= MOST_LINES

    def with_one_more(self) -> "Post":
        """Return the post with a message more."""
        return replace(self, lines=self.lines + 1)


def crowded_units(connection: Connection, due: Mapping[int, int], now: datetime) -> frozenset[int]:
    """Return the units whose team has more messages due (by unit id) than it takes one by one."""
    many = {unit_id: number for unit_id, number in due.items() if number > 1}
    since = now - TEAMS_SPAN
    return frozenset(
        unit_id
        for unit_id, number in many.items()
        if number > TEAMS_POSTS - len(outbox.posts_since(connection, unit_id, since, 0, now))
    )


def free_again(connection: Connection, unit_id: int, message_id: int, now: datetime) -> datetime | None:
    """Return when a team's connection may be posted to again; None when it may now."""
    posts = outbox.posts_since(connection, unit_id, now - TEAMS_SPAN, message_id, now)
    return None if len(posts) < TEAMS_POSTS else posts[-TEAMS_POSTS] + TEAMS_SPAN


def joined(parcels: Sequence[Parcel]) -> list[Parcel]:
    """Put parcels that leave as one post into one parcel, in the order they were claimed."""
    found: list[Parcel] = []
    leads: dict[int, int] = {}
    for parcel in parcels:
        if parcel.post_id is None or parcel.post_id not in leads:
            if parcel.post_id is not None:
                leads[parcel.post_id] = len(found)
            found.append(parcel)
        else:
            place = leads[parcel.post_id]
            found[place] = replace(found[place], others=(*found[place].others, parcel))
    return found


def message_of(engine: Engine, parcels: Sequence[Parcel], now: datetime) -> Message:
    """Return what a post says: its one message, or one line for each of them."""
    notices = [parcel.message for parcel in parcels if isinstance(parcel.message, Notice)]
    if len(parcels) == 1 or len(notices) < len(parcels):
        return parcels[0].message
    day = local_date(now)
    lines = tuple(
        DigestLine(one.case_ref, one.step, one.due_on, max(0, (day - one.due_on).days), one.link) for one in notices
    )
    return Roundup(lines, day, f"{engine.public_url}/")
