"""What programs read with an API token: no session, no cookie, JSON. Reading only, and no person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from access.rules import Action
from access.tokens import written_scopes
from engine.api_tokens import Bearer, bearer_of
from engine.inspecting import caseload
from web.errors import status_and_key
from web.visits import place_of
from workflows.errors import BevakaError

router = APIRouter(prefix="/api/v1")
SCHEME = "Bearer "
MOST = 200


def bearer(request: Request) -> Bearer:
    """Return who comes with a token; raises `TokenRefusedError`."""
    place = place_of(request)
    said = request.headers.get("authorization", "")
    token = said.removeprefix(SCHEME) if said.startswith(SCHEME) else ""
    return bearer_of(place.engine, token, place.clock())


BearerDep = Annotated[Bearer, Depends(bearer)]


@router.get("/me")
def tell_bearer(who: BearerDep) -> JSONResponse:
    """Say whose the token is, what it may do and until when."""
    roles = [{"role": grant.role, "unit_id": grant.unit_id} for grant in who.actor.grants]
    return JSONResponse(
        {
            "staff_id": who.actor.staff_id,
            "roles": sorted(roles, key=lambda held: (held["role"], held["unit_id"] or 0)),
            "scopes": written_scopes(who.terms.scopes).split(),
            "expires_at": who.terms.expires_at.isoformat(),
        }
    )


@router.get("/cases")
def tell_cases(
    request: Request,
    who: BearerDep,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: str | None = None,
) -> JSONResponse:
    """Give the open cases its owner may see, the most urgent first: references, steps and dates."""
    place = place_of(request)
    actor = who.acting(Action.SEE_CASE)
    found = caseload(place.engine, actor, place.clock(), limit=limit, cursor=cursor)
    lines = [
        {
            "ref": line.ref,
            "programme": line.programme,
            "version": line.version,
            "state": line.state,
            "unit": line.unit,
            "deadline": line.deadline,
            "due_on": line.due_on.isoformat() if line.due_on else None,
            "band": line.band.value,
        }
        for line in found.lines
    ]
    return JSONResponse({"cases": lines, "total": found.total, "next_cursor": found.next_cursor})


def refusal(error: BevakaError) -> JSONResponse:
    """Return what a program is told went wrong: a word that stays the same, nothing of the error's own text."""
    status, key = status_and_key(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse({"error": key}, status, headers=headers)
