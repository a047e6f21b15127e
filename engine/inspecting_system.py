"""How the house itself is: what waits, what is stuck, and when the clock last ticked. No case is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from access.actors import Actor
from access.rules import Action
from engine.authorising import authorise_anywhere
from engine.parts import Engine
from storage import deadlines, outbox
from storage.tables import case, deadline, definition, team_channel, tick, unit
from storage.tables import outbox as outbox_table
from workflows.dates import local_date


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A unit's Teams connection; `label` is all of its address that may be shown."""

    unit: str
    label: str | None
    broken_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    """A published version and how many cases live by it."""

    programme: str
    version: str
    published_at: datetime
    open_cases: int


@dataclass(frozen=True, slots=True)
class SystemView:
    """The house at one instant. Instants are UTC.

    Attributes:
        waiting: deadlines whose moment has come and that no sweep has taken yet.
        oldest_waiting: the moment of the oldest of them.
        next_moment: when the next ladder has something to do.
        outbox: how many messages are in each state; `dead` ones were given up.
        oldest_queued: since when the oldest message that may leave has waited.
        ticks: when each clock last ticked.
    """

    open_cases: int
    open_deadlines: int
    overdue_deadlines: int
    waiting: int
    oldest_waiting: datetime | None
    next_moment: datetime | None
    outbox: Mapping[str, int]
    oldest_queued: datetime | None
    ticks: Mapping[str, datetime]
    email: bool
    teams: bool
    channels: tuple[ChannelLine, ...]
    programmes: tuple[ProgrammeLine, ...]


def system_view(engine: Engine, actor: Actor, now: datetime) -> SystemView:
    """Return how the house is.

    Raises:
        NotAllowedError: the actor does not run the system.
    """
    authorise_anywhere(actor, Action.RUN)
    with engine.database.read() as connection:
        due = select(func.count(), func.min(deadline.c.next_at)).where(deadline.c.next_at <= now)
        waiting, oldest = connection.execute(due).one()
        return SystemView(
            open_cases=_count(connection, case.c.closed_at.is_(None)),
            open_deadlines=_count(connection, deadline.c.status == deadlines.OPEN),
            overdue_deadlines=_count(connection, _overdue(now)),
            waiting=waiting,
            oldest_waiting=oldest,
            next_moment=deadlines.next_moment(connection),
            outbox=_outbox_counts(connection),
            oldest_queued=_oldest_queued(connection, now),
            ticks=_ticks(connection),
            email=engine.email is not None,
            teams=engine.teams is not None,
            channels=_channels(connection),
            programmes=_programmes(connection),
        )


def _overdue(now: datetime) -> ColumnElement[bool]:
    return and_(deadline.c.status == deadlines.OPEN, deadline.c.paused.is_(False), deadline.c.due_on < local_date(now))


def _count(connection: Connection, wanted: ColumnElement[bool]) -> int:
    number: int = connection.execute(select(func.count()).where(wanted)).scalar_one()
    return number


def _outbox_counts(connection: Connection) -> dict[str, int]:
    states = (outbox.QUEUED, outbox.SENDING, outbox.DONE, outbox.DEAD)
    query = select(outbox_table.c.state, func.count()).group_by(outbox_table.c.state)
    return dict.fromkeys(states, 0) | dict(connection.execute(query).all())


def _oldest_queued(connection: Connection, now: datetime) -> datetime | None:
    ready = (outbox_table.c.state == outbox.QUEUED) & (outbox_table.c.not_before <= now)
    oldest: datetime | None = connection.execute(select(func.min(outbox_table.c.not_before)).where(ready)).scalar_one()
    return oldest


def _ticks(connection: Connection) -> dict[str, datetime]:
    query = select(tick.c.name, func.max(tick.c.at)).group_by(tick.c.name)
    return dict(connection.execute(query).all())


def _channels(connection: Connection) -> tuple[ChannelLine, ...]:
    query = (
        select(unit.c.title, team_channel.c.label, team_channel.c.broken_at)
        .outerjoin(team_channel, team_channel.c.unit_id == unit.c.id)
        .order_by(unit.c.title)
    )
    return tuple(ChannelLine(*row) for row in connection.execute(query))


def _programmes(connection: Connection) -> tuple[ProgrammeLine, ...]:
    lives_by = (case.c.programme == definition.c.programme) & (case.c.version == definition.c.version)
    query = (
        select(definition.c.programme, definition.c.version, definition.c.published_at, func.count(case.c.id))
        .outerjoin(case, lives_by & case.c.closed_at.is_(None))
        .group_by(definition.c.programme, definition.c.version, definition.c.published_at)
        .order_by(definition.c.programme, definition.c.published_at)
    )
    return tuple(ProgrammeLine(*row) for row in connection.execute(query))
