"""What another authority's handler is told of a case: named fields, each time an event, and nothing else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from access.actors import Actor
from access.consents import GROUPS, Basis, Consent, Ground, Recipient, may_disclose
from access.identities import Identity
from access.rules import roles_on
from engine.authorising import facts_of
from engine.consent_rows import HANDLER, consents_of
from engine.disclosure_rows import disclosure_answers
from engine.errors import CaseNotFoundError, UnknownFieldError
from engine.firing import Act, fire_within
from engine.inspecting_persons import open_identity
from engine.parts import Engine
from storage import cases, consents
from storage.cases import CaseRow
from workflows.answers import told
from workflows.case import Builtin, Event
from workflows.guards import Value
from workflows.model import Definition
from workflows.values import data_from_json

READ = "see_disclosed"  # what the access log calls a handler's reading


@dataclass(frozen=True, slots=True)
class DisclosedField:
    """A field as it was when it was disclosed; `at` is that instant, UTC. Printed without its value."""

    name: str
    value: Value
    at: datetime
    ground: Ground

    def __repr__(self) -> str:
        return f"DisclosedField({self.name}, ********)"


def disclose(
    engine: Engine,
    ref: str,
    fields: Collection[str],
    actor: Actor,
    now: datetime,
    *,
    to: Recipient = HANDLER,
    asked_on: date | None = None,
) -> Basis:
    """Tell named fields of a case to a named recipient; the history keeps which, to whom, on what ground and when.

    Args:
        engine: the parts.
        ref: the case.
        fields: names of fields of its programme, or of the person (`person.name`).
        actor: who tells; care alone may (an admin sees no person).
        now: the instant, UTC.
        to: the recipient; the case's own handler at FK.
        asked_on: the day FK asked for them itself (socialförsäkringsbalken 110:31); without, a consent must cover them.

    Returns:
        The legal ground.

    Raises:
        CaseNotFoundError, NotAllowedError: see `engine.authorising`.
        DisclosureRefusedError: no consent covers it, with every reason.
        UnknownFieldError: the programme has no such field.
    """
    event = Event(Builtin.DISCLOSE, disclosure_answers(frozenset(fields), to, asked_on))
    with engine.database.write() as connection:
        fired = fire_within(connection, engine, Act(ref, event, actor, now))
        _require_known(fired.rules.definition, fields)
        case = cases.find_case(connection, ref)
        written = consents.disclosures_of(connection, case.id)[-1] if case else None
    engine.nudge()
    return Basis(Ground(written.ground), tuple(written.consents)) if written else Basis(Ground.CONSENT)


def disclosed_to(engine: Engine, ref: str, actor: Actor, now: datetime) -> tuple[DisclosedField, ...]:
    """Return what was disclosed to the case's handler and may still be shown to her; the reading is logged.

    What was told on a consent is shown while a consent covers it; what FK asked for itself stays. Who a protected
    person is, is not shown.

    Raises:
        CaseNotFoundError: there is no such case, or she is not its handler.
        UnloggedReadError: the reading cannot be logged.
    """
    with engine.database.write() as connection:
        case = cases.find_case(connection, ref)
        if case is None or HANDLER.role not in roles_on(actor, facts_of(case)):
            raise CaseNotFoundError(ref)
        shown = _still_shown(consents.disclosures_of(connection, case.id), consents_of(connection, case.id), now)
        if not shown:
            return ()
        identity = open_identity(engine, connection, case, actor, now, READ)
        known = {} if identity.protected else _as_fields(identity)
        values = _values(connection, case, known, shown)
    return tuple(
        DisclosedField(name, values[name, row.seq], row.at, Ground(row.ground))
        for name, row in sorted(shown.items())
        if not (identity.protected and name in GROUPS["identity"])
    )


def fields_told(connection: Connection, case: CaseRow, now: datetime) -> dict[str, Value]:
    """Return the fields that were disclosed to the case's handler and may still be shown, as they were then.

    For the case's page, which says of a personal field only that it was disclosed: values of those are read through
    `disclosed_to`, and logged.
    """
    shown = _still_shown(consents.disclosures_of(connection, case.id), consents_of(connection, case.id), now)
    values = _values(connection, case, {}, shown) if shown else {}
    return {name: values[name, row.seq] for name, row in shown.items()}


def _require_known(definition: Definition, fields: Collection[str]) -> None:
    known = {*definition.fields, *GROUPS["identity"]}
    for name in fields:
        if name not in known:
            raise UnknownFieldError(name, tuple(sorted(known)))


def _still_shown(rows: Sequence[Row[Any]], known: Sequence[Consent], now: datetime) -> dict[str, Row[Any]]:
    """Return the newest disclosure of every field that may still be shown."""
    shown: dict[str, Row[Any]] = {}
    for row in rows:
        for name in row.fields if (row.to_party, row.recipient) == (HANDLER.party, HANDLER.role) else ():
            by_law = row.ground == Ground.FK_REQUEST
            if by_law or isinstance(may_disclose(known, [name], HANDLER, now), Basis):
                shown[name] = row
    return shown


def _values(
    connection: Connection, case: CaseRow, first: Mapping[str, Value], shown: Mapping[str, Row[Any]]
) -> dict[tuple[str, int], Value]:
    """Return each field as the case knew it when it was disclosed: what was answered last before that event.

    `first` is what was known from the start.
    """
    known: dict[str, Value] = dict(first)
    found: dict[tuple[str, int], Value] = {}
    for event in cases.history_of(connection, case.id):
        if event.event != Builtin.DISCLOSE:
            known |= told(data_from_json(event.answers))
        found |= {(name, row.seq): known.get(name) for name, row in shown.items() if row.seq == event.seq}
    return found


def _as_fields(identity: Identity) -> dict[str, Value]:
    return {
        "person.name": identity.name,
        "person.number": identity.number.digits,
        "person.municipality": identity.municipality,
    }
