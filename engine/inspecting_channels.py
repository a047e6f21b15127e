"""The ways out as somebody who minds them sees them: whether each works, since when not, and what waits for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, func, select

from access.actors import Actor
from access.rules import ALLOWED, Action, may_in
from engine.authorising import authorise_anywhere
from engine.inspecting_visible import units_where
from engine.parts import Engine
from engine.posts import TEAMS_POSTS, TEAMS_SPAN
from storage import circuits, outbox, people, rests
from storage.circuits import Circuit
from storage.tables import case, unit
from storage.tables import outbox as messages

EMAIL, TEAMS = "email", "teams"
NEWEST = 5000  # so many of the newest messages are looked at for what left last


class ChannelState(StrEnum):
    """How a way out is."""

    WORKS = "works"
    UNTRIED = "untried"  # nothing has left by it lately
    FALTERS = "falters"  # it failed last, and is still tried
    RESTS = "rests"  # it asked to be left alone
    PAUSES = "pauses"  # nothing gets through, so nothing is tried for a while
    BROKEN = "broken"  # refused three times: somebody has to mend it
    NOT_SET_UP = "not_set_up"


@dataclass(frozen=True, slots=True)
class ChannelView:
    """Email, or the Teams connection of a unit. Instants are UTC.

    Attributes:
        unit: a unit's code; None for email.
        label: all of a connection's address that may be shown.
        until: when a pause or rest ends; `since`: since when it fails or is broken.
        posts, most: how many posts left within five minutes, of how many a connection takes.
        error: the code of the last failure that was given up on.
    """

    kind: str
    unit: str | None
    title: str | None
    label: str | None
    language: str | None
    state: ChannelState
    until: datetime | None
    since: datetime | None
    failures: int
    sent_at: datetime | None
    failed_at: datetime | None
    error: str | None
    posts: int
    most: int
    waiting: int
    failed: int
    may_set: bool
    may_test: bool


def channel_views(engine: Engine, actor: Actor, now: datetime) -> tuple[ChannelView, ...]:
    """Return email (to whoever minds the whole house) and the Teams connections of the units an actor answers for.

    Raises:
        NotAllowedError: the actor answers for no unit.
    """
    authorise_anywhere(actor, Action.SEE_CHANNELS)
    mine = units_where(actor, ALLOWED[Action.SEE_CHANNELS])
    with engine.database.read() as connection:
        desk = _Desk.read(engine, connection, actor, now)
        rows = sorted(people.units_by_code(connection).values(), key=lambda row: row.title)
        teams = tuple(desk.team(row) for row in rows if mine is None or row.id in mine)
        return (desk.email(), *teams) if mine is None else teams


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the views are made of, read once."""

    engine: Engine
    connection: Connection
    actor: Actor
    now: datetime
    strained: Mapping[str, Circuit]
    channels: Mapping[int, Any]
    last: Mapping[tuple[str, int | None, str], datetime]
    waiting: Mapping[tuple[str, int | None], int]
    failed: Mapping[tuple[str, int | None], int]

    @staticmethod
    def read(engine: Engine, connection: Connection, actor: Actor, now: datetime) -> "_Desk":
        waits = messages.c.state.in_([outbox.QUEUED, outbox.SENDING])
        return _Desk(
            engine,
            connection,
            actor,
            now,
            {one.channel: one for one in circuits.strained(connection)},
            people.team_channels(connection),
            _last(connection),
            _counts(connection, waits),
            _counts(connection, messages.c.outcome == "failed"),
        )

    def email(self) -> ChannelView:
        """Return how email is."""
        units = [key for key in {*self.waiting, *self.failed} if key[0] == EMAIL]
        last = {word: max(self._instants(EMAIL, word), default=None) for word in ("sent", "failed")}
        state, until, since = self._circuit(EMAIL, last["sent"])
        return self._view(
            EMAIL,
            state=state if self.engine.email else ChannelState.NOT_SET_UP,
            until=until,
            since=since,
            sent_at=last["sent"],
            failed_at=last["failed"],
            error=_error(self.connection, EMAIL, None),
            waiting=sum(self.waiting.get(key, 0) for key in units),
            failed=sum(self.failed.get(key, 0) for key in units),
            may_set=False,
            may_test=may_in(self.actor, Action.TEST_CHANNEL, None) and self.engine.email is not None,
        )

    def team(self, row: Any) -> ChannelView:
        """Return how the Teams connection of a unit is."""
        found, key = self.channels.get(row.id), (TEAMS, row.id)
        sent_at = self.last.get((*key, "sent"))
        state, until, since = self._team_state(row.id, found, sent_at)
        return self._view(
            TEAMS,
            unit=row.code,
            title=row.title,
            label=found.label if found else None,
            language=found.language if found else None,
            state=state,
            until=until,
            since=since,
            sent_at=sent_at,
            failed_at=self.last.get((*key, "failed")),
            error=_error(self.connection, TEAMS, row.id),
            posts=len(outbox.posts_since(self.connection, row.id, self.now - TEAMS_SPAN, 0, self.now)) if found else 0,
            waiting=self.waiting.get(key, 0),
            failed=self.failed.get(key, 0),
            may_set=may_in(self.actor, Action.MANAGE_CHANNELS, row.id),
            may_test=found is not None and may_in(self.actor, Action.TEST_CHANNEL, row.id),
        )

    def _view(self, kind: str, **facts: Any) -> ChannelView:
        blank = dict.fromkeys(("unit", "title", "label", "language"))
        circuit = self.strained.get(kind)
        told = {"posts": 0, "most": TEAMS_POSTS, "failures": circuit.failures if circuit else 0}
        return ChannelView(kind=kind, **{**blank, **told, **facts})

    def _team_state(
        self, unit_id: int, found: Any, sent_at: datetime | None
    ) -> tuple[ChannelState, datetime | None, datetime | None]:
        if found is None:
            return ChannelState.NOT_SET_UP, None, None
        if found.broken_at is not None:
            return ChannelState.BROKEN, None, found.broken_at
        resting = rests.resting(self.connection, {unit_id}, self.now).get(unit_id)
        if resting is not None:
            return ChannelState.RESTS, resting, None
        if found.refused:
            return ChannelState.FALTERS, None, None
        return self._circuit(TEAMS, sent_at)

    def _circuit(self, kind: str, sent_at: datetime | None) -> tuple[ChannelState, datetime | None, datetime | None]:
        circuit = self.strained.get(kind)
        if circuit is None:
            return (ChannelState.WORKS if sent_at else ChannelState.UNTRIED), None, None
        if circuit.open_until is not None and circuit.open_until > self.now:
            return ChannelState.PAUSES, circuit.open_until, circuit.since
        return ChannelState.FALTERS, None, circuit.since

    def _instants(self, channel: str, word: str) -> list[datetime]:
        return [at for (way, _, outcome), at in self.last.items() if (way, outcome) == (channel, word)]


