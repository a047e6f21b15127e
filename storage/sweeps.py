"""Claiming ladders that are due and moving them on, hundreds at a time.

Three rules, each measured in facts/engine.md §2: search by the partial index; lock the case, not the deadline, as every
event does, so that nobody waits in a circle; and claim by a second, conditional statement, because what was found may
be stale by the time its case is locked.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, insert, select, text, update

from storage.tables import case, deadline, ledger, outbox

OPEN = "open"


class Standing(NamedTuple):
    """Where a ladder stands. Ladders that stand alike are moved on alike, so they are decided once."""

    programme: str
    version: str
    kind: str
    due_on: date
    next_rung: int
    quiet: tuple[Any, ...] | None
    quiet_told: bool


@dataclass(frozen=True, slots=True)
class Due:
    """Deadlines found due that stand alike.

    Attributes:
        standing: where each of them stands.
        ids: the deadlines.
        case_ids: the case of each, in the same order.
        unsent: those of which messages are still waiting.
    """

    standing: Standing
    ids: Sequence[int]
    case_ids: Sequence[int]
    unsent: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of all ladders that stand alike: where they stand now, their entries and their messages.

    `entries` have the columns rung, slot, outcome, reason, late, settled_at of the ledger; `messages` the columns rung,
    slot, kind, channel, payload, not_before of the outbox. What is the row's own is added when it is written.
    """

    due: Due
    next_rung: int
    next_at: datetime | None
    quiet_told: bool
    entries: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]


def claim_due(connection: Connection, now: datetime, limit: int) -> list[Due]:
    """Return up to `limit` deadlines whose moment has come, the oldest; their cases are locked until the commit.

    What somebody else holds is left for the next sweep. The claim is only good once `write_moves` has confirmed it.
    """
    if connection.dialect.name == "postgresql":
        found = connection.execute(_ALIKE, {"now": now, "limit": limit})
        return [Due(_standing(row), row.ids, row.case_ids, frozenset(row.unsent or ())) for row in found]
    alike: dict[Standing, list[Row[Any]]] = {}
    for row in connection.execute(_FOUND, {"now": now, "limit": limit}):
        alike.setdefault(_standing(row), []).append(row)
    return [
        Due(
            standing, [row.id for row in rows], [row.case_id for row in rows], frozenset(r.id for r in rows if r.unsent)
        )
        for standing, rows in alike.items()
    ]


_WAITING = select(outbox.c.id).where(outbox.c.deadline_id == deadline.c.id, outbox.c.state == "queued")
_FOUND = (
    select(
        case.c.programme,
        case.c.version,
        deadline.c.kind,
        deadline.c.due_on,
        deadline.c.next_rung,
        deadline.c.quiet,
        deadline.c.quiet_told,
        deadline.c.id,
        deadline.c.case_id,
        _WAITING.exists().label("unsent"),
    )
    .join(case, case.c.id == deadline.c.case_id)
    .where(deadline.c.next_at <= bindparam("now", type_=deadline.c.next_at.type))
    .order_by(deadline.c.next_at, deadline.c.id)
    .limit(bindparam("limit"))
    .with_for_update(of=case, skip_locked=True)
)
_ROWS = _FOUND.cte("found")
_ALIKE = select(
    *(_ROWS.c[name] for name in Standing._fields),
    func.array_agg(_ROWS.c.id).label("ids"),
    func.array_agg(_ROWS.c.case_id).label("case_ids"),
    func.array_agg(_ROWS.c.id).filter(_ROWS.c.unsent).label("unsent"),
).group_by(*(_ROWS.c[name] for name in Standing._fields))


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    quiet = tuple(row.quiet) if row.quiet else None
    return Standing(row.programme, row.version, row.kind, row.due_on, row.next_rung, quiet, row.quiet_told)


def write_moves(connection: Connection, moves: Sequence[Move], now: datetime) -> set[int]:
    """Move ladders on and account for their rungs; return the ids of those that still stood as they were found."""
    if connection.dialect.name == "postgresql":
        return _write_at_once(connection, moves, now)
    return {moved for move in moves for moved in _write_one(connection, move, now)}


def _write_one(connection: Connection, move: Move, now: datetime) -> Iterator[int]:
    cases = dict(zip(move.due.ids, move.due.case_ids, strict=True))
    statement = update(deadline).where(
        deadline.c.id.in_(cases),
        deadline.c.status == OPEN,
        deadline.c.next_at <= now,
        deadline.c.next_rung == move.due.standing.next_rung,
    )
    moved = connection.execute(
        statement.values(
            next_rung=move.next_rung,
            next_at=move.next_at,
            quiet_told=move.quiet_told,
            accounted=deadline.c.accounted + len(move.entries),
        ).returning(deadline.c.id)
    )
    ids = list(moved.scalars())
    entries = [{"deadline_id": row_id, "decided_at": now, **entry} for row_id in ids for entry in move.entries]
    if entries:
        connection.execute(insert(ledger), entries)
    messages = [_message(row_id, cases[row_id], message, now) for row_id in ids for message in move.messages]
    if messages:
        connection.execute(insert(outbox), messages)
    yield from ids


