"""Which cases an actor may see, as a condition for SQL: the same rule as `access.rules.may`, for many cases at once."""

from sqlalchemy import ColumnElement, and_, false, or_, true

from access.actors import Actor
from access.rules import ALLOWED, Action
from storage.tables import case

HANDLER = "handler"


def visible_cases(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on the table `case` that holds for the cases an actor may see."""
    mine = units_where(actor, ALLOWED[Action.SEE_CASE])
    handled = _handled(actor)
    return true() if mine is None else or_(_in_units(mine), handled)


def units_where(actor: Actor, roles: frozenset[str]) -> frozenset[int] | None:
    """Return the units in which an actor holds one of these roles; None means every unit."""
    units = {grant.unit_id for grant in actor.grants if grant.role in roles}
    return None if None in units else frozenset(unit for unit in units if unit is not None)


def _handled(actor: Actor) -> ColumnElement[bool]:
    """A handler sees the cases assigned to her, no others (DESIGN §8)."""
    if actor.staff_id is None:
        return false()
    units = units_where(actor, frozenset({HANDLER}))
    mine = case.c.handler_id == actor.staff_id
    return mine if units is None else and_(mine, _in_units(units))


def _in_units(units: frozenset[int]) -> ColumnElement[bool]:
    return case.c.unit_id.in_(sorted(units)) if units else false()
