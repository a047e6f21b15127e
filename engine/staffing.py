"""Who works here: units, people, their roles and absences, and who answers for a case. Never whom it is about."""

import re
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from access.actors import Actor, Grant
from access.rules import HOUSE_ROLES, Action
from engine.authorising import authorise, authorise_absence, authorise_anywhere
from engine.errors import UnknownStaffError, UnknownUnitError
from engine.parts import Engine
from notifications.recipients import check_address
from storage import cases, definitions, people
from storage.accounts import shut_out
from storage.people import StaffRow
from storage.tables import absence, case, membership, staff, unit
from workflows.errors import BevakaError

LONGEST_NAME = 120
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


class BadEntryError(BevakaError):
    """Something typed about a unit or a member of staff cannot be used. The value itself is not quoted."""

    def __init__(self, field: str, allowed: str) -> None:
        self.field = field
        self.allowed = allowed
        super().__init__(f"{field} is refused; allowed: {allowed}")


class AlreadyThereError(BevakaError):
    """A unit, a person or a role that exists already; `what` is "unit", "staff" or "role"."""

    def __init__(self, what: str, name: str) -> None:
        self.what = what
        self.name = name
        super().__init__(f"the {what} {name} is there already")


class UnknownRoleError(BevakaError):
    """A role that neither a published programme nor the system has."""

    def __init__(self, role: str, allowed: tuple[str, ...]) -> None:
        self.role = role
        self.allowed = allowed
        super().__init__(f"there is no role {role}; known: {', '.join(allowed)}")


class RoleNotHeldError(BevakaError):
    """A member of staff lacks the role that an assignment needs."""

    def __init__(self, email: str, role: str) -> None:
        self.email = email
        self.role = role
        super().__init__(f"{email} does not hold the role {role} in the unit of the case")


