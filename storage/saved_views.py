"""Rows of saved views."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.page_tables import default_view, saved_view
from storage.tables import staff


def views_for(connection: Connection, staff_id: int, units: Collection[int] | None) -> Sequence[Row[Any]]:
    """Return a member of staff's own views and those shared in her units (None: in every unit), by name."""
    shared = saved_view.c.unit_id.is_not(None) if units is None else saved_view.c.unit_id.in_(units)
    query = (
        select(saved_view, staff.c.name.label("owner"), default_view.c.staff_id.is_not(None).label("is_default"))
        .join(staff, staff.c.id == saved_view.c.staff_id)
        .outerjoin(default_view, (default_view.c.view_id == saved_view.c.id) & (default_view.c.staff_id == staff_id))
        .where(or_(saved_view.c.staff_id == staff_id, shared))
        .order_by(saved_view.c.name, saved_view.c.id)
    )
    return connection.execute(query).all()


def count_own(connection: Connection, staff_id: int) -> int:
    """Return how many views somebody has, locking none."""
    return len(connection.execute(select(saved_view.c.id).where(saved_view.c.staff_id == staff_id)).all())


def insert_view(
    connection: Connection,
    staff_id: int,
    unit_id: int | None,
    name: str,
    filters: Mapping[str, str],
    now: datetime,
) -> int:
    """Keep a view; one of the same name is replaced. Return its id."""
    row = {"unit_id": unit_id, "filters": dict(filters)}
    found = connection.execute(
        update(saved_view)
        .where(saved_view.c.staff_id == staff_id, saved_view.c.name == name)
        .values(**row)
        .returning(saved_view.c.id)
    ).scalar_one_or_none()
    if found is not None:
        return int(found)
    statement = insert(saved_view).values(staff_id=staff_id, name=name, created_at=now, **row)
    return int(connection.execute(statement.returning(saved_view.c.id)).scalar_one())


def rename_view(connection: Connection, staff_id: int, view_id: int, name: str) -> bool:
    """Rename a view of somebody's own; say whether there was one."""
    mine = (saved_view.c.id == view_id) & (saved_view.c.staff_id == staff_id)
    return connection.execute(update(saved_view).where(mine).values(name=name)).rowcount == 1


def delete_view(connection: Connection, staff_id: int, view_id: int) -> bool:
    """Delete a view of somebody's own; say whether there was one."""
    mine = (saved_view.c.id == view_id) & (saved_view.c.staff_id == staff_id)
    return connection.execute(delete(saved_view).where(mine)).rowcount == 1


def set_default(connection: Connection, staff_id: int, view_id: int | None) -> None:
    """Let somebody's list begin with a view; None: with everything."""
    if view_id is None:
        connection.execute(delete(default_view).where(default_view.c.staff_id == staff_id))
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(default_view).values(staff_id=staff_id, view_id=view_id)
    connection.execute(row.on_conflict_do_update(index_elements=["staff_id"], set_={"view_id": view_id}))
