"""A unit's day by coordinator and the house's by unit: how much is overdue, due today and within a week."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, func, select
from sqlalchemy import case as either

from access.actors import Actor
from engine.inspecting_cases_query import Query, looked, sized
from engine.inspecting_day import Scope, Section
from engine.inspecting_visible import units_where, visible_cases
from engine.parts import Engine
from engine.urgency import WEEK
from storage.deadlines import OPEN
from storage.tables import case, deadline, staff, unit
from workflows.dates import local_date

MOST_GROUPS = 500


@dataclass(frozen=True, slots=True)
class Figure:
    """How much lies with a coordinator or in a unit. `key` is what its cases are filtered by; "0" for nobody's."""

    key: str
    title: str | None
    counts: Mapping[Section, int]


def figures_of(engine: Engine, actor: Actor, now: datetime, scope: Scope) -> tuple[Figure, ...]:
    """Return the figures of an actor's units by coordinator (`Scope.UNIT`), or of the house by unit (`Scope.ALL`).

    Only deadlines that run and are due within a week are counted, so that the index of open deadlines is read from its
    beginning to a week from now, whatever lies behind.
    """
    today = local_date(now)
    managed = units_where(actor, frozenset({"unit_manager"}))
    mine = case.c.unit_id.in_(sorted(managed)) if scope is Scope.UNIT and managed is not None else None
    wanted = visible_cases(actor) if mine is None else and_(visible_cases(actor), mine)
    with engine.database.read() as connection:
        query = sized(connection, Query(and_(wanted, case.c.closed_at.is_(None)), None, None, today))
        rows = connection.execute(_by_coordinator(query) if scope is Scope.UNIT else _by_unit(query))
        return tuple(_figure(row) for row in rows)


def _by_coordinator(query: Query) -> Any:
    counted = _counted(case.c.coordinator_id.label("of"), query)
    return (
        select(func.coalesce(counted.c.of, 0).label("key"), staff.c.name.label("title"), *_counts_of(counted))
        .select_from(counted.outerjoin(staff, staff.c.id == counted.c.of))
        .order_by(counted.c.overdue.desc(), staff.c.name)
        .limit(MOST_GROUPS)
    )


def _by_unit(query: Query) -> Any:
    counted = _counted(case.c.unit_id.label("of"), query)
    return (
        select(unit.c.code.label("key"), unit.c.title, *_counts_of(counted))
        .select_from(counted.join(unit, unit.c.id == counted.c.of))
        .order_by(counted.c.overdue.desc(), unit.c.title)
        .limit(MOST_GROUPS)
    )


def _counted(of: ColumnElement[Any], query: Query) -> Any:
    due_on, today = deadline.c.due_on, query.today
    source: FromClause = deadline.join(case, case.c.id == deadline.c.case_id)
    if query.is_small:
        mine = looked(query.wanted)
        source = mine.join(deadline, deadline.c.case_id == mine.c.id).join(case, case.c.id == mine.c.id)
    return (
        select(
            of,
            func.sum(either((due_on < today, 1), else_=0)).label("overdue"),
            func.sum(either((due_on == today, 1), else_=0)).label("today"),
            func.sum(either((due_on > today, 1), else_=0)).label("week"),
        )
        .select_from(source)
        .where(query.wanted, deadline.c.status == OPEN, deadline.c.paused.is_(False), due_on <= today + WEEK)
        .group_by(of)
        .subquery()
    )


def _counts_of(counted: Any) -> tuple[ColumnElement[Any], ...]:
    return counted.c.overdue, counted.c.today, counted.c.week


def _figure(row: Row[Any]) -> Figure:
    counts = {Section.OVERDUE: int(row.overdue), Section.TODAY: int(row.today), Section.WEEK: int(row.week)}
    return Figure(str(row.key or ""), row.title, counts)
