"""The figures by which one sees that nobody is forgotten. One reading, told alike by /metrics, /system and `doctor`.

No case and no person is named; what is counted over time is bounded to a window, so that it costs the same next year.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, ColumnElement, Connection, Table, and_, func, literal_column, select, true

from engine.outcomes import POISON, POSTMAN_KILLED
from engine.proving import Proof, newest_proof
from storage import circuits, deadlines, holding, outbox
from storage.agenda import WAKE
from storage.tables import case, deadline, definition, ledger, tick
from storage.tables import outbox as outbox_table
from workflows.dates import local_date

WINDOW = timedelta(hours=24)
PATIENCE = timedelta(minutes=10)
"""How long a deadline may wait for a sweep, or a message for a postman, before something is wrong."""
DIGEST = "digest"  # ticks once a working day and says nothing about the clock
OUTCOMES = ("queued", "sent", "collapsed", "suppressed", "failed")
CHANNELS = ("email", "teams")
# As they are written in the partial indexes: neither database would know them by parameters.
_ON_THEIR_WAY = literal_column("outbox.state IN ('queued', 'sending')", Boolean)
_DEAD = literal_column("outbox.state = 'dead'", Boolean)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The house at one instant. Instants are UTC.

    Attributes:
        at: the instant.
        waiting: deadlines whose moment has come and that no sweep has taken yet.
        oldest_waiting: the moment of the oldest of them.
        outbox: messages in each state; `dead` ones were given up.
        oldest_queued: since when the oldest message that may leave has waited.
        poisoned: messages that were set aside because they could not be handled.
        held: messages that wait for a human's decision; they are not late.
        on_hold: the house was restored from a backup and nobody has released it yet.
        pausing: channels that nothing leaves by, because nothing got through.
        ledger: entries of the last 24 hours by channel and outcome.
        stranded: open cases pinned to a version that is not published here.
        ticks: when each clock last ticked.
        proof: what the newest audit found.
    """

    at: datetime
    open_cases: int
    open_deadlines: int
    overdue_deadlines: int
    waiting: int
    oldest_waiting: datetime | None
    outbox: Mapping[str, int]
    oldest_queued: datetime | None
    poisoned: int
    held: int
    on_hold: bool
    pausing: Mapping[str, bool]
    ledger: Mapping[tuple[str, str], int]
    stranded: int
    ticks: Mapping[str, datetime]
    proof: Proof | None

    @property
    def due_lag(self) -> timedelta:
        """Return for how long the oldest due deadline has waited for a sweep."""
        return _since(self.oldest_waiting, self.at)

    @property
    def outbox_age(self) -> timedelta:
        """Return for how long the oldest message that may leave has waited."""
        return _since(self.oldest_queued, self.at)

    @property
    def last_tick(self) -> datetime | None:
        """Return when any clock last ticked."""
        return max((at for name, at in self.ticks.items() if name != DIGEST), default=None)

    @property
    def dead(self) -> int:
        """Return how many messages were given up."""
        return self.outbox[outbox.DEAD]


def read_metrics(connection: Connection, now: datetime) -> Metrics:
    """Return the figures at `now` (UTC), all read in the caller's transaction."""
    waiting, oldest = due(connection, now)
    versions = _open_by_version(connection)
    return Metrics(
        at=now,
        open_cases=sum(versions.values()),
        open_deadlines=_count(connection, deadline, deadline.c.status == deadlines.OPEN),
        overdue_deadlines=_count(connection, deadline, _overdue(now)),
        waiting=waiting,
        oldest_waiting=oldest,
        outbox=_outbox_counts(connection),
        oldest_queued=oldest_queued(connection, now),
        poisoned=_count(connection, outbox_table, _DEAD & outbox_table.c.error.in_((POISON, POSTMAN_KILLED))),
        held=sum(group.number for group in holding.held_groups(connection)),
        on_hold=holding.is_on_hold(connection),
        pausing=_pausing(connection, now),
        ledger=_ledger_counts(connection, now),
        stranded=_stranded(connection, versions),
        ticks=_ticks(connection),
        proof=newest_proof(connection),
    )


