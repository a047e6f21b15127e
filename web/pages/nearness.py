"""Near a person: opening a colleague's case for an hour, with a reason; and what was disclosed to a handler."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from access.rules import Action
from engine.breaking_glass import break_glass
from engine.disclosing import DisclosedField, disclosed_to
from engine.glass_rows import LONGEST_REASON, SHORTEST_REASON
from engine.inspecting import CaseView
from engine.sessions import NotProvedError
from engine.staffing import BadEntryError
from web.errors import PageNotFoundError
from web.pages.case import seen
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of

router = APIRouter()


@router.get("/cases/{ref}/break-glass", response_class=HTMLResponse)
def show_glass(visit: VisitDep, ref: str) -> HTMLResponse:
    """Ask for the reason."""
    view = seen(visit, ref)
    if Action.BREAK_GLASS not in view.may:
        raise PageNotFoundError
    return _glass_page(visit, view)


@router.post("/cases/{ref}/break-glass", response_class=HTMLResponse)
def receive_reason(visit: VisitDep, form: PostedDep, ref: str) -> Response:
    """Open the person of a case for an hour, for somebody who has shown just now who she is."""
    view, reason = seen(visit, ref), text_of(form, "reason")
    opened = visit.session.opened
    if Action.BREAK_GLASS in view.may and opened is not None and not opened.is_fresh(visit.now):
        raise NotProvedError
    try:
        until = break_glass(visit.place.engine, view.ref, reason, visit.actor, visit.now)
    except BadEntryError:
        return _glass_page(visit, view, reason, visit.words("glass.problem"))
    visit.say("done", visit.words("glass.opened", at=visit.dates.moment(until)))
    return RedirectResponse(f"/cases/{view.ref}", 303)


@router.post("/cases/{ref}/disclosed", response_class=HTMLResponse)
def show_disclosed(visit: VisitDep, _form: PostedDep, ref: str) -> HTMLResponse:
    """Show a handler what was disclosed to her; the reading is logged. Asked for by POST, so that no link does it."""
    view = seen(visit, ref)
    if not view.disclosed_only:
        raise PageNotFoundError
    found = disclosed_to(visit.place.engine, view.ref, visit.actor, visit.now)
    return page(visit, "disclosed.html.j2", view=view, lines=[(_title(visit, view, one), one) for one in found])


def _title(visit: Visit, view: CaseView, one: DisclosedField) -> str:
    declared = view.rules.definition.fields.get(one.name)
    return visit.words.of(declared.title) if declared else visit.words.named("disclosed", one.name)


def _glass_page(visit: Visit, view: CaseView, reason: str = "", problem: str = "") -> HTMLResponse:
    return page(
        visit,
        "break_glass.html.j2",
        422 if problem else 200,
        view=view,
        reason=reason,
        problem=problem,
        shortest=SHORTEST_REASON,
        longest=LONGEST_REASON,
    )
