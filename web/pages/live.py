"""A cheap answer to "has anything I see changed?", for the script that asks now and then."""

import hashlib

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from engine.inspecting import changed_since
from web.live import read_shown
from web.visits import VisitDep

router = APIRouter()


@router.get("/live")
def tell_changes(visit: VisitDep, seen: str = Query("", max_length=4000)) -> Response:
    """Say how many of the cases a page shows have changed since; 304 while the answer is what it was."""
    shown = {one.ref: one.seq for one in read_shown(seen)}
    changed = changed_since(visit.place.engine, visit.actor, shown)
    tag = f'"{hashlib.sha256(f"{seen}|{changed}".encode()).hexdigest()[:16]}"'
    if visit.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse({"changed": changed}, headers={"ETag": tag})
