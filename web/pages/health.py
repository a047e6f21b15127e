"""For machines: does it live, can it serve, and how is the house? No session, no person, no case."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from engine.readiness import figures_of, is_ready
from web.exposition import CONTENT_TYPE, exposition
from web.place import Place

router = APIRouter()


@router.get("/healthz")
def tell_life() -> PlainTextResponse:
    """Say that this process answers, whatever its surroundings are like."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def tell_readiness(request: Request) -> PlainTextResponse:
    """Say whether the database answers and has this program's schema."""
    place: Place = request.app.state.place
    ready = is_ready(place.engine)
    return PlainTextResponse("ready\n" if ready else "not ready\n", 200 if ready else 503)


@router.get("/metrics")
def tell_figures(request: Request) -> Response:
    """Give the figures to whoever may read them; to others there is no such page."""
    place: Place = request.app.state.place
    if not place.watched.may_read(request):
        return PlainTextResponse("Not found.\n", 404)
    return Response(exposition(figures_of(place.engine, place.clock())), media_type=CONTENT_TYPE)
