"""What has happened to a case and what has been sent about it, newest first."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from access.actors import Actor
from engine.inspecting_case_parts import FieldLine, SlotLine, TimelineLine
from engine.inspecting_deadlines import slot_line
from engine.inspecting_handled import is_known_to
from engine.inspecting_shelf import Shelf, deadline_title, state_title
from engine.inspecting_words import ANSWER_TITLES, event_title
from engine.parts import Engine
from engine.recipients import Directory
from storage.cases import CaseRow, history_of
from storage.tables import deadline, outbox
from workflows.case import Builtin
from workflows.model import Definition, Text
from workflows.undoing import UNDONE
from workflows.values import data_from_json

MOST_MESSAGES = 200
FREE_TEXT = frozenset({"reason"})  # answers of built-in events in people's own words
MESSAGE_TITLES: Mapping[str, Text] = {
    "reminder": Text("Påminnelse", "Reminder"),
    "escalation": Text("Eskalering", "Escalation"),
    "ack_ended": Text("Kvittering löpte ut", "Acknowledgement ended"),
    "snooze_ended": Text("Uppskov löpte ut", "Snooze ended"),
    "invite": Text("Möteskallelse", "Invitation"),
    "cancel": Text("Möte inställt", "Cancellation"),
    "alarm": Text("Larm till systemansvarig", "Alarm to the administrators"),
    "opened": Text("Besked om öppnade personuppgifter", "Word of opened personal data"),
}


def timeline_of(
    engine: Engine,
    connection: Connection,
    case: CaseRow,
    definition: Definition,
    directory: Directory,
    now: datetime,
    handler: Actor | None = None,
) -> tuple[TimelineLine, ...]:
    """Return the events of a case, and its latest messages that were sent, failed or wait.

    For a `handler` at another authority only those she knows of: her own, and what she was told.
    """
    shelf = Shelf(engine, connection, now)
    rows, messages = history_of(connection, case.id), _messages(connection, case.id)
    if handler is not None:
        rows = [row for row in rows if is_known_to(handler, row)]
        messages = [row for row in messages if row.staff_id == handler.staff_id]
        directory = directory.of(handler.staff_id)
    events = [_event(shelf, case, row, directory) for row in rows]
    sent = [_message(row, case, definition, directory) for row in messages]
    return tuple(sorted((*events, *sent), key=lambda line: line.at, reverse=True))


def _event(shelf: Shelf, case: CaseRow, row: Row[Any], directory: Directory) -> TimelineLine:
    definition = shelf.definition(case.programme, row.version)
    member = directory.staff.get(row.actor_id)
    moved = row.state_before != row.state_after
    return TimelineLine(
        at=row.at,
        kind="event",
        title=event_title(definition, row.event),
        by=member.name if member else None,
        actor=row.actor,
        name=row.event,
        state=state_title(definition, row.state_after) if moved else None,
        answers=tuple(_answers(definition, row)) if row.event != Builtin.OPEN else (),
    )


def _answers(definition: Definition, row: Row[Any]) -> Iterator[FieldLine]:
    """Give the answers, personal ones without their value; the answers of built-in events speak in titles."""
    for name, value in data_from_json(row.answers).items():
        field = definition.fields.get(name)
        if "." in row.event and name in ANSWER_TITLES and row.event != Builtin.AMEND:
            hidden = name in FREE_TEXT
            title = _named(definition, name, value) if isinstance(value, str) and not hidden else None
            yield FieldLine(name, ANSWER_TITLES[name], None if hidden else value, personal=hidden, choice=title)
        elif field is not None:
            choice = field.choices.get(value) if isinstance(value, str) else None
            yield FieldLine(name, field.title, None if field.personal else value, field.personal, choice)


def _named(definition: Definition, answer: str, name: str) -> Text | None:
    if answer == "kind" and name in definition.pauses:
        return definition.pauses[name].title
    if answer == UNDONE:
        return event_title(definition, name)
    return deadline_title(definition, name) if answer == "deadline" else None


def _messages(connection: Connection, case_id: int) -> list[Row[Any]]:
    query = (
        select(outbox, deadline.c.kind.label("watched"))
        .outerjoin(deadline, deadline.c.id == outbox.c.deadline_id)
        .where(outbox.c.case_id == case_id, outbox.c.outcome.is_(None) | outbox.c.outcome.in_(["sent", "failed"]))
        .order_by(outbox.c.id.desc())
        .limit(MOST_MESSAGES)
    )
    return list(connection.execute(query))


def _message(row: Row[Any], case: CaseRow, definition: Definition, directory: Directory) -> TimelineLine:
    about = row.watched or row.payload.get("meeting")
    kind = MESSAGE_TITLES.get(row.kind, Text(row.kind, row.kind))
    subject = deadline_title(definition, about) if about else None
    title = Text(f"{kind.sv}: {subject.sv}", f"{kind.en}: {subject.en}") if subject else kind
    return TimelineLine(
        at=row.done_at or row.not_before,
        kind="message",
        title=title,
        by=None,
        actor="system",
        name=row.kind,
        to=_addressee(row, case, definition, directory),
        outcome=row.outcome or row.state,
        reason=row.reason or row.error,
    )


def _addressee(row: Row[Any], case: CaseRow, definition: Definition, directory: Directory) -> SlotLine:
    """Return whom it went to; for one that waits, whom it would go to today."""
    line = slot_line(row.slot, case, definition, directory)
    member = directory.staff.get(row.staff_id)
    if member is not None:
        return SlotLine(line.role, line.title, line.channel, member.name)
    return line if row.outcome is None else SlotLine(line.role, line.title, line.channel, None)
