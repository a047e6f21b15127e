"""Messages and a whole house that wait for a human's decision."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from storage.outbox import QUEUED, SENDING
from storage.tables import case, deadline, outbox, setting

HOLD, PULSE, AWAKENING = "hold", "pulse", "awakening"
BATCH = 500


class HeldGroup(NamedTuple):
    """Messages of one kind and channel that wait. Instants are UTC."""

    kind: str
    channel: str
    number: int
    oldest: datetime


def marks(connection: Connection) -> dict[str, Any]:
    """Return what is noted about the house: that it is on hold, when it last lived, that it has slept."""
    query = select(setting.c.name, setting.c.value).where(setting.c.name.in_((HOLD, PULSE, AWAKENING)))
    return {row.name: row.value for row in connection.execute(query)}


def is_on_hold(connection: Connection) -> bool:
    """Say whether nothing may be decided or sent until somebody releases the house."""
    return connection.execute(select(setting.c.name).where(setting.c.name == HOLD)).first() is not None


def lock_mark(connection: Connection, name: str) -> Any:
    """Return a mark, locked; None when it is not there."""
    query = select(setting.c.value).where(setting.c.name == name).with_for_update()
    return connection.execute(query).scalar_one_or_none()


def erase_mark(connection: Connection, name: str) -> None:
    """Take a mark away."""
    connection.execute(setting.delete().where(setting.c.name == name))


def is_unswept(connection: Connection, moment: datetime) -> bool:
    """Say whether a deadline that was due at an instant has not been swept yet."""
    first: datetime | None = connection.execute(select(func.min(deadline.c.next_at))).scalar_one()
    return first is not None and first <= moment


def backlog(now: datetime, since: datetime) -> ColumnElement[bool]:
    """Return the condition of a message that is due now or was at `since`, or was made in the silence after that."""
    # This computer's clock may be behind that of the one whose backup it lives on.
    due = outbox.c.not_before <= max(now, since)
    waits = (outbox.c.state == QUEUED) & or_(due, outbox.c.created_at > since)
    lost = (outbox.c.state == SENDING) & (outbox.c.leased_until <= now)
    return and_(or_(waits, lost), outbox.c.held_at.is_(None))


def count_backlog(connection: Connection, now: datetime, since: datetime) -> int:
    """Return how many messages `hold_backlog` would hold."""
    number: int = connection.execute(select(func.count()).where(backlog(now, since))).scalar_one()
    return number


def hold_backlog(connection: Connection, now: datetime, since: datetime, *, uncertain: bool) -> None:
    """Let them wait. `uncertain`: they may have left before; what was in somebody's hands always may."""
    doubt = outbox.c.uncertain | (outbox.c.state == SENDING) | uncertain
    held = {"held_at": now, "state": QUEUED, "leased_until": None, "uncertain": doubt}
    connection.execute(update(outbox).where(backlog(now, since)).values(**held))


def held_groups(connection: Connection) -> list[HeldGroup]:
    """Return what waits, by kind and channel."""
    what = (outbox.c.kind, outbox.c.channel)
    query = select(*what, func.count(), func.min(outbox.c.not_before)).where(_held()).group_by(*what).order_by(*what)
    return [HeldGroup(*row) for row in connection.execute(query)]


def one_held_with_a_case(connection: Connection) -> Row[Any] | None:
    """Return one held message that is about a case."""
    query = select(outbox).where(_held(), outbox.c.case_id.is_not(None)).order_by(outbox.c.id).limit(1)
    return connection.execute(query).first()


def let_go(connection: Connection) -> int:
    """Let held messages leave; return how many."""
    return connection.execute(update(outbox).where(_held()).values(held_at=None)).rowcount


def lock_held(connection: Connection) -> Sequence[Row[Any]]:
    """Return some held messages, their cases locked before them, as by everybody."""
    some = select(outbox.c.id, outbox.c.case_id).where(_held()).order_by(outbox.c.id).limit(BATCH)
    found = connection.execute(some).all()
    cases = sorted({row.case_id for row in found if row.case_id is not None})
    connection.execute(select(case.c.id).where(case.c.id.in_(cases)).order_by(case.c.id).with_for_update())
    mine = select(outbox).where(outbox.c.id.in_([row.id for row in found]), _held())
    return connection.execute(mine.with_for_update()).all()


def due_by_kind(connection: Connection, now: datetime) -> Iterator[HeldGroup]:
    """Give what would leave now if nothing were held back, by kind and channel."""
    what = (outbox.c.kind, outbox.c.channel)
    due = (outbox.c.state.in_((QUEUED, SENDING))) & (outbox.c.not_before <= now)
    query = select(*what, func.count(), func.min(outbox.c.not_before)).where(due).group_by(*what).order_by(*what)
    yield from (HeldGroup(*row) for row in connection.execute(query))


def count_unswept(connection: Connection, now: datetime) -> int:
    """Return how many ladders have a step that is due."""
    number: int = connection.execute(select(func.count()).where(deadline.c.next_at <= now)).scalar_one()
    return number


def _held() -> ColumnElement[bool]:
    return (outbox.c.state == QUEUED) & outbox.c.held_at.is_not(None)
