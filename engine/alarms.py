"""Alarms to the admins: nobody found for a role, or something that cannot be sent or decided. One a day and cause."""

from datetime import date, datetime

from sqlalchemy import Connection

from engine.composing import ALARM_CALENDAR, ALARM_HOURS, compose_alarm, title_of
from engine.parts import Engine
from notifications.messages import Reason, to_json
from storage import outbox
from storage.cases import CaseRow
from workflows.dates import local_date, next_open


def raise_alarm(
    engine: Engine,
    connection: Connection,
    case: CaseRow,
    kind: str,
    due_on: date,
    reason: Reason,
    about: str,
    now: datetime,
) -> None:
    """Queue an alarm about one case's deadline or meeting; a cause alarms once a day and unit.

    It needs no definition of the case: a definition that is missing or broken is one of the things it tells of.

    Args:
        engine: the parts.
        connection: the caller's transaction.
        case: the case concerned.
        kind: the deadline's or meeting's name in the definition.
        due_on: its date.
        reason: what is said to be wrong.
        about: names the cause: a slot, a role, "sweep". Controlled words only.
        now: the instant, UTC.
    """
    message = compose_alarm(engine, case, title_of(engine, connection, case, kind), due_on, reason)
    calendar = engine.rulebook.calendar(connection, ALARM_CALENDAR, now)
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
            "not_before": next_open(now, ALARM_HOURS, calendar),
            "created_at": now,
        },
    )
