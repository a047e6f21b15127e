"""The history of one case, row by row, as its hash chain covers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from access.actors import Actor
from access.rules import Action, is_disclosed_to
from engine.authorising import authorise, facts_of
from engine.inspecting_handled import is_known_to
from engine.inspecting_shelf import Shelf, state_title
from engine.inspecting_words import event_title
from engine.parts import Engine
from storage import cases
from storage.tables import staff
from workflows.model import Text


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event in the history of a case. `actor` is a name where a member of staff acted."""

    seq: int
    at: datetime
    actor: str | None
    actor_kind: str
    event: str
    event_title: Text
    state_before: Text | None
    state_after: Text
    hash: str


def history_lines(engine: Engine, ref: str, actor: Actor, now: datetime) -> tuple[HistoryLine, ...]:
    """Return the history of a case, oldest first, without what was answered; to its handler the events she knows of.

    Raises:
        CaseNotFoundError: there is no such case, or none of the actor's business.
    """
    with engine.database.read() as connection:
        found = authorise(actor, Action.SEE_CASE, cases.find_case(connection, ref), ref)
        shelf = Shelf(engine, connection, now)
        names = {row.id: row.name for row in connection.execute(select(staff.c.id, staff.c.name))}
        rows = cases.history_of(connection, found.id)
        if is_disclosed_to(actor, facts_of(found)):
            rows = [row for row in rows if is_known_to(actor, row)]
            names = {actor.staff_id: names.get(actor.staff_id, "")}
        return tuple(_history_line(shelf, found.programme, row, names) for row in rows)


def _history_line(shelf: Shelf, programme: str, row: Row[Any], names: Mapping[int, str]) -> HistoryLine:
    definition = shelf.definition(programme, row.version)
    return HistoryLine(
        seq=row.seq,
        at=row.at,
        actor=names.get(row.actor_id),
        actor_kind=row.actor,
        event=row.event,
        event_title=event_title(definition, row.event),
        state_before=state_title(definition, row.state_before) if row.state_before else None,
        state_after=state_title(definition, row.state_after),
        hash=row.hash,
    )
