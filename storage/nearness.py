"""What is stored of who may come near a person: whether her identity is protected, and who has broken the glass."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from storage.tables import case, history, person, staff, unit
from storage.trust_tables import break_glass


def is_protected(connection: Connection, person_id: str) -> bool:
    """Say whether a person has a protected identity (skyddade personuppgifter); where nobody has said yet: yes."""
    return connection.execute(select(person.c.protected).where(person.c.id == person_id)).scalar() is not False


def opened_by(connection: Connection, case_id: int, now: datetime) -> frozenset[int]:
    """Return who has broken the glass of a case, as long as that lasts at an instant (UTC)."""
    glass = break_glass.c
    query = select(glass.staff_id).where(glass.case_id == case_id, glass.at <= now, glass.until > now)
    return frozenset(connection.execute(query).scalars())


def insert_opening(connection: Connection, row: Mapping[str, Any]) -> None:
    """Note that somebody has broken the glass."""
    connection.execute(insert(break_glass).values(**row))


def openings(connection: Connection, units: Collection[int] | None, *, waiting: bool, most: int) -> Sequence[Row[Any]]:
    """Return what was opened in some units, or in all (None), the newest first.

    Args:
        connection: the caller's transaction.
        units: where.
        waiting: only those that nobody has reviewed yet, the oldest first.
        most: no more than these.
    """
    query = _openings(units)
    if waiting:
        query = query.where(break_glass.c.reviewed_at.is_(None)).order_by(break_glass.c.at, break_glass.c.case_id)
    else:
        query = query.order_by(break_glass.c.at.desc(), break_glass.c.case_id)
    return connection.execute(query.limit(most)).all()


def _openings(units: Collection[int] | None) -> Select[Any]:
    same = (history.c.case_id == break_glass.c.case_id) & (history.c.seq == break_glass.c.seq)
    query = (
        select(
            break_glass,
            case.c.ref,
            history.c.answers,
            staff.c.name.label("by"),
            unit.c.title.label("unit"),
        )
        .join(case, case.c.id == break_glass.c.case_id)
        .join(history, same)
        .join(staff, staff.c.id == break_glass.c.staff_id)
        .join(unit, unit.c.id == break_glass.c.unit_id)
    )
    return query if units is None else query.where(break_glass.c.unit_id.in_(sorted(units)))


def close_opening(connection: Connection, ref: str, seq: int, units: Collection[int] | None, **review: Any) -> bool:
    """Note what a review of one opening came to; say whether there was one that waited, done by another."""
    here = select(case.c.id).where(case.c.ref == ref).scalar_subquery()
    mine = update(break_glass).where(
        break_glass.c.case_id == here,
        break_glass.c.seq == seq,
        break_glass.c.reviewed_at.is_(None),
        break_glass.c.staff_id != review["reviewer_id"],
    )
    if units is not None:
        mine = mine.where(break_glass.c.unit_id.in_(sorted(units)))
    return connection.execute(mine.values(**review)).rowcount == 1


def count_waiting(connection: Connection, before: datetime) -> int:
    """Return how many openings from before an instant (UTC) nobody has reviewed."""
    late = select(func.count()).where(break_glass.c.reviewed_at.is_(None), break_glass.c.at < before)
    number: int = connection.execute(late).scalar_one()
    return number
