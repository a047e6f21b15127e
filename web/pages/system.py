"""How the house itself is: for whoever runs it."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from engine.inspecting import accounts_of, outbox_lines, system_view
from web.rendering import page
from web.visits import VisitDep

router = APIRouter()
MOST_DEAD = 20


@router.get("/system", response_class=HTMLResponse)
def show_system(visit: VisitDep) -> HTMLResponse:
    """Show what waits, what is stuck, and when the clock last ticked."""
    engine = visit.place.engine
    view = system_view(engine, visit.actor, visit.now)
    dead = outbox_lines(engine, visit.actor, visit.now, state="dead", limit=MOST_DEAD)
    return page(visit, "system.html.j2", view=view, dead=dead, accounts=accounts_of(engine, visit.now))
