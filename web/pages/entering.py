"""Entering before sign-in exists, choosing a part in the demo, and choosing a language."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from engine.inspecting import member_of, who_may_enter
from web.errors import NotEnteredError, PageNotFoundError, TooManyTriesError, WrongCodeError, explain
from web.languages import COOKIE, LANGUAGES
from web.rendering import page
from web.sessions import Session
from web.visits import PERSONA_COOKIE, Caller, CallerDep, PostedDep, text_of

router = APIRouter()
A_YEAR = 365 * 24 * 3600


def outside_the_demo(who: CallerDep) -> Caller:
    """Return who calls, where there is a door to enter by; a demo has none."""
    if who.place.demo is not None:
        raise PageNotFoundError
    return who


AtTheDoor = Annotated[Caller, Depends(outside_the_demo)]


@router.get("/enter", response_class=HTMLResponse)
def show_door(who: AtTheDoor) -> HTMLResponse:
    """Ask for the access code; once it was given, who one is."""
    members = who_may_enter(who.place.engine) if who.session.unlocked else ()
    return page(who, "enter.html.j2", members=members, problem="")


@router.post("/enter", response_class=HTMLResponse)
def receive_code(who: AtTheDoor, form: PostedDep) -> Response:
    """Check the access code."""
    try:
        who.place.access.check(text_of(form, "code"))
    except (WrongCodeError, TooManyTriesError) as error:
        explained = explain(error, who.words)
        return page(who, "enter.html.j2", explained.status, members=(), problem=explained.text)
    session = _renewed(who)
    session.unlocked = True
    return RedirectResponse("/enter", 303)


@router.post("/enter/as")
def receive_member(who: AtTheDoor, form: PostedDep) -> Response:
    """Enter as a member of staff."""
    chosen = text_of(form, "staff")
    if not who.session.unlocked:
        raise NotEnteredError
    known = {str(staff_id): staff_id for staff_id, _ in who_may_enter(who.place.engine)}
    if chosen not in known or member_of(who.place.engine, known[chosen]) is None:
        raise PageNotFoundError
    session = _renewed(who)
    session.staff_id, session.unlocked = known[chosen], False
    return RedirectResponse("/", 303)


@router.post("/leave")
def receive_leave(who: AtTheDoor, _form: PostedDep) -> Response:
    """Leave: nothing of the session is kept."""
    who.place.sessions.end(who.session)
    return RedirectResponse("/enter", 303)


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
    response = RedirectResponse(_own_path(text_of(form, "next")), 303)
    if chosen in LANGUAGES:
        _set(who, response, COOKIE, chosen)
    return response


def _set(who: Caller, response: Response, name: str, value: str) -> None:
    secure = who.place.engine.public_url.startswith("https://")
    response.set_cookie(name, value, max_age=A_YEAR, httponly=True, samesite="lax", secure=secure)


def _own_path(path: str) -> str:
    """Return a path of ours; the front page for whatever might lead elsewhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def _renewed(who: Caller) -> Session:
    request: Request = who.request
    session = who.place.sessions.renew(who.session)
    request.scope["bevaka.session"] = session
    return session
