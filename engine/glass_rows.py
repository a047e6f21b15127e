"""A broken glass as a row: its reason and length are checked where it is written, whoever asked for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from access.rules import ALLOWED, Action
from engine.errors import NotAllowedError
from engine.staffing import BadEntryError
from storage import nearness
from storage.cases import CaseRow
from workflows.case import Decision

SHORTEST_REASON, LONGEST_REASON = 10, 500  # characters
LONGEST = 60  # minutes


def record_opening(
    connection: Connection, case: CaseRow, decision: Decision, actor: Mapping[str, Any], now: datetime
) -> None:
    """Write a broken glass of a held case.

    Raises:
        BadEntryError: the reason is too short or too long, or it is for more than an hour.
        NotAllowedError: the actor is nobody in particular.
    """
    reason, minutes = decision.event.answers.get("reason"), decision.event.answers.get("minutes")
    if not isinstance(reason, str) or not SHORTEST_REASON <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise BadEntryError("reason", f"{SHORTEST_REASON} to {LONGEST_REASON} characters")
    if not isinstance(minutes, int) or not 1 <= minutes <= LONGEST:
        raise BadEntryError("minutes", f"1 to {LONGEST}")
    if actor["actor_id"] is None:
        raise NotAllowedError(Action.BREAK_GLASS, ALLOWED[Action.BREAK_GLASS])
    row = {"case_id": case.id, "seq": decision.after.seq, "at": now, "until": now + timedelta(minutes=minutes)}
    nearness.insert_opening(connection, {**row, "staff_id": actor["actor_id"], "unit_id": case.unit_id})
