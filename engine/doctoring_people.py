"""Is somebody there for every role? Looked at before a message needs her."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from access.actors import ADMIN
from engine.findings import Finding, error, fine, warning
from engine.parts import Engine
from engine.recipients import Directory
from storage import people
from storage.people import Away
from storage.tables import absence, case, staff, unit
from workflows.dates import local_date
from workflows.model import Definition, Text

PERSONAL_ROLES = ("coordinator", "handler")  # assigned case by case


def check_admins(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Alarms go to the admins; without one nobody hears them."""
    directory = Directory.read(connection, local_date(now))
    admins = [held for held in directory.held if held.role == ADMIN and directory.staff[held.staff_id].active]
    if admins:
        yield fine("admins", f"{len(admins)} systemansvariga får larm", f"{len(admins)} administrators get alarms")
    else:
        said = Text("ingen har rollen admin: larm når ingen", "nobody holds the role admin: alarms reach nobody")
        yield error("admins", said, Text("`bevaka people role E-POST admin`", "`bevaka people role EMAIL admin`"))


def check_roles(engine: Engine, connection: Connection, now: datetime) -> Iterator[Finding]:
    """Find the roles that ladders address and nobody holds, in units with open cases."""
    directory = Directory.read(connection, local_date(now))
    found = [
        finding
        for unit_id, code, programme, version, count, no_coordinator, no_handler in _open_cases(connection)
        for finding in _in_unit(directory, engine.rulebook.definition(connection, programme, version), unit_id, code)
        + _unassigned(code, programme, count, no_coordinator, no_handler)
    ]
    # Two versions of one programme in one unit would say the same.
    yield from dict.fromkeys(found)
    if not found:
        yield fine(
            "roles", "alla roller på mottagningar med ärenden är besatta", "every role in units with cases is held"
        )


def _open_cases(connection: Connection) -> list[tuple[int, str, str, str, int, int, int]]:
    count = func.count()
    query = (
        select(
            unit.c.id,
            unit.c.code,
            case.c.programme,
            case.c.version,
            count,
            count - func.count(case.c.coordinator_id),
            count - func.count(case.c.handler_id),
        )
        .join(unit, unit.c.id == case.c.unit_id)
        .where(case.c.closed_at.is_(None))
        .group_by(unit.c.id, unit.c.code, case.c.programme, case.c.version)
        .order_by(unit.c.code, case.c.programme, case.c.version)
    )
    return [tuple(row) for row in connection.execute(query)]


def _in_unit(directory: Directory, definition: Definition, unit_id: int, code: str) -> list[Finding]:
    addressed = {role for watched in definition.deadlines.values() for rung in watched.ladder for role in rung.to}
    return [
        _unheld(directory, definition, role, unit_id, code)
        for role in sorted(addressed - set(PERSONAL_ROLES))
        if not _held(directory, role, unit_id)
    ]


def _held(directory: Directory, role: str, unit_id: int) -> bool:
    return any(directory.staff[staff_id].active for staff_id in directory.holding(role, unit_id))


def _unheld(directory: Directory, definition: Definition, role: str, unit_id: int, code: str) -> Finding:
    mend = Text(f"`bevaka people role E-POST {role} --unit {code}`", f"`bevaka people role EMAIL {role} --unit {code}`")
    above, seen = definition.roles[role].above if role in definition.roles else None, {role}
    while above is not None and above not in seen and not _held(directory, above, unit_id):
        seen.add(above)
        above = definition.roles[above].above
    if above is None or above in seen:
        said = Text(f"{code}: ingen har rollen {role}, och ingen ovanför", f"{code}: nobody is {role}, nor any above")
        return error("roles", said, mend)
    said = Text(
        f"{code}: ingen har rollen {role}; dess meddelanden går till {above}",
        f"{code}: nobody is {role}; its messages go to {above}",
    )
    return warning("roles", said, mend)


def _unassigned(code: str, programme: str, count: int, no_coordinator: int, no_handler: int) -> list[Finding]:
    mend = Text("`bevaka cases assign REF`", "`bevaka cases assign REF`")
    said = [
        Text(
            f"{code}: {number} av {count} ärenden i {programme} saknar {title}",
            f"{code}: {number} of {count} cases in {programme} have no {role}",
        )
        for number, role, title in (
            (no_coordinator, "coordinator", "rehabkoordinator"),
            (no_handler, "handler", "försäkringsutredare"),
        )
        if number
    ]
    return [warning("roles", text, mend) for text in said]


def check_absences(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Find deputies who stand in for each other in a circle, today or on the first day of a coming absence."""
    today = local_date(now)
    coming = connection.execute(select(absence.c.from_on).where(absence.c.from_on > today).distinct()).scalars()
    emails = {row.id: row.email for row in connection.execute(select(staff.c.id, staff.c.email))}
    told: set[frozenset[int]] = set()
    for day in [today, *sorted(coming)]:
        for circle in _circles(people.absences_on(connection, day)):
            if circle not in told:
                told.add(circle)
                yield _circle(day, sorted(emails[staff_id] for staff_id in circle))
    if not told:
        yield fine("absences", "inga ersättare står in för varandra i cirkel", "no deputies stand in in a circle")


def _circle(day: date, names: list[str]) -> Finding:
    listed = ", ".join(names)
    said = Text(
        f"från {day} är alla dessa borta och ersätter varandra: {listed}",
        f"from {day} all of these are away and stand in for each other: {listed}",
    )
    mend = Text("ge någon av dem en ersättare som är på plats", "give one of them a deputy who is there")
    return warning("absences", said, mend)


def _circles(away: dict[int, Away]) -> Iterator[frozenset[int]]:
    for start in away:
        path: list[int] = []
        current: int | None = start
        while current is not None and current in away and current not in path:
            path.append(current)
            current = away[current].deputy_id
        if current == start and path:
            yield frozenset(path)
