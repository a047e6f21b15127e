"""Who a case is about: the one gate through which a person is read, and only with its line in the access log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from access.actors import Actor
from access.identities import Identity, IdentityUnreadableError, SealedIdentity
from access.rules import CARE_ROLES, Action, roles_on
from engine.access_logging import log_reading
from engine.authorising import authorise_near, facts_of
from engine.firing import snapshot_of
from engine.inspecting_case_parts import FieldLine
from engine.parts import Engine
from storage import cases
from storage.cases import CaseRow
from storage.nearness import opened_by
from storage.people import find_person
from workflows.model import Field


@dataclass(frozen=True, slots=True, repr=False)
class PersonView:
    """Who the person is, and the personal fields of the case that this reader may see. Printed as stars."""

    identity: Identity
    fields: tuple[FieldLine, ...]

    def __repr__(self) -> str:
        return "PersonView(********)"


def identity_of(engine: Engine, ref: str, actor: Actor, now: datetime) -> Identity:
    """Return who a case is about; raises as `person_of`."""
    return person_of(engine, ref, actor, now).identity


def person_of(engine: Engine, ref: str, actor: Actor, now: datetime) -> PersonView:
    """Return who a case is about and what it knows of her.

    The reading is logged first, and nothing is given out before the log is committed.

    Raises:
        CaseNotFoundError: there is no such case, or none of the actor's business.
        NotAllowedError: the actor sees the case but not the person.
        UnloggedReadError: the reading cannot be logged.
        IdentityUnreadableError: the sealed identity cannot be opened.
    """
    with engine.database.write() as connection:
        case = authorise_near(connection, actor, Action.SEE_PERSON, cases.find_case(connection, ref), ref, now)
        by_glass = "break_glass" if actor.staff_id in opened_by(connection, case.id, now) else None
        identity = open_identity(engine, connection, case, actor, now, reason=by_glass)
        return PersonView(identity, _personal_fields(engine, connection, case, actor, now))


def open_identity(
    engine: Engine,
    connection: Connection,
    case: CaseRow,
    actor: Actor,
    now: datetime,
    action: str = Action.SEE_PERSON,
    reason: str | None = None,
) -> Identity:
    """Return who a case is about, the reading logged first; nobody else opens identities for somebody to see.

    The caller has authorised the actor, and gives nothing out before its transaction is committed.

    Raises:
        UnloggedReadError: the reading cannot be logged.
        IdentityUnreadableError: the sealed identity cannot be opened.
    """
    log_reading(connection, case, actor, str(action), now, reason)
    return _opened(engine, connection, case.person_id)


def name_of(engine: Engine, connection: Connection, person_id: str) -> str:
    """Return a person's name for the house itself to compare; whoever is told what came of it is logged by the caller.

    Returns an empty text where the identity cannot be opened.
    """
    try:
        return _opened(engine, connection, person_id).name
    except IdentityUnreadableError:
        return ""


def _opened(engine: Engine, connection: Connection, person_id: str) -> Identity:
    row = find_person(connection, person_id)
    if row is None:
        raise LookupError(person_id)  # the foreign keys make this impossible
    return engine.vault.open(row.id, SealedIdentity(row.key_id, row.wrapped_key, row.nonce, row.ciphertext))


def _personal_fields(
    engine: Engine, connection: Connection, case: CaseRow, actor: Actor, now: datetime
) -> tuple[FieldLine, ...]:
    definition = engine.rulebook.rules(connection, case.programme, case.version, now).definition
    data, roles = snapshot_of(case).data, roles_on(actor, facts_of(case))
    return tuple(
        FieldLine(field.name, field.title, data.get(field.name), personal=True)
        for field in definition.fields.values()
        if field.personal and _may_read(field, roles)
    )


def _may_read(field: Field, roles: frozenset[str]) -> bool:
    return bool(roles & (field.visible_to or CARE_ROLES))
