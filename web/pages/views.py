"""Lists of cases kept under a name: keep, rename, delete, begin with."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from engine.inspecting import units
from engine.saved_views import FILTERS, ViewError, begin_with, delete_view, keep_view, rename_view
from web.addresses import address, given
from web.errors import PageNotFoundError
from web.visits import PostedDep, Visit, VisitDep, text_of

router = APIRouter()


@router.post("/views")
def keep(visit: VisitDep, form: PostedDep) -> Response:
    """Keep the filters of the list under a name, for oneself or for a unit."""
    filters = {name: text for name in FILTERS if (text := given(text_of(form, name)))}
    try:
        kept = keep_view(visit.place.engine, visit.actor, text_of(form, "name"), filters, _unit(visit, form), visit.now)
    except ViewError as error:
        return _refused(visit, error, address("/cases", filters) if filters else "/cases?view=0")
    visit.say("done", visit.words("views.kept"))
    return RedirectResponse(f"/cases?view={kept}", 303)


@router.post("/views/{view_id}")
def change(visit: VisitDep, form: PostedDep, view_id: int) -> Response:
    """Rename or delete a view, or let the list begin with it."""
    engine, actor, here = visit.place.engine, visit.actor, f"/cases?view={view_id}"
    what = text_of(form, "do")
    try:
        if what == "rename":
            rename_view(engine, actor, view_id, text_of(form, "name"))
        elif what == "delete":
            delete_view(engine, actor, view_id)
            here = "/cases?view=0"
        elif what in {"begin", "forget"}:
            begin_with(engine, actor, view_id if what == "begin" else None)
        else:
            raise PageNotFoundError
    except ViewError as error:
        return _refused(visit, error, here)
    visit.say("done", visit.words(f"views.done.{what}"))
    return RedirectResponse(here, 303)


def _unit(visit: Visit, form: FormData) -> int | None:
    """Return the unit to share with; raises `PageNotFoundError` for one that is not the visitor's."""
    code = given(text_of(form, "share"))
    if code is None:
        return None
    found = next((unit.id for unit in units(visit.place.engine, visit.actor) if unit.code == code), None)
    if found is None:
        raise PageNotFoundError
    return found


def _refused(visit: Visit, error: ViewError, here: str) -> Response:
    visit.say("problem", visit.words(f"views.bad.{error.part}"))
    return RedirectResponse(here, 303)
