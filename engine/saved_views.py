"""Lists of cases kept under a name: one's own, and those a colleague has shared with the unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from access.actors import Actor
from access.rules import ALLOWED, Action
from engine.authorising import authorise_anywhere
from engine.errors import NotAllowedError
from engine.inspecting_visible import units_where
from engine.parts import Engine
from storage import saved_views as rows
from workflows.errors import BevakaError

FILTERS = ("unit", "programme", "state", "band", "coordinator", "handler", "kind", "sort")  # all that a view may hold
LONGEST_NAME, MOST = 60, 50


class ViewError(BevakaError):
    """A view that cannot be kept: which part of it, and what is allowed."""

    def __init__(self, part: str, allowed: str) -> None:
        self.part = part
        self.allowed = allowed
        super().__init__(f"{part}: allowed: {allowed}")


class ViewNotFoundError(BevakaError):
    """There is no such view, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("there is no such view")


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view as its reader sees it. `owner` is None for one's own; `shared` when the unit sees it."""

    id: int
    name: str
    filters: Mapping[str, str]
    owner: str | None
    shared: bool
    is_default: bool


def views_of(engine: Engine, actor: Actor) -> tuple[SavedView, ...]:
    """Return the views an actor may use, by name."""
    if actor.staff_id is None:
        return ()
    units = units_where(actor, ALLOWED[Action.SEE_WHOLE])
    with engine.database.read() as connection:
        found = rows.views_for(connection, actor.staff_id, units)
    return tuple(
        SavedView(
            row.id,
            row.name,
            {name: value for name, value in row.filters.items() if name in FILTERS},
            None if row.staff_id == actor.staff_id else row.owner,
            row.unit_id is not None,
            bool(row.is_default),
        )
        for row in found
    )


def keep_view(
    engine: Engine, actor: Actor, name: str, filters: Mapping[str, str], unit_id: int | None, now: datetime
) -> int:
    """Keep the filters of a list under a name and return the view's id; one's own of the same name is replaced.

    Args:
        engine: the parts.
        actor: whose view it is.
        name: 1 to 60 characters.
        filters: of `FILTERS`, as they stand in the list's address.
        unit_id: the unit to share it with, in which the actor must work; None: nobody.
        now: the instant, UTC.

    Raises:
        NotAllowedError: the actor works with no cases, or not in that unit.
        ViewError: the name or the filters cannot be kept, or there are 50 already.
    """
    authorise_anywhere(actor, Action.SEE_WHOLE)
    staff_id, title = _staff(actor), _name(name)
    if not set(filters) <= set(FILTERS) or any(len(value) > 80 for value in filters.values()):
        raise ViewError("filters", ", ".join(FILTERS))
    mine = units_where(actor, ALLOWED[Action.SEE_WHOLE])
    if unit_id is not None and mine is not None and unit_id not in mine:
        raise NotAllowedError(Action.SEE_WHOLE, ALLOWED[Action.SEE_WHOLE])
    with engine.database.write() as connection:
        if rows.count_own(connection, staff_id) >= MOST:
            raise ViewError("views", f"at most {MOST}")
        return rows.insert_view(connection, staff_id, unit_id, title, filters, now)


def rename_view(engine: Engine, actor: Actor, view_id: int, name: str) -> None:
    """Give a view of one's own another name; raises `ViewNotFoundError`, or `ViewError` when the name is taken."""
    title = _name(name)
    try:
        with engine.database.write() as connection:
            found = rows.rename_view(connection, _staff(actor), view_id, title)
    except IntegrityError:
        raise ViewError("name", "a name that none of your other views has") from None
    if not found:
        raise ViewNotFoundError


def delete_view(engine: Engine, actor: Actor, view_id: int) -> None:
    """Delete a view of one's own; raises `ViewNotFoundError`."""
    with engine.database.write() as connection:
        if not rows.delete_view(connection, _staff(actor), view_id):
            raise ViewNotFoundError


def begin_with(engine: Engine, actor: Actor, view_id: int | None) -> None:
    """Let one's list of cases begin with a view; None: with everything. Raises `ViewNotFoundError`."""
    if view_id is not None and view_id not in {view.id for view in views_of(engine, actor)}:
        raise ViewNotFoundError
    with engine.database.write() as connection:
        rows.set_default(connection, _staff(actor), view_id)


def _staff(actor: Actor) -> int:
    if actor.staff_id is None:
        raise NotAllowedError(Action.SEE_WHOLE, ALLOWED[Action.SEE_WHOLE])
    return actor.staff_id


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= LONGEST_NAME or not plain.isprintable():
        raise ViewError("name", f"1–{LONGEST_NAME} characters")
    return plain
