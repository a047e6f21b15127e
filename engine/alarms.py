"""Alarms to the admins: nobody found for a role, or a message that could not be delivered. One a day and cause."""

from datetime import datetime

from sqlalchemy import Connection, Row

from engine.composing import compose_alarm
from engine.parts import Engine
from notifications.messages import Reason, to_json
from storage import outbox
from storage.cases import CaseRow
from workflows.dates import local_date, next_open
from workflows.planning import Rules


def raise_alarm(
    engine: Engine,
    connection: Connection,
    case: CaseRow,
    deadline: Row[object],
    rules: Rules,
    reason: Reason,
    about: str,
    now: datetime,
) -> None:
    """Queue an alarm about one case's deadline; the same cause in the same unit on the same day alarms once.

    `about` names the cause: a role, or a channel. Controlled words only.
    """
    message = compose_alarm(engine, case, rules, deadline, reason)
    outbox.insert_if_new(
        connection,
        {
            "key": f"alarm:{reason.value}:{about}:{case.unit_id}:{local_date(now).isoformat()}",
            "kind": "alarm",
            "channel": "email",
            "slot": "admin:email",
            "case_id": case.id,
            "unit_id": case.unit_id,
            "payload": {"message": to_json(message)},
            "not_before": next_open(now, rules.definition.hours, rules.calendar),
            "created_at": now,
        },
    )
