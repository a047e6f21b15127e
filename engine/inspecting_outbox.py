"""Messages on their way, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select

from access.actors import Actor
from access.rules import Action, may_anywhere
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from storage.outbox import QUEUED
from storage.tables import case, outbox, staff


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A message on its way, or what became of it. Instants are UTC."""

    id: int
    kind: str
    channel: str
    slot: str
    ref: str | None
    staff: str | None
    state: str
    attempts: int
    not_before: datetime
    error: str | None
    outcome: str | None
    reason: str | None
    uncertain: bool
    created_at: datetime
    done_at: datetime | None
    is_due: bool  # it waits and may leave now


def outbox_lines(
    engine: Engine, actor: Actor, now: datetime, state: str | None = None, limit: int = 100
) -> tuple[OutboxLine, ...]:
    """Return messages about the cases an actor may see (and, to an admin, the house's own), the newest first."""
    visible = visible_cases(actor)
    wanted = or_(outbox.c.case_id.is_(None), visible) if may_anywhere(actor, Action.RUN) else visible
    query = (
        select(outbox, case.c.ref, staff.c.name.label("staff"))
        .select_from(
            outbox.outerjoin(case, case.c.id == outbox.c.case_id).outerjoin(staff, staff.c.id == outbox.c.staff_id)
        )
        .where(wanted)
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(outbox.c.state == state)
    with engine.database.read() as connection:
        return tuple(_line(row, now) for row in connection.execute(query))


def _line(row: Row[Any], now: datetime) -> OutboxLine:
    columns = {name: getattr(row, name) for name in OutboxLine.__dataclass_fields__ if name != "is_due"}
    return OutboxLine(**columns, is_due=row.state == QUEUED and row.not_before <= now)
