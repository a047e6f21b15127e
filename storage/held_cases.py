"""A case with everything an event needs of it: held until the transaction ends, or only seen, in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, select

from storage.cases import CaseRow, find_case
from storage.deadlines import OPEN, open_deadlines
from storage.definitions import closures_declared
from storage.tables import deadline, outbox
from storage.webhooks import Subscribed, subscribed


@dataclass(frozen=True, slots=True)
class OpenDeadline:
    """What an event needs of an open deadline, as stored."""

    id: int
    kind: str
    occurrence: int
    entry_seq: int
    generation: int
    due_on: date
    next_rung: int
    quiet: Sequence[Any] | None
    quiet_told: bool
    paused: bool
    accounted: int


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case, its open deadlines, which of them have unsent messages, the extra days closed, and who is to be told."""

    case: CaseRow
    deadlines: Sequence[OpenDeadline]
    unsent: frozenset[int]
    closures: frozenset[date]
    subscribed: Subscribed = frozenset()


def hold_case(connection: Connection, ref: str, now: datetime) -> HeldCase | None:
    """Lock a case until the transaction ends and return it with what an event needs; None when there is none."""
    case = find_case(connection, ref, lock=True)
    if case is None:
        return None
    waiting = select(outbox.c.deadline_id).join(deadline, deadline.c.id == outbox.c.deadline_id)
    unsent = waiting.where(deadline.c.case_id == case.id, deadline.c.status == OPEN, outbox.c.state == "queued")
    return HeldCase(
        case,
        [OpenDeadline(*(getattr(row, name) for name in _OPEN)) for row in open_deadlines(connection, case.id)],
        frozenset(connection.execute(unsent).scalars()),
        frozenset(closures_declared(connection, now)),
        subscribed(connection),
    )


_OPEN = tuple(field.name for field in fields(OpenDeadline))
_CASE = tuple(field.name for field in fields(CaseRow))
_SEEN = f"""
SELECT {", ".join(f'c."{name}"' for name in _CASE)},
  (SELECT array_agg(day) FROM closure WHERE declared_at <= $2),
  (SELECT array_agg(w.id || ' ' || e.event) FROM webhook w JOIN webhook_event e ON e.webhook_id = w.id WHERE w.active),
  EXISTS (SELECT 1 FROM outbox m WHERE m.deadline_id = o.id AND m.state = 'queued'),
  {", ".join(f"o.{name}" for name in _OPEN)}
FROM "case" c LEFT JOIN deadline o ON o.case_id = c.id AND o.status = 'open'
WHERE c.ref = $1
""".encode()  # noqa: S608 - names of ours
_CLOSURES, _SUBSCRIBED = len(_CASE), len(_CASE) + 1  # where they begin in a row of it
_UNSENT, _DEADLINE = len(_CASE) + 2, len(_CASE) + 3


def see_case(driver: "psycopg.Connection[Any]", ref: str, now: datetime) -> HeldCase | None:
    """Return a case with what an event needs, as it is at one instant, without keeping anybody away from it.

    For PostgreSQL. Who writes what was decided by it must say what was seen, and begin anew when that has changed.
    """
    rows = psycopg.RawCursor(driver).execute(_SEEN, (ref, now)).fetchall()
    if not rows:
        return None
    first = rows[0]
    watched = rows if first[_DEADLINE] is not None else []  # a case without open deadlines still has its row
    return HeldCase(
        CaseRow(*first[:_CLOSURES]),
        [OpenDeadline(*row[_DEADLINE:]) for row in watched],
        frozenset(row[_DEADLINE] for row in watched if row[_UNSENT]),
        frozenset(first[_CLOSURES] or ()),
        frozenset(_subscription(text) for text in first[_SUBSCRIBED] or ()),
    )


def _subscription(text: str) -> tuple[int, str]:
    webhook_id, _, event = text.partition(" ")
    return int(webhook_id), event
