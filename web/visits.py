"""Who looks, in which language, at what time: worked out once for each request."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData

from access.actors import Actor
from engine.inspecting import Member, member_of
from engine.sessions import CameFrom
from web.browsers import browser_of
from web.dates import Dates
from web.demo_door import Persona
from web.errors import ForgedFormError, FormTooLargeError, NotEnteredError, PageNotFoundError, UnavailableError
from web.guard import LARGEST_BODY
from web.languages import COOKIE, language_of
from web.place import Place
from web.sessions import Session, csrf_token, is_csrf_token
from web.texts import Words

MOST_FIELDS = 200
PERSONA_COOKIE = "bevaka_persona"


@dataclass(frozen=True, slots=True)
class Caller:
    """A request by anybody, entered or not."""

    request: Request
    place: Place
    session: Session
    words: Words
    dates: Dates

    @property
    def now(self) -> datetime:
        """Return the instant of the request, UTC, by the clock that may be a demo's."""
        return self.dates.now

    @property
    def csrf(self) -> str:
        """Return the token for this session's forms."""
        return csrf_token(self.place.secret, self.session)

    @property
    def came_from(self) -> CameFrom:
        """Return where the request comes from."""
        client = self.request.client
        return CameFrom(client.host if client else "", browser_of(self.request.headers.get("user-agent", "")))

    def say(self, kind: str, *lines: str) -> None:
        """Leave a message for the next page: "done" or "problem", its first line the heading."""
        self.session.flashes.append((kind, lines))


@dataclass(frozen=True, slots=True)
class Visit(Caller):
    """A request by somebody who has entered."""

    member: Member
    personas: tuple[Persona, ...]

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        return self.member.actor


def place_of(request: Request) -> Place:
    """Return what the pages were built with."""
    place: Place = request.app.state.place
    return place


def caller(request: Request) -> Caller:
    """Return who calls, entered or not."""
    place = place_of(request)
    words = Words(language_of(request.cookies.get(COOKIE), request.headers.get("accept-language")))
    session: Session = request.scope["bevaka.session"]
    return Caller(request, place, session, words, Dates(words, place.clock()))


def visit(request: Request) -> Visit:
    """Return who has signed in.

    Raises:
        NotEnteredError: nobody has, or she does not work here any more.
        UnavailableError: the database is away, so that nobody can say.
    """
    who = caller(request)
    if who.session.unknown:
        raise UnavailableError
    personas = tuple(who.place.demo.personas()) if who.place.demo else ()
    staff_id = _part_taken(request, personas) if personas else who.session.staff_id
    member = member_of(who.place.engine, staff_id) if staff_id is not None else None
    if member is None:
        raise NotEnteredError
    return Visit(who.request, who.place, who.session, who.words, who.dates, member, personas)


def outside_the_demo(request: Request) -> Caller:
    """Return who calls, where one signs in; a demo has no such pages.

    Raises:
        PageNotFoundError: it is a demo.
    """
    who = caller(request)
    if who.place.demo is not None:
        raise PageNotFoundError
    return who


def signed_in(request: Request) -> Visit:
    """Return who signed in; raises `PageNotFoundError` in a demo, `NotEnteredError` when nobody has."""
    outside_the_demo(request)
    return visit(request)


def let_in(who: Caller, name: str) -> None:
    """Go on in a session that was just begun: from now on the browser knows its name, and the old one opens nothing."""
    who.request.scope["bevaka.session"] = who.place.sessions.find(name) or who.place.sessions.begin()


def _part_taken(request: Request, personas: tuple[Persona, ...]) -> int:
    """Return whose part a visitor of the demo takes."""
    wanted = request.cookies.get(PERSONA_COOKIE)
    return next((p.staff_id for p in personas if str(p.staff_id) == wanted), personas[0].staff_id)


async def posted(request: Request) -> FormData:
    """Return a form that came from one of our own pages.

    Raises:
        ForgedFormError: from elsewhere, or without the session's token.
        FormTooLargeError: larger than any of ours.
    """
    if int(request.headers.get("content-length", "0")) > LARGEST_BODY:
        raise FormTooLargeError
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    token = form.get("csrf")
    session: Session = request.scope["bevaka.session"]
    if not _from_here(request) or not isinstance(token, str):
        raise ForgedFormError
    if not is_csrf_token(place_of(request).secret, session, token):
        raise ForgedFormError
    return form


def _from_here(request: Request) -> bool:
    """Say whether the browser tells that the form was sent from our own address.

    Our pages send no referrer, so a browser that follows the Fetch standard gives the origin of their forms as "null"
    and tells the truth in Sec-Fetch-Site instead.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is None:
        return True  # no browser, or one from before either header: the token decides
    host = request.headers.get("host", "")
    return hmac.compare_digest(urlsplit(origin).netloc.encode(), host.encode())


def text_of(form: FormData, name: str) -> str:
    """Return a field of a form; "" when it is missing."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


OutsideDep = Annotated[Caller, Depends(outside_the_demo)]
SignedInDep = Annotated[Visit, Depends(signed_in)]
CallerDep = Annotated[Caller, Depends(caller)]
VisitDep = Annotated[Visit, Depends(visit)]
PostedDep = Annotated[FormData, Depends(posted)]
