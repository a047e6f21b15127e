"""Rows of staff, units, roles and absences, and of the persons cases are about."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from storage.bulk import among
from storage.tables import absence, membership, person, staff, team_channel, unit


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A member of staff."""

    id: int
    email: str
    name: str
    language: str
    active: bool
    digest: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A role someone holds; `unit_id` None means in every unit."""

    staff_id: int
    role: str
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class Away:
    """An absence, from its first to its last day; `deputy_id` takes over."""

    staff_id: int
    from_on: date
    until_on: date
    deputy_id: int | None


def staff_by_id(connection: Connection) -> dict[int, StaffRow]:
    """Return every member of staff."""
    return {row.id: StaffRow(**row._mapping) for row in connection.execute(select(staff))}


def staff_by_email(connection: Connection, email: str) -> StaffRow | None:
    """Return the member of staff with an address, whatever its case."""
    row = connection.execute(select(staff).where(staff.c.email == email.lower())).one_or_none()
    return StaffRow(**row._mapping) if row is not None else None


def roles_held(connection: Connection) -> list[Held]:
    """Return every role anybody holds."""
    query = select(membership.c.staff_id, membership.c.role, membership.c.unit_id).order_by(membership.c.id)
    return [Held(**row._mapping) for row in connection.execute(query)]


def absences_on(connection: Connection, day: date) -> dict[int, Away]:
    """Return who is away on a day."""
    query = select(absence.c.staff_id, absence.c.from_on, absence.c.until_on, absence.c.deputy_id)
    rows = connection.execute(query.where(absence.c.from_on <= day, absence.c.until_on >= day).order_by(absence.c.id))
    return {row.staff_id: Away(**row._mapping) for row in rows}


def units_by_code(connection: Connection) -> dict[str, Row[Any]]:
    """Return every unit by its code."""
    return {row.code: row for row in connection.execute(select(unit))}


def team_channels(connection: Connection) -> dict[int, Row[Any]]:
    """Return the Teams connection of every unit that has one."""
    return {row.unit_id: row for row in connection.execute(select(team_channel))}


def lock_team_channels(connection: Connection, unit_ids: Collection[int]) -> None:
    """Keep others from posting to these units until the transaction ends; in one order, so nobody waits in a ring.

    What a connection takes in a while can only be counted by one postman at a time.
    """
    mine = select(team_channel.c.id).where(team_channel.c.unit_id.in_(unit_ids)).order_by(team_channel.c.id)
    connection.execute(mine.with_for_update()).all()


def persons_by_index(connection: Connection, indexes: Collection[str]) -> dict[str, str]:
    """Return the ids of persons by the keyed index of their numbers."""
    query = select(person.c.number_index, person.c.id).where(among(connection, person.c.number_index, indexes))
    return {row.number_index: row.id for row in connection.execute(query)}


def find_person(connection: Connection, person_id: str) -> Row[Any] | None:
    """Return the sealed identity of a person."""
    return connection.execute(select(person).where(person.c.id == person_id)).one_or_none()