def _of_units() -> FromClause:
    joined = messages.outerjoin(case, case.c.id == messages.c.case_id)
    return joined.outerjoin(unit, unit.c.id == func.coalesce(case.c.unit_id, messages.c.unit_id))


def _last(connection: Connection) -> dict[tuple[str, int | None, str], datetime]:
    """Return when a message left or was given up last, by channel, unit and outcome, of the newest messages."""
    newest = connection.execute(select(func.max(messages.c.id))).scalar_one() or 0
    query = (
        select(messages.c.channel, unit.c.id, messages.c.outcome, func.max(messages.c.done_at))
        .select_from(_of_units())
        .where(messages.c.id > newest - NEWEST, messages.c.outcome.in_(["sent", "failed"]))
        .group_by(messages.c.channel, unit.c.id, messages.c.outcome)
    )
    return {(channel, unit_id, outcome): at for channel, unit_id, outcome, at in connection.execute(query)}


def _counts(connection: Connection, wanted: ColumnElement[bool]) -> dict[tuple[str, int | None], int]:
    query = (
        select(messages.c.channel, unit.c.id, func.count())
        .select_from(_of_units())
        .where(wanted)
        .group_by(messages.c.channel, unit.c.id)
    )
    return {(channel, unit_id): number for channel, unit_id, number in connection.execute(query)}


def _error(connection: Connection, channel: str, unit_id: int | None) -> str | None:
    query = (
        select(messages.c.error)
        .select_from(_of_units())
        .where(messages.c.outcome == "failed", messages.c.channel == channel, messages.c.error.is_not(None))
        .order_by(messages.c.id.desc())
        .limit(1)
    )
    found: str | None = connection.execute(
        query if unit_id is None else query.where(unit.c.id == unit_id)
    ).scalar_one_or_none()
    return found
