"""Signing out, choosing a part in the demo, and choosing a language."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from web.addresses import own_path
from web.errors import PageNotFoundError
from web.languages import COOKIE, LANGUAGES
from web.visits import PERSONA_COOKIE, Caller, CallerDep, OutsideDep, PostedDep, text_of

router = APIRouter()
A_YEAR = 365 * 24 * 3600


@router.post("/leave")
def receive_leave(who: OutsideDep, _form: PostedDep) -> Response:
    """Sign out: nothing of the session is kept, and its name opens nothing."""
    who.place.sessions.end(who.session)
    who.request.scope["bevaka.session"] = who.place.sessions.begin()
    return RedirectResponse("/sign-in", 303)


@router.post("/persona")
def receive_persona(who: CallerDep, form: PostedDep) -> Response:
    """Take another part in the demo."""
    personas = who.place.demo.personas() if who.place.demo else ()
    chosen = next((p for p in personas if str(p.staff_id) == text_of(form, "staff")), None)
    if chosen is None:
        raise PageNotFoundError
    response = RedirectResponse("/", 303)
    _set(who, response, PERSONA_COOKIE, str(chosen.staff_id))
    return response


@router.post("/language")
def receive_language(who: CallerDep, form: PostedDep) -> Response:
    """Choose a language and go on where one was."""
    chosen = text_of(form, "language")
    response = RedirectResponse(own_path(text_of(form, "next")), 303)
    if chosen in LANGUAGES:
        _set(who, response, COOKIE, chosen)
    return response


def _set(who: Caller, response: Response, name: str, value: str) -> None:
    secure = who.place.engine.public_url.startswith("https://")
    response.set_cookie(name, value, max_age=A_YEAR, httponly=True, samesite="lax", secure=secure)
