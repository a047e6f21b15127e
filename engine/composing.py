"""The words of a message, found when it leaves: the case's reference, its definition and dates, nothing personal."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from engine.errors import DefinitionMissingError
from engine.parts import Engine
from engine.recipients import Found
from notifications.messages import Invitation, Kind, Message, Notice, Reason, Text
from storage.cases import CaseRow
from workflows.dates import WorkingHours, local_date
from workflows.ladders import ladder_steps
from workflows.model import FieldType
from workflows.planning import Rules

MEETING = Text(sv="Möte", en="Meeting")
UNKNOWN_STEP = Text(sv="Okänd bevakning", en="Unknown deadline")
PLACE_UNKNOWN = Text(sv="Plats meddelas", en="Place to be announced")
OPENED = Text(sv="Granska öppningen", en="Review the opening")
ALARM_HOURS, ALARM_CALENDAR = WorkingHours(), "SE"  # digests and alarms belong to no programme
QUIET_REASONS = {"ack_ended": Reason.ACK_ENDED, "snooze_ended": Reason.SNOOZE_ENDED}


def compose_notice(
    engine: Engine,
    rules: Rules,
    case: CaseRow,
    deadline: Row[Any],
    message: Row[Any],
    found: Found | None,
    now: datetime,
) -> Notice:
    """Return what a rung says. `found` is None for a team's channel."""
    watched = rules.definition.deadlines[deadline.kind]
    steps = ladder_steps(watched.ladder, deadline.due_on, rules.calendar, rules.definition.hours)
    number = next((step.index + 1 for step in steps if step.key == message.rung), 0)
    return Notice(
        kind=Kind(message.kind),
        case_ref=case.ref,
        step=Text(watched.title.sv, watched.title.en),
        due_on=deadline.due_on,
        rung=number,
        rungs=len(steps),
        late=bool(message.payload["late"]),
        reason=_reason(message, deadline.due_on, local_date(now)),
        link=engine.link_to(case.ref),
        on_behalf=bool(found and found.on_behalf),
    )


def _reason(message: Row[Any], due_on: date, today: date) -> Reason:
    if message.kind in QUIET_REASONS:
        return QUIET_REASONS[message.kind]
    if message.payload.get("fallback"):
        return Reason.CHANNEL_FALLBACK
    if message.payload["late"]:
        return Reason.LATE_AFTER_OUTAGE
    if "#" in message.rung:
        return Reason.REPEATED
    if message.rung.startswith("e"):
        return Reason.OVERDUE if message.slot.startswith("coordinator:") else Reason.ESCALATED
    return Reason.ON_DUE if today == due_on else Reason.BEFORE_DUE


def compose_invitation(engine: Engine, rules: Rules, case: CaseRow, message: Row[Any]) -> Invitation:
    """Return a meeting's invitation or cancellation. Its UID is the meeting's for ever; SEQUENCE tells the newest."""
    payload = message.payload
    kind = payload["meeting"]
    deadline = rules.definition.deadlines.get(kind)
    return Invitation(
        kind=Kind(message.kind),
        case_ref=case.ref,
        step=Text(deadline.title.sv, deadline.title.en) if deadline else MEETING,
        uid=f"{case.ref}-{kind.replace('_', '-')}",
        sequence=payload["sequence"],
        starts_at=datetime.fromisoformat(payload["starts_at"]),
        minutes=payload["minutes"],
        place=_place(rules, payload["place"]),
        link=engine.link_to(case.ref),
    )


def _place(rules: Rules, choice: str | None) -> Text:
    """Return the title of a place; only places of the definition leave the system."""
    for field in rules.definition.fields.values():
        if choice is not None and field.type is FieldType.CHOICE and choice in field.choices:
            title = field.choices[choice]
            return Text(title.sv, title.en)
    return PLACE_UNKNOWN


def title_of(engine: Engine, connection: Connection, case: CaseRow, kind: str) -> Text:
    """Return the title of a deadline or meeting, as far as the case's definition can still say it."""
    try:
        definition = engine.rulebook.definition(connection, case.programme, case.version)
    except DefinitionMissingError:
        return UNKNOWN_STEP
    deadline = definition.deadlines.get(kind)
    return Text(deadline.title.sv, deadline.title.en) if deadline else MEETING


def compose_opened(engine: Engine, case: CaseRow, today: date) -> Message:
    """Return the word to a unit manager that a colleague has broken the glass: nothing about either person."""
    return Notice(
        kind=Kind.OPENED,
        case_ref=case.ref,
        step=OPENED,
        due_on=today + timedelta(days=3),
        rung=0,
        rungs=0,
        late=False,
        reason=Reason.GLASS_BROKEN,
        link=engine.link_to(case.ref),
    )


def compose_alarm(engine: Engine, case: CaseRow, step: Text, due_on: date, reason: Reason) -> Message:
    """Return the alarm about something that found nobody, could not be delivered or could not be decided."""
    return Notice(
        kind=Kind.ALARM,
        case_ref=case.ref,
        step=step,
        due_on=due_on,
        rung=0,
        rungs=0,
        late=False,
        reason=reason,
        link=engine.link_to(case.ref),
    )