class AbsenceError(BevakaError):
    """An absence that ends before it begins, or whose deputy is the one who is away."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(
            {
                "order": "an absence ends on or after the day it begins",
                "deputy": "nobody can be her own deputy",
                "overlap": "there is an absence on some of these days already",
            }[cause]
        )


def add_unit(engine: Engine, code: str, title: str, actor: Actor) -> int:
    """Add a unit (mottagning) and return its id.

    Raises:
        NotAllowedError: the actor does not run the system.
        BadEntryError, AlreadyThereError: what is wrong with it.
    """
    authorise_anywhere(actor, Action.MANAGE_UNITS)
    if not _CODE.fullmatch(code):
        raise BadEntryError("code", "1 to 40 of a-z, 0-9, - and _")
    with engine.database.write() as connection:
        if code in people.units_by_code(connection):
            raise AlreadyThereError("unit", code)
        row = insert(unit).values(code=code, title=_plain("title", title)).returning(unit.c.id)
        return int(connection.execute(row).scalar_one())


def add_staff(engine: Engine, email: str, name: str, actor: Actor, *, language: str = "sv", digest: bool = True) -> int:
    """Add a member of staff, without any role yet, and return her id.

    Raises:
        NotAllowedError: the actor does not run the system.
        RecipientError: the address is no single mailbox.
        BadEntryError, AlreadyThereError: what else is wrong with it.
    """
    authorise_anywhere(actor, Action.MANAGE_PEOPLE)
    address = check_address(email).lower()
    if language not in ("sv", "en"):
        raise BadEntryError("language", "sv, en")
    values = {"email": address, "name": _plain("name", name), "language": language, "digest": digest}
    with engine.database.write() as connection:
        if people.staff_by_email(connection, address):
            raise AlreadyThereError("staff", address)
        return int(connection.execute(insert(staff).values(**values).returning(staff.c.id)).scalar_one())


def set_active(engine: Engine, email: str, active: bool, actor: Actor) -> None:
    """Let a member of staff work here again, or no longer: she gets no message, and her next request is refused.

    Her sessions, tokens and invitation are gone for good; whoever comes back signs in anew.
    """
    authorise_anywhere(actor, Action.MANAGE_PEOPLE)
    with engine.database.write() as connection:
        member = find_staff(connection, email)
        if not active:
            shut_out(connection, member.id)
        connection.execute(update(staff).where(staff.c.id == member.id).values(active=active))


def grant_role(engine: Engine, email: str, role: str, unit_code: str | None, actor: Actor) -> None:
    """Give a role in one unit, or in every unit when `unit_code` is None.

    Raises:
        NotAllowedError: the actor does not run the system.
        UnknownStaffError, UnknownUnitError, UnknownRoleError, AlreadyThereError: what is wrong with it.
    """
    authorise_anywhere(actor, Action.MANAGE_PEOPLE)
    with engine.database.write() as connection:
        values = _membership(connection, email, unit_code)
        known = known_roles(engine, connection)
        if role not in known:
            raise UnknownRoleError(role, known)
        if connection.execute(select(membership.c.id).where(*_same(values, role))).first():
            raise AlreadyThereError("role", role)
        connection.execute(insert(membership).values(role=role, **values))


def revoke_role(engine: Engine, email: str, role: str, unit_code: str | None, actor: Actor) -> None:
    """Take a role back, in one unit or (`unit_code` None) the one held in every unit.

    Raises:
        RoleNotHeldError: she does not hold it there.
    """
    authorise_anywhere(actor, Action.MANAGE_PEOPLE)
    with engine.database.write() as connection:
        values = _membership(connection, email, unit_code)
        if connection.execute(membership.delete().where(*_same(values, role))).rowcount == 0:
            raise RoleNotHeldError(email, role)


def set_absence(engine: Engine, email: str, from_on: date, until_on: date, deputy: str | None, actor: Actor) -> int:
    """Note that somebody is away from the first to the last day, and who takes over meanwhile; return its number.

    Raises:
        NotAllowedError: it is neither the actor's own absence nor that of somebody she answers for.
        UnknownStaffError: nobody has one of the addresses.
        AbsenceError: the days or the deputy cannot be.
    """
    with engine.database.write() as connection:
        away = find_staff(connection, email)
        authorise_absence(connection, actor, away.id)
        values = checked_absence(connection, away.id, from_on, until_on, deputy)
        return int(connection.execute(insert(absence).values(**values).returning(absence.c.id)).scalar_one())


def checked_absence(
    connection: Connection, staff_id: int, from_on: date, until_on: date, deputy: str | None, but: int = 0
) -> dict[str, Any]:
    """Return the row of an absence that can be; `but` is the absence it takes the place of.

    Raises:
        UnknownStaffError: nobody has the deputy's address.
        AbsenceError: the days or the deputy cannot be.
    """
    if until_on < from_on:
        raise AbsenceError("order")
    stand_in = find_staff(connection, deputy) if deputy else None
    if stand_in and stand_in.id == staff_id:
        raise AbsenceError("deputy")
    same_days = (absence.c.from_on <= until_on) & (absence.c.until_on >= from_on)
    others = select(absence.c.id).where(absence.c.staff_id == staff_id, absence.c.id != but, same_days)
    if connection.execute(others).first():
        raise AbsenceError("overlap")
    deputy_id = stand_in.id if stand_in else None
    return {"staff_id": staff_id, "from_on": from_on, "until_on": until_on, "deputy_id": deputy_id}


def assign_case(
    engine: Engine, ref: str, actor: Actor, *, coordinator: str | None = None, handler: str | None = None
) -> None:
    """Make somebody the coordinator of a case, or its handler at FK; None leaves that side as it is.

    Raises:
        CaseNotFoundError, NotAllowedError: see `engine.authorising`.
        UnknownStaffError, RoleNotHeldError: who it cannot be.
    """
    with engine.database.write() as connection:
        found = authorise(actor, Action.ASSIGN, cases.find_case(connection, ref, lock=True), ref)
        sides = {"coordinator": coordinator, "handler": handler}
        chosen = {
            f"{role}_id": holder_of(connection, email, role, found.unit_id) for role, email in sides.items() if email
        }
        if chosen:
            connection.execute(update(case).where(case.c.id == found.id).values(**chosen))


def actor_of(engine: Engine, email: str) -> Actor:
    """Return a member of staff as the one who acts, with the roles she holds.

    Raises:
        UnknownStaffError: nobody active has the address.
    """
    with engine.database.read() as connection:
        member = find_staff(connection, email)
        if not member.active:
            raise UnknownStaffError(email)
        held = people.roles_held(connection)
    return Actor.staff(member.id, [Grant(h.role, h.unit_id) for h in held if h.staff_id == member.id])


def find_staff(connection: Connection, email: str) -> StaffRow:
    """Return the member of staff with an address; raises `UnknownStaffError`."""
    member = people.staff_by_email(connection, email)
    if member is None:
        raise UnknownStaffError(email)
    return member


def unit_id_of(connection: Connection, code: str) -> int:
    """Return the id of a unit by its code; raises `UnknownUnitError`."""
    units = people.units_by_code(connection)
    if code not in units:
        raise UnknownUnitError(code, tuple(sorted(units)))
    return int(units[code].id)


def roles_to_give(engine: Engine, actor: Actor) -> tuple[str, ...]:
    """Return every role that can be held, for whoever gives them; raises `NotAllowedError`."""
    authorise_anywhere(actor, Action.MANAGE_PEOPLE)
    with engine.database.read() as connection:
        return known_roles(engine, connection)


def known_roles(engine: Engine, connection: Connection) -> tuple[str, ...]:
    """Return every role that can be held: those of the newest published programmes, and the house's own."""
    names = set(HOUSE_ROLES)
    for programme in definitions.published_programmes(connection):
        version = definitions.newest_version(connection, programme) or ""
        names |= set(engine.rulebook.definition(connection, programme, version).roles)
    return tuple(sorted(names))


def _membership(connection: Connection, email: str, unit_code: str | None) -> dict[str, Any]:
    unit_id = unit_id_of(connection, unit_code) if unit_code is not None else None
    return {"staff_id": find_staff(connection, email).id, "unit_id": unit_id}


def _same(values: dict[str, Any], role: str) -> tuple[Any, ...]:
    # "in every unit" is NULL, which no unique constraint compares.
    return (
        membership.c.staff_id == values["staff_id"],
        membership.c.role == role,
        membership.c.unit_id.is_not_distinct_from(values["unit_id"]),
    )


def holder_of(connection: Connection, email: str, role: str, unit_id: int) -> int:
    """Return who holds a role in a unit by her address; raises `UnknownStaffError`, `RoleNotHeldError`."""
    member = find_staff(connection, email)
    held = {(h.role, h.unit_id) for h in people.roles_held(connection) if h.staff_id == member.id}
    # A handler serves single cases, not units; where she holds her role does not matter.
    fits = any(r == role and (u is None or u == unit_id or role == "handler") for r, u in held)
    if not fits or not member.active:
        raise RoleNotHeldError(email, role)
    return member.id


def _plain(field: str, text: str) -> str:
    words = " ".join(text.split())
    if not words or len(words) > LONGEST_NAME or not words.isprintable():
        raise BadEntryError(field, f"1 to {LONGEST_NAME} printable characters")
    return words