def keeps_up(connection: Connection, now: datetime) -> bool:
    """Say whether nothing that is due has waited for longer than `PATIENCE`: neither for a sweep nor to leave."""
    _, oldest = due(connection, now)
    return max(_since(oldest, now), _since(oldest_queued(connection, now), now)) <= PATIENCE


def due(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """Return how many deadlines' moment has come, and the oldest such moment (from the partial index)."""
    count, oldest = connection.execute(
        select(func.count(), func.min(deadline.c.next_at)).where(deadline.c.next_at <= now)
    ).one()
    return count, oldest


def oldest_queued(connection: Connection, now: datetime) -> datetime | None:
    """Return since when the oldest message that may leave has waited."""
    ready = (
        (outbox_table.c.state == outbox.QUEUED) & (outbox_table.c.not_before <= now) & outbox_table.c.held_at.is_(None)
    )
    oldest: datetime | None = connection.execute(select(func.min(outbox_table.c.not_before)).where(ready)).scalar_one()
    return oldest


def _since(moment: datetime | None, now: datetime) -> timedelta:
    return max(now - moment, timedelta()) if moment is not None else timedelta()


def _count(connection: Connection, table: Table, wanted: ColumnElement[bool]) -> int:
    number: int = connection.execute(select(func.count()).select_from(table).where(wanted)).scalar_one()
    return number


def _overdue(now: datetime) -> ColumnElement[bool]:
    return and_(deadline.c.status == deadlines.OPEN, deadline.c.paused.is_(False), deadline.c.due_on < local_date(now))


def _outbox_counts(connection: Connection) -> dict[str, int]:
    """Count the few by their partial indexes; done are all others, since nearly all are."""
    on_their_way = select(outbox_table.c.state, func.count()).where(_ON_THEIR_WAY).group_by(outbox_table.c.state)
    few = {outbox.QUEUED: 0, outbox.SENDING: 0, **dict(connection.execute(on_their_way).all())}
    few[outbox.DEAD] = _count(connection, outbox_table, _DEAD)
    return {**few, outbox.DONE: _count(connection, outbox_table, true()) - sum(few.values())}


def _ledger_counts(connection: Connection, now: datetime) -> dict[tuple[str, str], int]:
    """Count the window's entries; a slot ends with its channel (`coordinator:email`)."""
    query = (
        select(ledger.c.slot, ledger.c.outcome, func.count())
        .where(ledger.c.decided_at > now - WINDOW)
        .group_by(ledger.c.slot, ledger.c.outcome)
    )
    counts = Counter({(channel, outcome): 0 for channel in CHANNELS for outcome in OUTCOMES})
    for slot, outcome, number in connection.execute(query):
        counts[slot.rpartition(":")[2], outcome] += number
    return dict(counts)


def _ticks(connection: Connection) -> dict[str, datetime]:
    """Return when each clock last ticked; being woken for a moment between ticks is no tick."""
    query = select(tick.c.name, func.max(tick.c.at)).where(tick.c.name != WAKE).group_by(tick.c.name)
    return dict(connection.execute(query).all())


def _pausing(connection: Connection, now: datetime) -> dict[str, bool]:
    paused = {one.channel for one in circuits.strained(connection) if one.open_until and one.open_until > now}
    return {channel: channel in paused for channel in CHANNELS}


def _open_by_version(connection: Connection) -> dict[tuple[str, str], int]:
    """Count the open cases of each programme and version."""
    pinned = (case.c.programme, case.c.version)
    query = select(*pinned, func.count()).where(case.c.closed_at.is_(None)).group_by(*pinned)
    return {(programme, version): number for programme, version, number in connection.execute(query)}


def _stranded(connection: Connection, versions: Mapping[tuple[str, str], int]) -> int:
    published = {tuple(row) for row in connection.execute(select(definition.c.programme, definition.c.version))}
    return sum(number for pinned, number in versions.items() if pinned not in published)
