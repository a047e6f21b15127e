"""Writing a decision: case, history, deadlines, ledger and outbox, all in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from engine.chain import chained
from engine.inviting import invitation_rows
from engine.ladder_rows import ladder_state, quiet_json
from engine.unsent import cancel_unsent, mute_unsent
from storage import deadlines, tables
from storage.batch import Batch, StaleRowError
from storage.held_cases import HeldCase
from workflows.case import Became, DeadlineStep, Decision, Watch
from workflows.ladders import Entry, LadderState, Reason, next_moment, settle
from workflows.planning import Rules
from workflows.values import data_to_json, snapshot_to_json

REASONS = {Became.MET: Reason.MET, Became.LEFT: Reason.LEFT, Became.VOID: Reason.VOID, Became.MOVED: Reason.MOVED}


@dataclass(slots=True)
class DeadlineRows:
    """The rows a decision makes in the tables of deadlines and ledger."""

    opened: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    revised: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[int, Reason] = field(default_factory=dict)  # ended or paused deadlines, and why their messages stay


def case_values(rules: Rules, decision: Decision, head: str, now: datetime) -> dict[str, Any]:
    """Return the columns of a case that an event changes."""
    after = decision.after
    final = rules.definition.states[after.state].final
    return {
        "version": rules.definition.version,
        "state": after.state,
        "seq": after.seq,
        "entry_seq": after.entry_seq,
        "snapshot": snapshot_to_json(after),
        "closed_at": now if final else None,
        "head": head,
    }


def history_row(
    decision: Decision, version: str, case_id: int, actor: Mapping[str, Any], head: str, now: datetime
) -> dict[str, Any]:
    """Return the row of history for an event; its hash continues the chain that ends in `head`."""
    row = {
        "case_id": case_id,
        "seq": decision.after.seq,
        "at": now,
        **actor,
        "event": decision.event.name,
        "answers": data_to_json(decision.event.answers),
        "state_before": decision.before.state if decision.before else None,
        "state_after": decision.after.state,
        "version": version,
    }
    return row | {"hash": chained(head, row)}


def apply(
    connection: Connection, rules: Rules, held: HeldCase, decision: Decision, actor: Mapping[str, Any], now: datetime
) -> bool:
    """Write a decision about a held case; say whether nobody had written it since it was read.

    Everything leaves in one batch and is committed with it. The compare-and-set of the case's sequence is part of it;
    had somebody written the case meanwhile, the history's key would refuse the batch too. The caller then gives the
    transaction up.
    """
    case = held.case
    record = history_row(decision, rules.definition.version, case.id, actor, case.head, now)
    values = case_values(rules, decision, record["hash"], now)
    rows = deadline_rows(rules, decision.deadlines, case.id, held.deadlines, now)
    _take_back_unsent(connection, held, rows, now)
    batch = Batch(connection)
    batch.update(tables.case, [{"id": case.id, **values}], expect={"seq": case.seq})
    batch.insert(tables.history, [record])
    write_deadline_rows(batch, rows)
    batch.insert(tables.outbox, invitation_rows(rules, case, decision, now))
    try:
        batch.send(commit=True)
    except (StaleRowError, IntegrityError):
        return False
    return True


def write_deadline_rows(batch: Batch, rows: DeadlineRows) -> None:
    """Write what `deadline_rows` made."""
    batch.insert(tables.deadline, rows.opened)
    batch.update(tables.deadline, rows.ended)
    batch.update(tables.deadline, rows.revised)
    batch.insert(tables.ledger, rows.entries)


def _take_back_unsent(connection: Connection, held: HeldCase, rows: DeadlineRows, now: datetime) -> None:
    reasons = {row_id: reason for row_id, reason in rows.reasons.items() if row_id in held.unsent}
    if reasons:
        cancel_unsent(connection, reasons, now)
    quiets = {row["id"]: row["quiet"] for row in rows.revised if row["quiet"] and not row["quiet_told"]}
    muted = {row_id: quiet for row_id, quiet in quiets.items() if row_id in held.unsent}
    if muted:
        mute_unsent(connection, muted, now)


def deadline_rows(
    rules: Rules, steps: Sequence[DeadlineStep], case_id: int, open_rows: Sequence[Any], now: datetime
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
