"""The demo's time machine."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from web.addresses import choice
from web.demo_door import DemoDoor, TimeUnit
from web.errors import BadAddressError, PageNotFoundError
from web.rendering import page
from web.visits import PostedDep, VisitDep, text_of

router = APIRouter()


def in_the_demo(visit: VisitDep) -> DemoDoor:
    """Return the demo; a house that is none has no such page."""
    if visit.place.demo is None:
        raise PageNotFoundError
    return visit.place.demo


Demo = Annotated[DemoDoor, Depends(in_the_demo)]


@router.get("/time", response_class=HTMLResponse)
def show_time(visit: VisitDep, demo: Demo) -> HTMLResponse:
    """Show what time it is in the demo, and how far a journey has come."""
    return page(visit, "time.html.j2", journey=demo.journey(), units=list(TimeUnit))


@router.post("/time")
def receive_journey(visit: VisitDep, demo: Demo, form: PostedDep) -> Response:
    """Move time forward."""
    unit = choice("unit", text_of(form, "unit"), TimeUnit)
    if unit is None:
        raise BadAddressError("unit", ", ".join(TimeUnit))
    if not demo.start_journey(unit):
        visit.say("problem", visit.words("time.busy"))
    return RedirectResponse("/time", 303)


@router.post("/time/stop")
def receive_stop(demo: Demo, _form: PostedDep) -> Response:
    """Stop a journey where it is."""
    demo.stop_journey()
    return RedirectResponse("/time", 303)
