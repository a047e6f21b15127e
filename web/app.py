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

from engine.parts import Engine
from web.access import AccessDoor
from web.cookies import SessionCookie
from web.demo_door import DemoDoor
from web.errors import BadAddressError, NotEnteredError, PageNotFoundError, explain
from web.guard import Guard
from web.pages import case, caseload, entering, events, health, journeys, ledger, mailbox, system
from web.place import Place
from web.rendering import page
from web.sessions import SessionStore
from web.visits import Caller, caller, visit
from web.watched import Watched
from workflows.errors import BevakaError

PAGES = (caseload, case, events, ledger, mailbox, journeys, system, entering, health)


def create_app(
    engine: Engine,
    clock: Callable[[], datetime],
    demo: DemoDoor | None,
    secret: bytes,
    *,
    sessions: SessionStore | None = None,
    watched: Watched | None = None,
) -> FastAPI:
    """Return the web workplace as an ASGI application.

    Args:
        engine: the parts.
        clock: gives the instant of each request, UTC; a demo's own where there is one.
        demo: the demo, or None in a real house. Without a demo one enters by the code in `app.state.place.access.code`.
        secret: signs cookies and forms; the same after a restart, so that open forms stay good.
        sessions: where sessions are kept; a store of this process's own by default.
        watched: who may read the figures, and by which names besides its own it is called; this computer by default.
    """
    watch = watched or Watched()
    store = sessions or SessionStore()
    app = FastAPI(title="Bevaka", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.place = Place(engine, clock, demo, secret, store, AccessDoor(), watch)
    for module in PAGES:
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=Path(str(resources.files("web").joinpath("static")))), name="static")
    for cause in (BevakaError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(cause, _answer)
    app.add_middleware(SessionCookie, sessions=store, secret=secret, secure=engine.public_url.startswith("https://"))
    app.add_middleware(Guard, public_url=engine.public_url, hosts=watch.hosts)
    return app


def _answer(request: Request, error: Exception) -> Response:
    """Return the page that tells a visitor what went wrong; nothing of the error's own text is on it."""
    if isinstance(error, NotEnteredError):
        return RedirectResponse("/enter", 303)
    who = _visitor(request)
    explained = explain(_ours(error), who.words)
    return _error_page(who, explained.status, explained.title, explained.text)


def _visitor(request: Request) -> Caller:
    """Return who has entered, so that the page keeps its navigation; else who calls."""
    try:
        return visit(request)
    except BevakaError:
        return caller(request)


def _ours(error: Exception) -> BevakaError:
    if isinstance(error, BevakaError):
        return error
    if isinstance(error, RequestValidationError):
        return BadAddressError("", "")
    if isinstance(error, HTTPException) and error.status_code < 500:
        return PageNotFoundError()
    return BevakaError()


def _error_page(who: Caller, status: int, title: str, text: str) -> HTMLResponse:
    return page(who, "error.html.j2", status, title=title, text=text)
