"""Rows of the access log as a reviewer and a patient see them, and of the protocols of reviews."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from storage.cases import CaseRow, as_case
from storage.tables import absence, case, history, staff, unit
from storage.trust_tables import access_log, log_review

NO_LINK = "case.break_glass"  # an event that makes nobody a part of the case


def readings(
    connection: Connection, since: datetime, until: datetime, units: Collection[int] | None
) -> Sequence[Row[Any]]:
    """Return the readings of a time (`until` excluded) in some units, or in all (None), oldest first."""
    query = (
        select(
            access_log,
            case.c.ref,
            case.c.coordinator_id,
            case.c.handler_id,
            staff.c.name.label("reader"),
            unit.c.title.label("unit"),
        )
        .join(case, case.c.id == access_log.c.case_id)
        .join(unit, unit.c.id == case.c.unit_id)
        .outerjoin(staff, staff.c.id == access_log.c.actor_id)
        .where(access_log.c.at >= since, access_log.c.at < until)
        .order_by(access_log.c.at, access_log.c.id)
    )
    return connection.execute(query if units is None else query.where(case.c.unit_id.in_(sorted(units)))).all()


def readings_about(connection: Connection, person_id: str) -> list[Any]:
    """Return (at, action, actor, unit) of every reading about a person, newest first."""
    query = (
        select(access_log.c.at, access_log.c.action, access_log.c.actor, unit.c.title.label("unit"))
        .outerjoin(unit, unit.c.id == access_log.c.unit_id)
        .where(access_log.c.person_id == person_id)
    )
    return list(connection.execute(query.order_by(access_log.c.at.desc(), access_log.c.id.desc())))


def newest_case(connection: Connection, person_id: str) -> CaseRow | None:
    """Return a person's newest case."""
    row = connection.execute(select(case).where(case.c.person_id == person_id).order_by(case.c.id.desc())).first()
    return as_case(row) if row else None


def linked(connection: Connection, case_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Return who is responsible for each case or has acted in it."""
    found: dict[int, set[int]] = {}
    for row in connection.execute(
        select(case.c.id, case.c.coordinator_id, case.c.handler_id).where(case.c.id.in_(case_ids))
    ):
        found[row.id] = {one for one in (row.coordinator_id, row.handler_id) if one is not None}
    acted = select(history.c.case_id, history.c.actor_id).where(
        history.c.case_id.in_(case_ids), history.c.actor_id.is_not(None), history.c.event != NO_LINK
    )
    for event in connection.execute(acted.distinct()):
        found[event.case_id].add(event.actor_id)
    return {case_id: frozenset(people) for case_id, people in found.items()}


def stand_ins(connection: Connection) -> list[tuple[int, date, date, int | None]]:
    """Return (who was away, first day, last day, who stood in) of every absence."""
    query = select(absence.c.staff_id, absence.c.from_on, absence.c.until_on, absence.c.deputy_id)
    return [(row.staff_id, row.from_on, row.until_on, row.deputy_id) for row in connection.execute(query)]


def hashes(connection: Connection, ids: Collection[int]) -> list[str | None]:
    """Return the hashes of lines of the log, in the order of their ids."""
    query = select(access_log.c.hash).where(access_log.c.id.in_(ids)).order_by(access_log.c.id)
    return list(connection.execute(query).scalars())


def insert_review(connection: Connection, row: Mapping[str, Any]) -> int:
    """Keep the protocol of a review and return its number."""
    number: int = connection.execute(insert(log_review).values(**row).returning(log_review.c.id)).scalar_one()
    return number
