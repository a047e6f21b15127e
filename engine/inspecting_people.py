"""Who works here, in which roles, who is away when, and on which days nobody stands in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, select

from access.actors import Actor
from access.rules import ALLOWED, Action, may_note_absence
from engine.absences import gaps_of
from engine.authorising import authorise_anywhere
from engine.inspecting_visible import units_where
from engine.parts import Engine
from engine.recipients import Directory
from storage import people
from storage.account_tables import account, invitation
from storage.people import Away, Held, StaffRow
from storage.tables import absence, case
from workflows.dates import local_date

LEVELS = ("coordinator", "deputy", "unit_manager", "project_lead")  # from who works with a case upwards


class Account(StrEnum):
    """Whether somebody can sign in with a password."""

    NONE = "none"
    INVITED = "invited"
    MADE = "made"


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role somebody holds; `unit` and `title` are None where she holds it in every unit."""

    role: str
    unit: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """Days somebody is away, both included. `gaps` are the spans on which nobody stands in."""

    id: int
    from_on: date
    until_on: date
    deputy: str | None
    deputy_email: str | None
    gaps: tuple[tuple[date, date], ...]
    runs: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A member of staff; `absences` are those that run or come. `may_note`: whether the asker may change them."""

    id: int
    name: str
    email: str
    language: str
    active: bool
    roles: tuple[HeldRole, ...]
    absences: tuple[AbsenceLine, ...]
    account: Account
    may_note: bool

    @property
    def away(self) -> AbsenceLine | None:
        """Return the absence that runs today."""
        return next((line for line in self.absences if line.runs), None)


@dataclass(frozen=True, slots=True)
class Level:
    """Who holds a role of a unit: those who are here today and those who are not."""

    role: str
    here: tuple[str, ...]
    away: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit: its open cases, and who is asked in which order when somebody is away."""

    code: str
    title: str
    open_cases: int
    without_coordinator: int
    levels: tuple[Level, ...]


def people_lines(engine: Engine, actor: Actor, now: datetime) -> tuple[PersonLine, ...]:
    """Return everybody who works here, by name.

    Raises:
        NotAllowedError: the actor does not see who works here.
    """
    authorise_anywhere(actor, Action.SEE_PEOPLE)
    with engine.database.read() as connection:
        book = _Book.read(connection, actor, now)
    return tuple(
        book.person(member) for member in sorted(book.staff.values(), key=lambda one: (not one.active, one.name))
    )


def own_line(engine: Engine, actor: Actor, now: datetime) -> PersonLine | None:
    """Return somebody as she sees herself; None for who is no member of staff."""
    with engine.database.read() as connection:
        book = _Book.read(connection, actor, now)
    member = book.staff.get(actor.staff_id) if actor.staff_id is not None else None
    return book.person(member) if member is not None else None


def unit_views(engine: Engine, actor: Actor, now: datetime) -> tuple[UnitView, ...]:
    """Return the units in which an actor may see cases, by title; raises `NotAllowedError` as `people_lines` does."""
    authorise_anywhere(actor, Action.SEE_PEOPLE)
    mine = units_where(actor, ALLOWED[Action.SEE_CASE])
    with engine.database.read() as connection:
        directory = Directory.read(connection, local_date(now))
        counts = _open_cases(connection)
        rows = sorted(people.units_by_code(connection).values(), key=lambda row: row.title)
    return tuple(_unit(row, directory, counts.get(row.id, (0, 0))) for row in rows if mine is None or row.id in mine)


def _unit(row: Any, directory: Directory, counts: tuple[int, int]) -> UnitView:
    held = {one.role for one in directory.held if one.unit_id in (None, row.id)}
    return UnitView(
        row.code, row.title, *counts, tuple(_level(directory, role, row.id) for role in LEVELS if role in held)
    )


def _level(directory: Directory, role: str, unit_id: int) -> Level:
    holders = [directory.staff[one] for one in dict.fromkeys(directory.holding(role, unit_id))]
    active = [one for one in holders if one.active]
    return Level(
        role,
        tuple(one.name for one in active if one.id not in directory.away),
        tuple(one.name for one in active if one.id in directory.away),
    )


def _open_cases(connection: Connection) -> dict[int, tuple[int, int]]:
    """Return how many open cases each unit has, and how many of them nobody coordinates."""
    query = (
        select(case.c.unit_id, func.count(), func.count() - func.count(case.c.coordinator_id))
        .where(case.c.closed_at.is_(None))
        .group_by(case.c.unit_id)
    )
    return {unit_id: (number, without) for unit_id, number, without in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class _Book:
    """Everything the lines are made of, read in a handful of statements however many work here."""

    actor: Actor
    today: date
    staff: Mapping[int, StaffRow]
    held: Sequence[Held]
    units: Mapping[int, Row[Any]]
    absences: Sequence[Row[Any]]
    accounts: Mapping[int, Account]

    @staticmethod
    def read(connection: Connection, actor: Actor, now: datetime) -> "_Book":
        today = local_date(now)
        query = select(absence).where(absence.c.until_on >= today).order_by(absence.c.from_on, absence.c.id)
        invited = connection.execute(select(invitation.c.staff_id).where(invitation.c.expires_at > now)).scalars()
        made = connection.execute(select(account.c.staff_id)).scalars()
        return _Book(
            actor,
            today,
            people.staff_by_id(connection),
            people.roles_held(connection),
            {row.id: row for row in people.units_by_code(connection).values()},
            connection.execute(query).all(),
            dict.fromkeys(invited, Account.INVITED) | dict.fromkeys(made, Account.MADE),
        )

    def person(self, member: StaffRow) -> PersonLine:
        """Return a member of staff as a line."""
        held = [one for one in self.held if one.staff_id == member.id]
        return PersonLine(
            member.id,
            member.name,
            member.email,
            member.language,
            member.active,
            tuple(self._role(one) for one in held),
            tuple(self._absence(row) for row in self.absences if row.staff_id == member.id),
            self.accounts.get(member.id, Account.NONE),
            may_note_absence(self.actor, member.id, {one.unit_id for one in held}),
        )

    def _role(self, one: Held) -> HeldRole:
        unit = self.units[one.unit_id] if one.unit_id is not None else None
        return HeldRole(one.role, unit.code if unit else None, unit.title if unit else None)

    def _absence(self, row: Row[Any]) -> AbsenceLine:
        deputy = self.staff.get(row.deputy_id)
        everybody = [Away(one.staff_id, one.from_on, one.until_on, one.deputy_id) for one in self.absences]
        away = Away(row.staff_id, row.from_on, row.until_on, row.deputy_id)
        return AbsenceLine(
            row.id,
            row.from_on,
            row.until_on,
            deputy.name if deputy else None,
            deputy.email if deputy else None,
            gaps_of(away, everybody, self.staff, self.held, self.today),
            row.from_on <= self.today,
        )
