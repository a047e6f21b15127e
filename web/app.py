"""Builds the web workplace: routes, layers around them, and what becomes of errors."""

from collections.abc import Callable
from datetime import datetime
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from engine.api_allowance import Allowance
from engine.parts import Engine
from engine.readiness import AWAY
from web.addresses import address
from web.api.problems import problem_of
from web.api.routes import PARTS as API_PARTS
from web.api.routes import ROUTES as API_ROUTES
from web.cookies import API, SessionCookie
from web.demo_door import DemoDoor
from web.errors import BadAddressError, NotEnteredError, PageNotFoundError, UnavailableError, explain
from web.guard import Guard
from web.pages import (
    account,
    calendar,
    case,
    caseload,
    channels,
    consents,
    day,
    entering,
    events,
    health,
    joining,
    journeys,
    ledger,
    live,
    mailbox,
    nearness,
    outbox,
    people,
    provider,
    review,
    several,
    signing_in,
    system,
    undoing,
    views,
)
from web.place import Entrance, Place
from web.rendering import page
from web.sessions import KeptSessions, Sessions, SessionStore
from web.visits import Caller, caller, visit
from web.watched import Watched
from workflows.errors import BevakaError

REQUESTS_PER_MINUTE = 600
NOBODY_KNOWN: tuple[type[Exception], ...] = (BevakaError, *AWAY)
PAGES = (
    consents,
    day,
    several,
    caseload,
    views,
    live,
    case,
    events,
    undoing,
    nearness,
    ledger,
    mailbox,
    calendar,
    people,
    channels,
    outbox,
    review,
    journeys,
    system,
    entering,
    signing_in,
    joining,
    account,
    provider,
    health,
)


def create_app(
    engine: Engine,
    clock: Callable[[], datetime],
    demo: DemoDoor | None,
    secret: bytes,
    *,
    entrance: Entrance | None = None,
    watched: Watched | None = None,
    requests_per_minute: int = REQUESTS_PER_MINUTE,
) -> FastAPI:
    """Return the web workplace as an ASGI application.

    Args:
        engine: the parts.
        clock: gives the instant of each request, UTC; a demo's own where there is one.
        demo: the demo, or None in a real house, where one signs in.
        secret: signs cookies and forms; the same after a restart, so that open forms stay good.
        entrance: how long sessions last, and an identity provider; the usual limits and none by default.
        watched: who may read the figures, and by which names besides its own it is called; this computer by default.
        requests_per_minute: how much one API token may ask.
    """
    watch = watched or Watched()
    door = entrance or Entrance()
    store: Sessions = SessionStore() if demo is not None else KeptSessions(engine, clock, door.limits)
    app = FastAPI(title="Bevaka", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.place = Place(engine, clock, demo, secret, store, door, watch)
    for module in PAGES:
        app.include_router(module.router)
    app.state.offered_paths = frozenset(route.path for module in PAGES for route in module.router.routes)
    for part in API_PARTS:
        app.include_router(part.router)
    app.state.api_routes = API_ROUTES
    app.state.allowance = Allowance(engine, requests_per_minute)
    app.mount("/static", StaticFiles(directory=Path(str(resources.files("web").joinpath("static")))), name="static")
    for cause in (BevakaError, HTTPException, RequestValidationError, *AWAY, Exception):
        app.add_exception_handler(cause, _answer)
    app.add_middleware(SessionCookie, sessions=store, secret=secret, secure=engine.public_url.startswith("https://"))
    app.add_middleware(Guard, public_url=engine.public_url, hosts=watch.hosts)
    return app


def _answer(request: Request, error: Exception) -> Response:
    """Return the page that tells a visitor what went wrong; nothing of the error's own text is on it."""
    if request.url.path.startswith(API):
        return problem_of(request, error)
    if isinstance(error, NotEnteredError):
        return RedirectResponse(_sign_in(request), 303)
    who = _visitor(request)
    explained = explain(_ours(error), who.words)
    return _error_page(who, explained.status, explained.title, explained.text)


def _sign_in(request: Request) -> str:
    """Return where to sign in, and go on from there where somebody wanted to."""
    wanted = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return address("/sign-in", {"next": wanted if request.method == "GET" and wanted != "/" else None})


def _visitor(request: Request) -> Caller:
    """Return who has entered, so that the page keeps its navigation; else who calls."""
    try:
        return visit(request)
    except NOBODY_KNOWN:
        return caller(request)


def _ours(error: Exception) -> BevakaError:
    if isinstance(error, BevakaError):
        return error
    if isinstance(error, RequestValidationError):
        return BadAddressError("", "")
    if isinstance(error, HTTPException) and error.status_code < 500:
        return PageNotFoundError()
    return UnavailableError() if isinstance(error, AWAY) else BevakaError()


def _error_page(who: Caller, status: int, title: str, text: str) -> HTMLResponse:
    return page(who, "error.html.j2", status, title=title, text=text)
