"""Who the cases of a list can lie with: the coordinators and handlers to filter by."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from access.actors import Actor
from access.rules import ALLOWED, HANDLER, Action
from engine.inspecting_visible import units_where
from engine.parts import Engine
from storage.tables import membership, staff

MOST = 300


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a case can lie with."""

    id: int
    name: str
    role: str


def colleagues(engine: Engine, actor: Actor) -> tuple[Colleague, ...]:
    """Return the coordinators and handlers of the units whose cases an actor sees, by name."""
    units = units_where(actor, ALLOWED[Action.SEE_WHOLE])
    query = (
        select(staff.c.id, staff.c.name, membership.c.role)
        .join(membership, membership.c.staff_id == staff.c.id)
        .where(membership.c.role.in_(["coordinator", HANDLER]), staff.c.active)
        .distinct()
        .order_by(staff.c.name, staff.c.id)
        .limit(MOST)
    )
    if units is not None:
        query = query.where(or_(membership.c.unit_id.is_(None), membership.c.unit_id.in_(sorted(units))))
    with engine.database.read() as connection:
        return tuple(Colleague(*row) for row in connection.execute(query))
