"""How the house itself is: what waits, what is stuck, and when the clock last ticked. No case is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from access.actors import Actor
from access.rules import Action
from engine.authorising import authorise_anywhere
from engine.metrics import read_metrics
from engine.parts import Engine
from storage import circuits, deadlines
from storage.circuits import Circuit
from storage.tables import case, definition, team_channel, unit


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
    held: int = 0  # messages that wait for a human's decision
    on_hold: bool = False  # restored from a backup and not released yet
    pausing: tuple[Circuit, ...] = ()  # channels that have failed last


def system_view(engine: Engine, actor: Actor, now: datetime) -> SystemView:
    """Return how the house is.

    Raises:
        NotAllowedError: the actor does not run the system.
    """
    authorise_anywhere(actor, Action.RUN)
    with engine.database.read() as connection:
        figures = read_metrics(connection, now)
        return SystemView(
            open_cases=figures.open_cases,
            open_deadlines=figures.open_deadlines,
            overdue_deadlines=figures.overdue_deadlines,
            waiting=figures.waiting,
            oldest_waiting=figures.oldest_waiting,
            next_moment=deadlines.next_moment(connection),
            outbox=figures.outbox,
            oldest_queued=figures.oldest_queued,
            ticks=figures.ticks,
            email=engine.email is not None,
            teams=engine.teams is not None,
            channels=_channels(connection),
            programmes=_programmes(connection),
            held=figures.held,
            on_hold=figures.on_hold,
            pausing=tuple(circuits.strained(connection)),
        )


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
