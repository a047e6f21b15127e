"""Meeting invitations as outbox rows: one per role invited, in one thread each, so that nothing overtakes."""

from datetime import datetime
from typing import Any

from storage.cases import CaseRow
from workflows.case import Decision, InvitationStep
from workflows.dates import next_open
from workflows.planning import Rules


def invitation_rows(rules: Rules, case: CaseRow, decision: Decision, now: datetime) -> list[dict[str, Any]]:
    """Return the messages that a decision's invitations lead to."""
    leaves = next_open(now, rules.definition.hours, rules.calendar)
    return [_row(case, step, role, leaves, now) for step in decision.invitations for role in step.invited.to]


def _row(case: CaseRow, step: InvitationStep, role: str, leaves: datetime, now: datetime) -> dict[str, Any]:
    invited = step.invited
    return {
        "key": f"{case.ref}:{step.kind}:{invited.sequence}:{role}",
        "kind": "invite" if invited.live else "cancel",
        "channel": "email",
        "slot": f"{role}:email",
        "case_id": case.id,
        "thread": f"{case.ref}:{step.kind}:{role}",
        "payload": {
            "meeting": step.kind,
            "sequence": invited.sequence,
            "starts_at": invited.starts_at.isoformat(),
            "minutes": invited.minutes,
            "place": invited.place,
        },
        "not_before": leaves,
        "created_at": now,
    }
