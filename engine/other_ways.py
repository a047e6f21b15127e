"""Another way for a rung that does not get through: by email, to who works with the deadline or a level above."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, update

from engine.slots import fallback_slot, role_of
from storage import ledger, outbox
from storage.cases import CaseRow
from storage.tables import deadline
from workflows.dates import next_open
from workflows.ladders import TEAM_SLOT, Outcome, owner_slot
from workflows.model import Definition
from workflows.planning import Rules


def levels_above(definition: Definition, kind: str, slot: str) -> tuple[str, ...]:
    """Return whom to ask instead, the nearest first: for a team's channel the owner, else the level above and so on."""
    declared = definition.deadlines.get(kind)
    role = role_of(owner_slot(declared)) if slot == TEAM_SLOT and declared else _above(definition, role_of(slot))
    found: list[str] = []
    while role is not None and role not in found:
        found.append(role)
        role = _above(definition, role)
    return tuple(found)


def insert_other_way(
    connection: Connection, rules: Rules, case: CaseRow, watched: Row[Any], message: Row[Any], role: str, now: datetime
) -> str | None:
    """Queue a rung's message by email to another role, with an entry of its own in the ledger, and return its slot.

    None when the rung has been sent that way already. The caller holds the case.
    """
    slot = fallback_slot(role)
    row = {
        "key": f"{watched.id}:{message.rung}:{slot}",
        "kind": message.kind,
        "channel": "email",
        "slot": slot,
        "case_id": case.id,
        "deadline_id": watched.id,
        "rung": message.rung,
        "payload": {**message.payload, "fallback": True},
        "not_before": next_open(now, rules.definition.hours, rules.calendar),
        "created_at": now,
    }
    if not outbox.insert_if_new(connection, row):
        return None
    ledger.insert_entries(connection, [_entry(watched.id, message, slot, now)])
    more = update(deadline).where(deadline.c.id == watched.id).values(accounted=deadline.c.accounted + 1)
    connection.execute(more)
    return slot


def _entry(deadline_id: int, message: Row[Any], slot: str, now: datetime) -> dict[str, Any]:
    return {
        "deadline_id": deadline_id,
        "rung": message.rung,
        "slot": slot,
        "outcome": Outcome.QUEUED.value,
        "reason": None,
        "late": bool(message.payload.get("late", False)),
        "decided_at": now,
        "settled_at": None,
    }


def _above(definition: Definition, role: str) -> str | None:
    declared = definition.roles.get(role)
    return declared.above if declared else None
