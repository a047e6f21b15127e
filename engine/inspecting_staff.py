"""The units and people of the house, as lists to choose from."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from access.actors import Actor, Grant
from access.rules import ALLOWED, Action
from engine.authorising import authorise_anywhere
from engine.inspecting_visible import units_where
from engine.parts import Engine
from storage import people
from storage.tables import membership, staff, unit
from workflows.dates import local_date


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit."""

    id: int
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role someone holds; `unit` is a unit's code, None in every unit."""

    role: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class StaffLine:
    """A member of staff. `away_until` is the last day of an absence that runs today."""

    id: int
    name: str
    email: str
    language: str
    active: bool
    roles: tuple[RoleLine, ...]
    away_until: date | None


def units(engine: Engine, actor: Actor) -> tuple[UnitLine, ...]:
    """Return the units in which an actor may see cases, by title."""
    mine = units_where(actor, ALLOWED[Action.SEE_CASE])
    query = select(unit).order_by(unit.c.title)
    if mine is not None:
        query = query.where(unit.c.id.in_(sorted(mine)))
    with engine.database.read() as connection:
        return tuple(UnitLine(row.id, row.code, row.title) for row in connection.execute(query))


def staff_list(engine: Engine, actor: Actor, now: datetime) -> tuple[StaffLine, ...]:
    """Return everybody with the roles they hold, by name.

    Raises:
        NotAllowedError: the actor works with no cases here.
    """
    authorise_anywhere(actor, Action.SEE_CASE)
    with engine.database.read() as connection:
        codes = {row.id: row.code for row in people.units_by_code(connection).values()}
        away = people.absences_on(connection, local_date(now))
        held: dict[int, list[RoleLine]] = defaultdict(list)
        for role in people.roles_held(connection):
            held[role.staff_id].append(RoleLine(role.role, codes.get(role.unit_id) if role.unit_id else None))
        members = sorted(people.staff_by_id(connection).values(), key=lambda member: member.name)
    return tuple(
        StaffLine(
            m.id,
            m.name,
            m.email,
            m.language,
            m.active,
            tuple(held[m.id]),
            away[m.id].until_on if m.id in away else None,
        )
        for m in members
    )


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who has entered: the actor she is, and what to call her."""

    actor: Actor
    staff_id: int
    name: str
    roles: tuple[str, ...]


def member_of(engine: Engine, staff_id: int) -> Member | None:
    """Return a member of staff as an actor with the roles she holds now; None when she does not work here."""
    with engine.database.read() as connection:
        row = connection.execute(select(staff.c.name).where(staff.c.id == staff_id, staff.c.active)).one_or_none()
        query = select(membership.c.role, membership.c.unit_id).where(membership.c.staff_id == staff_id)
        held = connection.execute(query.order_by(membership.c.id)).all()
    if row is None or not held:
        return None
    actor = Actor.staff(staff_id, [Grant(role, unit_id) for role, unit_id in held])
    return Member(actor, staff_id, row.name, tuple(dict.fromkeys(role for role, _ in held)))
