"""Hand-written psycopg, no layer of ours: what W1 and W2 are measured against.

W1's floor is what a careful programmer writes first, one statement for each row. W2's is a batch in SQL alone.
Both write the rows that Bevaka writes.
"""

import hashlib
import json
from datetime import date, datetime
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


def transition(connection: Connection, ref: str, now: datetime) -> None:
    """W1: guard, case, history, old deadline and its three rungs, new deadline, message; committed."""
    case_id, seq, snapshot, head = connection.execute(
        'SELECT id, seq, snapshot, head FROM "case" WHERE ref = %s FOR UPDATE', (ref,)
    ).fetchone()  # type: ignore[misc]
    if not snapshot["data"]["consent"]:
        raise ValueError("no consent")
    snapshot["data"]["held_on"] = {"d": "2024-02-12"}
    new_head = hashlib.sha256((head + json.dumps(snapshot)).encode()).hexdigest()
    connection.execute(
        "UPDATE \"case\" SET state = 'following', seq = %s, entry_seq = %s, snapshot = %s::jsonb, head = %s"
        " WHERE id = %s AND seq = %s",
        (seq + 1, seq + 1, json.dumps(snapshot), new_head, case_id, seq),
    )
    connection.execute(
        "INSERT INTO history (case_id, seq, at, actor_id, actor, event, answers, state_before, state_after, version,"
        " hash) VALUES (%s, %s, %s, 1, 'staff', 'hold', %s::jsonb, 'granted', 'following', '1', %s)",
        (case_id, seq + 1, now, json.dumps({"held_on": {"d": "2024-02-12"}}), new_head),
    )
    (deadline_id,) = connection.execute(
        "UPDATE deadline SET status = 'met', next_at = NULL, ended_at = %s, accounted = accounted + 3"
        " WHERE case_id = %s AND kind = 'meeting' AND status = 'open' RETURNING id",
        (now, case_id),
    ).fetchone()  # type: ignore[misc]
    for rung in ("r1", "r2", "r3"):
        connection.execute(
            "INSERT INTO ledger (deadline_id, rung, slot, outcome, reason, late, decided_at, settled_at)"
            " VALUES (%s, %s, 'coordinator:email', 'suppressed', 'met', false, %s, %s)",
            (deadline_id, rung, now, now),
        )
    connection.execute(
        "INSERT INTO deadline (case_id, kind, occurrence, entry_seq, generation, status, due_on, next_rung, next_at,"
        " opened_at) VALUES (%s, 'follow_up', 0, %s, 0, 'open', %s, 0, %s, %s)",
        (case_id, seq + 1, date(2024, 5, 12), now, now),
    )
    connection.execute(
        "INSERT INTO outbox (key, kind, channel, slot, case_id, thread, payload, not_before, created_at)"
        " VALUES (%s, 'invite', 'email', 'coordinator:email', %s, %s, %s::jsonb, %s, %s)",
        (f"{ref}:follow_up:0:coordinator", case_id, f"{ref}:follow_up", json.dumps({"sequence": 0}), now, now),
    )
    connection.commit()


SWEEP = """
WITH due AS (
  SELECT d.id, d.case_id FROM deadline d JOIN "case" c ON c.id = d.case_id
  WHERE d.next_at <= %(now)s ORDER BY d.next_at, d.id LIMIT %(limit)s FOR UPDATE OF c SKIP LOCKED
), fired AS (
  UPDATE deadline d SET next_rung = d.next_rung + 1, next_at = %(next_at)s, accounted = d.accounted + 1
  FROM due WHERE d.id = due.id AND d.next_at <= %(now)s AND d.status = 'open' RETURNING d.id, d.case_id
), written AS (
  INSERT INTO ledger (deadline_id, rung, slot, outcome, late, decided_at)
  SELECT id, 'r1', 'coordinator:email', 'queued', false, %(now)s FROM fired
)
INSERT INTO outbox (key, kind, channel, slot, case_id, deadline_id, rung, payload, not_before, created_at)
SELECT id || ':r1:coordinator:email', 'reminder', 'email', 'coordinator:email', case_id, id, 'r1',
       '{"late": false}'::jsonb, %(now)s, %(now)s FROM fired
"""


def sweep(connection: Connection, now: datetime, next_at: datetime, limit: int = 500) -> int:
    """W2: claim what is due in batches, move each ladder on, write ledger and outbox; return how many."""
    total = 0
    while True:
        swept = connection.execute(SWEEP, {"now": now, "next_at": next_at, "limit": limit}).rowcount
        connection.commit()
        total += swept
        if swept == 0:
            return total
