"""Who a case is about: read only together with the line in the access log that says so (DESIGN §1, promise 7)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from access.actors import Actor
from access.identities import Identity, SealedIdentity
from access.rules import CARE_ROLES, Action, roles_on
from engine.authorising import authorise, facts_of
from engine.firing import actor_columns, snapshot_of
from engine.inspecting_case_parts import FieldLine
from engine.parts import Engine
from storage import cases
from storage.cases import CaseRow
from storage.people import find_person
from storage.tables import access_log
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
        IdentityUnreadableError: the sealed identity cannot be opened.
    """
    with engine.database.write() as connection:
        case = authorise(actor, Action.SEE_PERSON, cases.find_case(connection, ref), ref)
        _log(connection, case, actor, now)
        return PersonView(_opened(engine, connection, case), _personal_fields(engine, connection, case, actor, now))


def _log(connection: Connection, case: CaseRow, actor: Actor, now: datetime) -> None:
    row = {"at": now, **actor_columns(actor), "action": Action.SEE_PERSON.value}
    connection.execute(insert(access_log), [row | {"person_id": case.person_id, "case_id": case.id}])


def _opened(engine: Engine, connection: Connection, case: CaseRow) -> Identity:
    row = find_person(connection, case.person_id)
    if row is None:
        raise LookupError(case.id)  # the foreign key makes this impossible
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
