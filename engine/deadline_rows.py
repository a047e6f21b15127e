"""The rows of deadlines and ledger that the deadline steps of a decision lead to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from engine.ladder_rows import ladder_state, quiet_json
from storage import deadlines, tables
from storage.batch import Writes
from storage.held_cases import OpenDeadline
from workflows.case import Became, DeadlineStep, Watch
from workflows.ladders import Entry, LadderState, Reason, next_moment, settle
from workflows.planning import Rules

REASONS = {Became.MET: Reason.MET, Became.LEFT: Reason.LEFT, Became.VOID: Reason.VOID, Became.MOVED: Reason.MOVED}


@dataclass(slots=True)
class DeadlineRows:
    """The rows a decision makes in the tables of deadlines and ledger."""

    opened: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    revised: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[int, Reason] = field(default_factory=dict)  # ended or paused deadlines, and why their messages stay


def write_deadline_rows(writes: Writes, rows: DeadlineRows, stood: Sequence[OpenDeadline] = ()) -> None:
    """Collect the writes of what `deadline_rows` made; a deadline is only written while it is as it `stood`."""
    seen = {row.id: _as_it_stood(row) for row in stood}
    writes.insert(tables.deadline, rows.opened)
    writes.update(tables.deadline, rows.ended, [seen[row["id"]] for row in rows.ended])
    writes.update(tables.deadline, rows.revised, [seen[row["id"]] for row in rows.revised])
    writes.insert(tables.ledger, rows.entries)


def _as_it_stood(row: OpenDeadline) -> dict[str, Any]:
    """Return what changes whenever a ladder is moved on; whatever else may change, changes with the case's sequence."""
    return {"status": deadlines.OPEN, "next_rung": row.next_rung, "accounted": row.accounted}


def deadline_rows(
    rules: Rules, steps: Sequence[DeadlineStep], case_id: int, open_rows: Sequence[OpenDeadline], now: datetime
) -> DeadlineRows:
    """Return the rows for the deadline steps of a decision, given the case's open deadlines as stored."""
    stored = {(row.kind, row.occurrence, row.entry_seq, row.generation): row for row in open_rows}
    rows = DeadlineRows()
    for step in steps:
        key = (step.key.kind, step.key.occurrence, step.key.entry_seq, step.key.generation)
        if step.became is Became.OPENED:
            rows.opened.append(_opened_row(rules, step, case_id, now))
        elif step.became is Became.REVISED:
            rows.revised.append(_revised_row(rules, step, stored[key], rows.reasons))
        else:
            _end(rules, step, stored[key], rows, now)
    return rows


def _opened_row(rules: Rules, step: DeadlineStep, case_id: int, now: datetime) -> dict[str, Any]:
    watch = step.watch
    state = LadderState(_due(watch))
    return {
        "case_id": case_id,
        "kind": step.key.kind,
        "occurrence": step.key.occurrence,
        "entry_seq": step.key.entry_seq,
        "generation": step.key.generation,
        "status": deadlines.OPEN,
        "due_on": _due(watch),
        "next_rung": 0,
        "next_at": None if watch.paused else _next_at(rules, step.key.kind, state),
        "paused": watch.paused,
        "opened_at": now,
    }


def _due(watch: Watch) -> date:
    return cast(date, watch.due_on)  # the planner dates every deadline it opens or revises


def _next_at(rules: Rules, kind: str, state: LadderState) -> datetime | None:
    definition = rules.definition
    return next_moment(definition.deadlines[kind], state, rules.calendar, definition.hours)


def _revised_row(rules: Rules, step: DeadlineStep, row: Any, reasons: dict[int, Reason]) -> dict[str, Any]:
    watch = step.watch
    quiet_is_new = watch.quiet is not None and quiet_json(watch.quiet) != row.quiet
    told = not quiet_is_new and row.quiet_told
    state = LadderState(_due(watch), row.next_rung, watch.quiet, told)
    if watch.paused and not row.paused:
        reasons[row.id] = Reason.PAUSED
    return {
        "id": row.id,
        "due_on": _due(watch),
        "next_at": None if watch.paused else _next_at(rules, step.key.kind, state),
        "paused": watch.paused,
        "quiet": quiet_json(watch.quiet),
        "quiet_told": told,
    }


def _end(rules: Rules, step: DeadlineStep, row: Any, rows: DeadlineRows, now: datetime) -> None:
    reason = REASONS[step.became]
    # A migration may have dropped the kind; its ladder is then settled by the version it was opened under.
    deadline = rules.definition.deadlines.get(step.key.kind)
    settled = settle(deadline, ladder_state(row), reason, rules.calendar, rules.definition.hours) if deadline else ()
    rows.entries.extend(entry_rows(settled, row.id, now))
    rows.reasons[row.id] = reason
    rows.ended.append(
        {
            "id": row.id,
            "status": step.became.value,
            "next_at": None,
            "ended_at": now,
            "accounted": row.accounted + len(settled),
        }
    )


def entry_rows(entries: Sequence[Entry], deadline_id: int, now: datetime) -> list[dict[str, Any]]:
    """Return the ledger rows for entries of one deadline."""
    return [{"deadline_id": deadline_id, "decided_at": now, **entry_columns(entry, now)} for entry in entries]


def entry_columns(entry: Entry, now: datetime) -> dict[str, Any]:
    """Return what the ledger says of an entry, whichever deadline's it is. What is not queued is settled at once."""
    return {
        "rung": entry.key,
        "slot": entry.slot,
        "outcome": entry.outcome.value,
        "reason": entry.reason.value if entry.reason else None,
        "late": entry.late,
        "settled_at": None if entry.reason is None else now,
    }
