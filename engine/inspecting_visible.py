"""Which cases an actor may see, as a condition for SQL: the same rule as `access.rules.may`, for many cases at once."""

from sqlalchemy import ColumnElement, and_, false, true

from access.actors import Actor
from access.rules import ALLOWED, HANDLER, Action
from storage.tables import case

__all__ = ["HANDLER", "handled_cases", "units_where", "visible_cases"]


def visible_cases(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on the table `case` that holds for the cases an actor may see whole (SEE_WHOLE).

    A handler sees of her cases only what was disclosed to her: they are never among these, but in `handled_cases`.
    """
    mine = units_where(actor, ALLOWED[Action.SEE_WHOLE])
    return true() if mine is None else _in_units(mine)


def handled_cases(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that holds for the cases assigned to a handler (DESIGN §8); whole ones may be among them."""
    if actor.staff_id is None:
        return false()
    units = units_where(actor, frozenset({HANDLER}))
    mine = case.c.handler_id == actor.staff_id
    return mine if units is None else and_(mine, _in_units(units))


def units_where(actor: Actor, roles: frozenset[str]) -> frozenset[int] | None:
    """Return the units in which an actor holds one of these roles; None means every unit."""
    units = {grant.unit_id for grant in actor.grants if grant.role in roles}
    return None if None in units else frozenset(unit for unit in units if unit is not None)


def _in_units(units: frozenset[int]) -> ColumnElement[bool]:
    return case.c.unit_id.in_(sorted(units)) if units else false()
