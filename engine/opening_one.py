"""One case is opened by somebody who knows its decision: what an import does for a row, without a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from access.actors import Actor
from access.identities import Identity
from access.rules import Action
from engine.authorising import authorise_anywhere, authorise_in
from engine.eligibility import Outside, outside
from engine.opening import NewCase, OpenedCase, open_cases
from engine.parts import Engine
from engine.staffing import holder_of, unit_id_of
from workflows.errors import BevakaError
from workflows.guards import Value
from workflows.planning import Rules, as_date


class AlreadyOpenError(BevakaError):
    """The person has a case for this decision already."""

    def __init__(self) -> None:
        super().__init__("there is a case for this decision already")


class OutsideProgrammeError(BevakaError):
    """The programme does not take this decision."""

    def __init__(self, cause: Outside) -> None:
        self.cause = cause
        super().__init__(f"the programme does not take the decision: {cause}")


@dataclass(frozen=True, slots=True, repr=False)
class WantedCase:
    """A case to open. Printed as nothing: it holds a person.

    Attributes:
        programme: in its newest version.
        unit: a unit's code.
        identity: whom it is about.
        data: its first data, typed.
        coordinator, handler: addresses of those responsible; None: nobody yet.
        first_grant: whether it is the person's first grant.
    """

    programme: str
    unit: str
    identity: Identity
    data: Mapping[str, Value] = field(default_factory=dict)
    coordinator: str | None = None
    handler: str | None = None
    first_grant: bool = True


def open_case(engine: Engine, wanted: WantedCase, actor: Actor, now: datetime) -> OpenedCase:
    """Open one case.

    Raises:
        NotAllowedError: the actor may open no cases in that unit.
        UnknownUnitError, UnknownStaffError, RoleNotHeldError, DefinitionMissingError: what does not exist.
        EventRefusedError: the first data do not fit the programme.
        OutsideProgrammeError: the programme does not take the person.
        AlreadyOpenError: there is a case for this decision already.
    """
    authorise_anywhere(actor, Action.OPEN)
    with engine.database.write() as connection:
        rules = engine.rulebook.newest(connection, wanted.programme, now)
        unit_id = unit_id_of(connection, wanted.unit)
        authorise_in(actor, Action.OPEN, unit_id)
        new = _new_case(connection, wanted, unit_id)
        _require_inside(rules, wanted)
        opened = open_cases(connection, engine.vault, rules, [new], actor, now)
        if not opened:
            raise AlreadyOpenError
    engine.nudge()
    return opened[0]


def _new_case(connection: Connection, wanted: WantedCase, unit_id: int) -> NewCase:
    sides = {"coordinator": wanted.coordinator, "handler": wanted.handler}
    found = {role: holder_of(connection, email, role, unit_id) if email else None for role, email in sides.items()}
    return NewCase(wanted.identity, wanted.data, unit_id, found["coordinator"], found["handler"])


def _require_inside(rules: Rules, wanted: WantedCase) -> None:
    """Raise when the programme does not take the person; what is missing is for the machine to say."""
    decided_on = as_date(wanted.data.get("decision_date"))
    benefit_from = as_date(wanted.data.get("benefit_from"))
    if decided_on is None or benefit_from is None:
        return
    born = wanted.identity.number.birth_date
    cause = outside(rules.definition.intake, born, decided_on, benefit_from, wanted.first_grant)
    if cause is not None:
        raise OutsideProgrammeError(cause)
