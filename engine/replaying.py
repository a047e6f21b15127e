"""Do the stored cases still follow from their histories? Every event decided again, every hash reckoned again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.chain import first_break
from engine.errors import DefinitionMissingError
from engine.ladder_rows import quiet_json
from engine.opening import Progress, no_progress
from engine.parts import Engine
from storage.cases import CaseRow, as_case
from storage.deadlines import OPEN
from storage.tables import case, closure, deadline, history
from workflows.calendar import calendar_named
from workflows.case import Event, Snapshot
from workflows.planning import Rules
from workflows.refusals import EventRefusedError
from workflows.replay import EmptyHistoryError, Recorded, replay
from workflows.values import data_from_json, snapshot_to_json

BATCH = 200


@dataclass(frozen=True, slots=True)
class Divergence:
    """A case that does not follow from its history.

    Attributes:
        ref: the case.
        what: what differs: `chain`, `history` (it cannot be replayed), `state`, `version`, `data`, `watch`, `pauses`,
            `invited`, `deadlines`.
        at_seq: the first event whose hash does not fit, when the chain is broken.
    """

    ref: str
    what: tuple[str, ...]
    at_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found."""

    cases: int
    events: int
    divergences: tuple[Divergence, ...]


def replay_all(engine: Engine, now: datetime, ref: str | None = None, progress: Progress = no_progress) -> Replayed:
    """Replay every history, or that of one case, and compare it with the case as stored.

    Args:
        engine: the parts.
        now: the instant, UTC; later events are none of this replay's.
        ref: one case only.
        progress: told cases done, and 0 since nobody has counted them.
    """
    cases = events = 0
    found: list[Divergence] = []
    with engine.database.read() as connection:
        rules_at = rules_then(engine, connection, now)
        for rows in _batches(connection, ref):
            ids = [row.id for row in rows]
            histories = _by_case(connection.execute(_in_order(history, history.c.case_id.in_(ids))).all())
            watched = _by_case(
                connection.execute(select(deadline).where(deadline.c.case_id.in_(ids), deadline.c.status == OPEN)).all()
            )
            for row in rows:
                record = histories.get(row.id, [])
                found += _compared(row, record, watched.get(row.id, []), rules_at)
                events += len(record)
            cases += len(rows)
            progress(cases, 0)
    return Replayed(cases, events, tuple(found))


def _batches(connection: Connection, ref: str | None) -> Iterator[Sequence[CaseRow]]:
    last = 0
    while True:
        query = select(case).where(case.c.id > last, *((case.c.ref == ref,) if ref else ()))
        rows = [as_case(row) for row in connection.execute(query.order_by(case.c.id).limit(BATCH))]
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _in_order(table: Any, where: Any) -> Any:
    return select(table).where(where).order_by(table.c.case_id, table.c.seq)


def _by_case(rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def rules_then(engine: Engine, connection: Connection, now: datetime) -> Callable[[str, str, datetime], Rules]:
    """Return how to find the rules of (programme, version, instant); closures are read once, not once an event."""
    query = select(closure.c.day, closure.c.declared_at).where(closure.c.declared_at <= now)
    closures: list[tuple[date, datetime]] = [(row.day, row.declared_at) for row in connection.execute(query)]

    def rules_at(programme: str, version: str, at: datetime) -> Rules:
        definition = engine.rulebook.definition(connection, programme, version)
        closed = frozenset(day for day, declared_at in closures if declared_at <= at)
        return Rules(definition, calendar_named(definition.calendar, closed))

    return rules_at


def _compared(
    stored: CaseRow,
    record: Sequence[Row[Any]],
    open_rows: Sequence[Row[Any]],
    rules_at: Callable[[str, str, datetime], Rules],
) -> list[Divergence]:
    broken = first_break([dict(row._mapping) for row in record], stored.head)
    what = ["chain"] if broken is not None else []
    recorded = [Recorded(Event(row.event, data_from_json(row.answers)), row.at, row.version) for row in record]
    try:
        replayed = replay(recorded, lambda version, at: rules_at(stored.programme, version, at))
    except (EmptyHistoryError, EventRefusedError, DefinitionMissingError):
        return [Divergence(stored.ref, (*what, "history"), broken)]
    what += _differences(stored, replayed, record[-1].version, open_rows)
    return [Divergence(stored.ref, tuple(what), broken)] if what else []


def _differences(stored: CaseRow, replayed: Snapshot, version: str, open_rows: Sequence[Row[Any]]) -> list[str]:
    counters = (replayed.state, replayed.seq, replayed.entry_seq)
    what = [] if counters == (stored.state, stored.seq, stored.entry_seq) else ["state"]
    what += [] if version == stored.version else ["version"]
    parts = snapshot_to_json(replayed)
    what += [name for name in ("data", "watch", "pauses", "invited") if parts[name] != stored.snapshot.get(name)]
    return what if _watched(replayed) == sorted(map(_as_watched, open_rows)) else [*what, "deadlines"]


def _watched(replayed: Snapshot) -> list[tuple[str, int, int, int, str, bool, str]]:
    return sorted(
        (
            kind,
            watch.occurrence,
            watch.entry_seq,
            watch.generation,
            str(watch.due_on),
            watch.paused,
            str(quiet_json(watch.quiet)),
        )
        for kind, watch in replayed.watch.items()
        if watch.live
    )


def _as_watched(row: Row[Any]) -> tuple[str, int, int, int, str, bool, str]:
    return (
        row.kind,
        row.occurrence,
        row.entry_seq,
        row.generation,
        str(row.due_on),
        row.paused,
        str(row.quiet),
    )
