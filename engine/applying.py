"""Writing a decision: case, history, deadlines, ledger and outbox, all in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from engine.announcing import announcements
from engine.chain import chained
from engine.deadline_rows import DeadlineRows, deadline_rows, write_deadline_rows
from engine.inviting import invitation_rows
from engine.unsent import cancel_unsent, mute_unsent
from storage import api_tables, tables
from storage.batch import Batch, Writes
from storage.held_cases import HeldCase
from storage.statements import StaleRowError, Statement
from workflows.case import Decision
from workflows.planning import Rules
from workflows.values import data_to_json, snapshot_to_json


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


def apply_held(
    connection: Connection, rules: Rules, held: HeldCase, decision: Decision, actor: Mapping[str, Any], now: datetime
) -> bool:
    """Write a decision about a case that is held; say whether nobody had written it since it was read."""
    rows = deadline_rows(rules, decision.deadlines, held.case.id, held.deadlines, now)
    _take_back_unsent(connection, held, rows, now)
    batch = Batch(connection)
    _collect(batch, rules, held, decision, rows, actor, now)
    try:
        batch.send()
    except (StaleRowError, IntegrityError):
        return False
    return True


def apply_seen(
    driver: "psycopg.Connection[Any]",
    rules: Rules,
    seen: HeldCase,
    decision: Decision,
    actor: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Write a decision about a case that was seen but not held, in one statement; say whether that could be done.

    It cannot when somebody has written the case or one of the deadlines since, or when messages have to be taken back:
    then nothing is written, and the case must be held.
    """
    rows = deadline_rows(rules, decision.deadlines, seen.case.id, seen.deadlines, now)
    if not seen.unsent.isdisjoint([row["id"] for row in (*rows.ended, *rows.revised)]):
        return False
    statement = Statement()
    _collect(statement, rules, seen, decision, rows, actor, now)
    try:
        statement.run(driver)
    except (StaleRowError, psycopg.IntegrityError):
        return False
    return True


def _collect(
    writes: Writes,
    rules: Rules,
    held: HeldCase,
    decision: Decision,
    rows: DeadlineRows,
    actor: Mapping[str, Any],
    now: datetime,
) -> None:
    """Collect every write of a decision; the case's comes first, so that its row is locked before any other."""
    case = held.case
    record = history_row(decision, rules.definition.version, case.id, actor, case.head, now)
    values = case_values(rules, decision, record["hash"], now)
    writes.update(tables.case, [{"id": case.id, **values}], [{"seq": case.seq}])
    writes.insert(tables.history, [record])
    writes.insert(api_tables.webhook_message, announcements(held.subscribed, [record]))
    write_deadline_rows(writes, rows, held.deadlines)
    writes.insert(tables.outbox, invitation_rows(rules, case, decision, now))


def _take_back_unsent(connection: Connection, held: HeldCase, rows: DeadlineRows, now: datetime) -> None:
    reasons = {row_id: reason for row_id, reason in rows.reasons.items() if row_id in held.unsent}
    if reasons:
        cancel_unsent(connection, reasons, now)
    quiets = {row["id"]: row["quiet"] for row in rows.revised if row["quiet"] and not row["quiet_told"]}
    muted = {row_id: quiet for row_id, quiet in quiets.items() if row_id in held.unsent}
    if muted:
        mute_unsent(connection, muted, now)
