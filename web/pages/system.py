"""How the house itself is: for whoever runs it."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from engine.inspecting import accounts_of, system_view
from web.rendering import page
from web.visits import VisitDep

router = APIRouter()
HEARTBEAT = timedelta(minutes=5)  # the clock ticks every minute


@router.get("/system", response_class=HTMLResponse)
def show_system(visit: VisitDep) -> HTMLResponse:
    """Show what waits, what is stuck, and when the clock last ticked."""
    engine = visit.place.engine
    view = system_view(engine, visit.actor, visit.now)
    ticked = max(view.ticks.values(), default=None)
    return page(
        visit,
        "system.html.j2",
        view=view,
        ticked=ticked,
        ticks_on=ticked is not None and visit.now - ticked <= HEARTBEAT,
        flower=visit.place.watched.flower,
        accounts=accounts_of(engine, visit.now),
    )
