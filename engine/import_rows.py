"""A row of decisions becomes a case to open: its clinic, its people and its data looked up, every misfit named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from access.actors import Actor
from access.identities import Identity
from access.personnumbers import PersonalNumber
from access.rules import Action, CaseFacts, may
from engine.eligibility import Outside, outside
from engine.import_problems import FixedFieldError, RowCause, RowProblem, of_row
from engine.opening import NewCase
from intake.rows import DecisionRow
from storage import people
from workflows.answers import allowed_of, fits, opening_refusals
from workflows.guards import Value
from workflows.model import Definition, FieldType

LEVELS = {"1/4": "quarter", "1/2": "half", "3/4": "three_quarters", "1/1": "full"}
FROM_FILE = frozenset({"decision_date", "benefit_from", "benefit_until", "level"})


@dataclass(frozen=True, slots=True)
class Choices:
    """What the one who imports decides for the whole file.

    Attributes:
        unit: the code of the unit of rows that name none.
        fixed: fields the programme requires and a file of decisions lacks, typed, by name.
        first_grants: rows that do not say are first grants.
    """

    unit: str | None = None
    fixed: Mapping[str, Value] = field(default_factory=dict)
    first_grants: bool = False


def fixed_data(definition: Definition, choices: Choices) -> tuple[dict[str, Value], dict[str, tuple[str, ...]]]:
    """Return the data every row gets, and what is missing still: what is allowed, by field.

    A required choice with a single possibility is no question and needs no answer.

    Raises:
        FixedFieldError: a field that does not exist, comes from the file, or a value that does not fit it.
    """
    settable = tuple(name for name in definition.fields if name not in FROM_FILE)
    data: dict[str, Value] = {}
    for name, value in choices.fixed.items():
        if name not in settable:
            raise FixedFieldError(name if name in definition.fields else "?", settable)
        if not fits(definition.fields[name], value):
            raise FixedFieldError(name, allowed_of(definition.fields[name]))
        data[name] = value
    missing: dict[str, tuple[str, ...]] = {}
    for asked in definition.fields.values():
        if asked.required and asked.name not in FROM_FILE and asked.name not in data:
            allowed = allowed_of(asked)
            if asked.type is FieldType.CHOICE and len(allowed) == 1:
                data[asked.name] = allowed[0]
            else:
                missing[asked.name] = allowed
    return data, missing


@dataclass(slots=True)
class Register:
    """The clinic as a file may name it: units by code and title, people by address and name."""

    units: dict[str, int]
    codes: dict[int, str]
    staff: dict[str, set[int]]
    held: dict[int, list[tuple[str, int | None]]]

    @staticmethod
    def read(connection: Connection) -> "Register":
        """Read it; who works here no longer is left out."""
        rows = people.units_by_code(connection)
        units = {_key(row.title): int(row.id) for row in rows.values()}
        units |= {_key(code): int(row.id) for code, row in rows.items()}
        staff: dict[str, set[int]] = {}
        for member in people.staff_by_id(connection).values():
            for name in (member.email, member.name) if member.active else ():
                staff.setdefault(_key(name), set()).add(member.id)
        held: dict[int, list[tuple[str, int | None]]] = {}
        for one in people.roles_held(connection):
            held.setdefault(one.staff_id, []).append((one.role, one.unit_id))
        return Register(units, {int(row.id): code for code, row in rows.items()}, staff, held)

    def person(self, name: str, role: str, unit_id: int) -> int | None:
        """Return who is meant by a name or address in a role; None when it is nobody or several."""
        found = [staff_id for staff_id in self.staff.get(_key(name), ()) if self._holds(staff_id, role, unit_id)]
        return found[0] if len(found) == 1 else None

    def _holds(self, staff_id: int, role: str, unit_id: int) -> bool:
        # A handler serves single cases, not units.
        held = self.held.get(staff_id, ())
        return any(r == role and (role == "handler" or u is None or u == unit_id) for r, u in held)


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


@dataclass(slots=True)
class RowMatcher:
    """Makes cases of rows for one programme, one actor and one clinic."""

    definition: Definition
    register: Register
    actor: Actor
    choices: Choices
    data: Mapping[str, Value]
    missing: frozenset[str]  # said once for the whole file, not row by row
    labels: Mapping[str, str]
    now: datetime

    def match(self, row: DecisionRow) -> NewCase | Outside | list[RowProblem]:
        """Return the case to open, why the programme does not take it, or every problem of the row."""
        number = PersonalNumber(row.number)
        first_grant = self.choices.first_grants if row.first_grant is None else row.first_grant
        if self.definition.intake.first_grant_only and row.first_grant is None and not self.choices.first_grants:
            return [self._problem(row, "first_grant", RowCause.NO_FIRST_GRANT)]
        reason = outside(self.definition.intake, number.birth_date, row.decided_on, row.benefit_from, first_grant)
        if reason is not None:
            return reason
        problems: list[RowProblem] = []
        unit_id = self._unit(row, problems)
        coordinator, handler = self._people(row, unit_id, problems) if unit_id is not None else (None, None)
        data = self._data(row, problems)
        if problems or unit_id is None:
            return problems
        identity = Identity(row.name, number, row.municipality, row.protected)
        return NewCase(identity, data, unit_id, coordinator, handler)

    def _problem(self, row: DecisionRow, column: str, cause: RowCause, allowed: tuple[str, ...] = ()) -> RowProblem:
        return of_row(row.row, self.labels.get(column, "–"), cause, allowed)

    def _unit(self, row: DecisionRow, problems: list[RowProblem]) -> int | None:
        codes = tuple(sorted(self.register.codes.values()))
        named = row.unit or self.choices.unit or (codes[0] if len(codes) == 1 else "")
        unit_id = self.register.units.get(_key(named))
        if unit_id is None:
            problems.append(self._problem(row, "unit", RowCause.UNKNOWN_UNIT if named else RowCause.NO_UNIT, codes))
        elif not may(self.actor, Action.OPEN, CaseFacts(unit_id)):
            mine = (code for id_, code in self.register.codes.items() if may(self.actor, Action.OPEN, CaseFacts(id_)))
            problems.append(self._problem(row, "unit", RowCause.FOREIGN_UNIT, tuple(sorted(mine))))
        return unit_id

    def _people(self, row: DecisionRow, unit_id: int, problems: list[RowProblem]) -> tuple[int | None, int | None]:
        coordinator = self.register.person(row.coordinator, "coordinator", unit_id) if row.coordinator else None
        handler = self.register.person(row.handler, "handler", unit_id) if row.handler else None
        if row.coordinator and coordinator is None:
            problems.append(self._problem(row, "coordinator", RowCause.UNKNOWN_COORDINATOR))
        if row.handler and handler is None:
            problems.append(self._problem(row, "handler", RowCause.UNKNOWN_HANDLER))
        return coordinator, handler

    def _data(self, row: DecisionRow, problems: list[RowProblem]) -> dict[str, Value]:
        data: dict[str, Value] = {
            **self.data,
            "decision_date": row.decided_on,
            "benefit_from": row.benefit_from,
            "benefit_until": row.benefit_until,
        }
        level = self.definition.fields.get("level")
        if level is not None and LEVELS[row.level] in level.choices:
            data["level"] = LEVELS[row.level]
        columns = {"decision_date": "decided_on"}
        refusals = opening_refusals(self.definition, data, self.now)
        for refusal in (refusal for refusal in refusals if refusal.subject not in self.missing):
            column = columns.get(refusal.subject, refusal.subject)
            allowed = refusal.allowed or (str(refusal.why),)
            problems.append(self._problem(row, column, RowCause.UNFIT, (refusal.subject, *allowed)))
        return data