def _message(row_id: int, case_id: int, message: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    own = {"key": f"{row_id}:{message['rung']}:{message['slot']}", "case_id": case_id, "deadline_id": row_id}
    return {**message, **own, "created_at": now}


_AT_ONCE = text("""
WITH due AS (
  SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:places AS integer[])) AS u(id, place)
), move AS (
  SELECT * FROM unnest(CAST(:was_rungs AS integer[]), CAST(:was_due AS date[]), CAST(:was_quiet AS text[]),
                       CAST(:move_rungs AS integer[]), CAST(:move_at AS timestamptz[]), CAST(:move_told AS boolean[]),
                       CAST(:move_entries AS integer[]))
       WITH ORDINALITY AS u(was_rung, was_due, was_quiet, next_rung, next_at, told, entries, place)
), moved AS (
  UPDATE deadline d SET next_rung = move.next_rung, next_at = move.next_at, quiet_told = move.told,
                        accounted = d.accounted + move.entries
  FROM due JOIN move USING (place)
  WHERE d.id = due.id AND d.status = 'open' AND d.next_rung = move.was_rung AND d.next_at <= :now
    AND d.due_on = move.was_due AND COALESCE(d.quiet, 'null') = CAST(move.was_quiet AS jsonb)
  RETURNING d.id, d.case_id, due.place
), accounted AS (
  INSERT INTO ledger (deadline_id, rung, slot, outcome, reason, late, decided_at, settled_at)
  SELECT moved.id, e.rung, e.slot, e.outcome, e.reason, e.late, :now, e.settled_at
  FROM moved JOIN unnest(CAST(:e_places AS integer[]), CAST(:e_rungs AS text[]), CAST(:e_slots AS text[]),
                         CAST(:e_outcomes AS text[]), CAST(:e_reasons AS text[]), CAST(:e_late AS boolean[]),
                         CAST(:e_settled AS timestamptz[]))
       AS e(place, rung, slot, outcome, reason, late, settled_at) USING (place)
), told AS (
  INSERT INTO outbox (key, kind, channel, slot, case_id, deadline_id, rung, payload, not_before, created_at)
  SELECT moved.id || ':' || m.rung || ':' || m.slot, m.kind, m.channel, m.slot, moved.case_id, moved.id, m.rung,
         CAST(m.payload AS jsonb), m.not_before, :now
  FROM moved JOIN unnest(CAST(:m_places AS integer[]), CAST(:m_rungs AS text[]), CAST(:m_slots AS text[]),
                         CAST(:m_kinds AS text[]), CAST(:m_channels AS text[]), CAST(:m_payloads AS text[]),
                         CAST(:m_before AS timestamptz[]))
       AS m(place, rung, slot, kind, channel, payload, not_before) USING (place)
)
SELECT array_agg(id) FROM moved
""")


def _write_at_once(connection: Connection, moves: Sequence[Move], now: datetime) -> set[int]:
    """Write everything in one statement: the confirmed claim feeds ledger and outbox within the database.

    A ladder that an event has changed between being found and being locked (acknowledged, say) is not confirmed: what
    was decided about it no longer holds. The next round finds it as it is.
    """
    places = range(1, len(moves) + 1)
    numbered = list(zip(places, moves, strict=True))
    entries = [(entry, place) for place, move in numbered for entry in move.entries]
    messages = [(message, place) for place, move in numbered for message in move.messages]
    values = {
        "now": now,
        "ids": _array(row_id for move in moves for row_id in move.due.ids),
        "places": _array(place for place, move in numbered for _ in move.due.ids),
        "was_rungs": [move.due.standing.next_rung for move in moves],
        "was_due": [move.due.standing.due_on for move in moves],
        "was_quiet": [json.dumps(move.due.standing.quiet) for move in moves],
        "move_rungs": [move.next_rung for move in moves],
        "move_at": [move.next_at for move in moves],
        "move_told": [move.quiet_told for move in moves],
        "move_entries": [len(move.entries) for move in moves],
        "e_places": [place for _, place in entries],
        "e_settled": [entry["settled_at"] for entry, _ in entries],
        "m_places": [place for _, place in messages],
        "m_payloads": [json.dumps(message["payload"]) for message, _ in messages],
        "m_before": [message["not_before"] for message, _ in messages],
    }
    for name, column in (("rungs", "rung"), ("slots", "slot"), ("outcomes", "outcome"), ("reasons", "reason")):
        values[f"e_{name}"] = [entry[column] for entry, _ in entries]
    values["e_late"] = [entry["late"] for entry, _ in entries]
    for name, column in (("rungs", "rung"), ("slots", "slot"), ("kinds", "kind"), ("channels", "channel")):
        values[f"m_{name}"] = [message[column] for message, _ in messages]
    return set(connection.execute(_AT_ONCE, values).scalar_one() or ())


def _array(numbers: Iterable[int]) -> str:
    """Return an array as the server writes it: the driver would look at every number of a list."""
    return f"{{{','.join(map(str, numbers))}}}"
