"""The deadlines of one case, with what its ladder does next and to whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from engine.inspecting_case_parts import DeadlineLine, SlotLine
from engine.inspecting_shelf import deadline_title
from engine.inspecting_words import role_title
from engine.recipients import Directory
from engine.slots import role_of
from engine.urgency import band_of, quiet_now
from storage import deadlines
from storage.cases import CaseRow
from workflows.case import Snapshot
from workflows.dates import local_date
from workflows.explain import why_date
from workflows.ladders import TEAM_SLOT, LadderStep, ladder_steps, owner_slot
from workflows.model import Definition, Text
from workflows.planning import Rules


def deadline_lines(
    connection: Connection,
    case: CaseRow,
    rules: Rules,
    snapshot: Snapshot,
    directory: Directory,
    now: datetime,
) -> tuple[DeadlineLine, ...]:
    """Return the deadlines a case has had: the open ones by date, then the ended ones, the latest first."""
    rows = deadlines.deadlines_of(connection, case.id)
    open_rows = sorted((row for row in rows if row.status == deadlines.OPEN), key=lambda row: (row.due_on, row.id))
    ended = sorted((row for row in rows if row.status != deadlines.OPEN), key=lambda row: row.ended_at, reverse=True)
    return tuple(_line(row, case, rules, snapshot, directory, now) for row in (*open_rows, *ended))


def _line(
    row: Row[Any],
    case: CaseRow,
    rules: Rules,
    snapshot: Snapshot,
    directory: Directory,
    now: datetime,
) -> DeadlineLine:
    is_open, today = row.status == deadlines.OPEN, local_date(now)
    quiet, until = quiet_now(row.quiet, today)
    steps = _steps(rules, row)
    return DeadlineLine(
        kind=row.kind,
        title=deadline_title(rules.definition, row.kind),
        due_on=row.due_on,
        days=(row.due_on - today).days,
        status=row.status,
        occurrence=row.occurrence,
        band=band_of(row.due_on if is_open else None, bool(row.paused), today),
        paused=bool(row.paused),
        quiet=quiet,
        quiet_until=until,
        next_at=row.next_at,
        next_slots=_next_slots(row, steps, case, rules.definition, directory),
        rungs_done=min(row.next_rung, len(steps)),
        rungs=len(steps),
        explanation=_explanation(rules, snapshot, row, now) if is_open else None,
        ended_at=row.ended_at,
    )


def _steps(rules: Rules, row: Row[Any]) -> tuple[LadderStep, ...]:
    kind = rules.definition.deadlines.get(row.kind)
    return ladder_steps(kind.ladder, row.due_on, rules.calendar, rules.definition.hours) if kind else ()


def _next_slots(
    row: Row[Any], steps: tuple[LadderStep, ...], case: CaseRow, definition: Definition, directory: Directory
) -> tuple[SlotLine, ...]:
    if row.next_at is None or row.next_rung >= len(steps) + (row.quiet is not None):
        return ()
    step = steps[row.next_rung] if row.next_rung < len(steps) else None
    # Before the next step comes the end of a quiet, which is told to whoever works with the deadline.
    slots = step.slots if step and step.at == row.next_at else (owner_slot(definition.deadlines[row.kind]),)
    return tuple(slot_line(slot, case, definition, directory) for slot in slots)


def slot_line(slot: str, case: CaseRow, definition: Definition, directory: Directory) -> SlotLine:
    """Return whom a slot leads to today."""
    role, channel = role_of(slot), slot.rpartition(":")[2]
    found = None if slot == TEAM_SLOT else directory.find(role, case, definition)
    return SlotLine(role, role_title(definition, role), channel, found.staff.name if found else None)


def _explanation(rules: Rules, snapshot: Snapshot, row: Row[Any], now: datetime) -> Text | None:
    if row.kind not in rules.definition.deadlines:
        return None
    why = why_date(rules, snapshot, row.kind, now)
    return Text(why.sv, why.en)
