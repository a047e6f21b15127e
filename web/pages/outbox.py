"""The outbox: what waits, what is held, what failed, why, and what can be done about it."""

from enum import StrEnum

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from access.rules import Action, may_anywhere
from engine.holding import drop_held, release_held
from engine.inspecting import units
from engine.inspecting_queue import QueueFilter, Shown, queue_page
from engine.resending import ResendRefusedError, reroute, retry, retry_failed
from web.addresses import address, choice, given, own_path
from web.errors import PageNotFoundError
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of

router = APIRouter()
PER_PAGE = 50


class Channel(StrEnum):
    """The ways out."""

    EMAIL = "email"
    TEAMS = "teams"


@router.get("/outbox", response_class=HTMLResponse)
def show_outbox(
    visit: VisitDep,
    state: str | None = None,
    channel: str | None = None,
    unit: str | None = Query(None, max_length=40),
    after: str | None = Query(None, max_length=200),
) -> HTMLResponse:
    """Show messages about the cases this visitor may see, the newest first."""
    shown, way = choice("state", state, Shown), choice("channel", channel, Channel)
    filters = {"channel": way, "unit": given(unit)}
    found = queue_page(
        visit.place.engine, visit.actor, visit.now, QueueFilter(shown, way, filters["unit"]), PER_PAGE, given(after)
    )
    here = address("/outbox", filters, state=shown)
    return page(
        visit,
        "outbox.html.j2",
        found=found,
        filters=filters,
        shown=shown,
        tiles=[(s, found.counts[s], address("/outbox", filters, state=None if s is shown else s)) for s in Shown],
        channels=list(Channel),
        units=units(visit.place.engine, visit.actor),
        may_resend=may_anywhere(visit.actor, Action.RESEND),
        may_release=may_anywhere(visit.actor, Action.RUN),
        here=here,
        is_first=given(after) is None,
        following=address("/outbox", filters, state=shown, after=found.next_cursor) if found.next_cursor else None,
        is_filtered=any(filters.values()) or shown is not None,
    )


@router.post("/outbox/retry")
def receive_retry(visit: VisitDep, form: PostedDep) -> RedirectResponse:
    """Put one failed message back in the queue, or all of a channel."""
    engine, number = visit.place.engine, text_of(form, "message")
    if not number:
        way = choice("channel", text_of(form, "channel"), Channel)
        done = retry_failed(engine, visit.actor, visit.now, channel=way)
        visit.say("done", visit.words.count("outbox.retried", done.again), *_left(visit, done.left))
        return _back(form)
    try:
        retry(engine, _id(number), visit.actor, visit.now)
    except ResendRefusedError as refused:
        visit.say("problem", visit.words("outbox.refused"), visit.words(f"resend.{refused.cause}"))
    else:
        visit.say("done", visit.words.count("outbox.retried", 1))
    return _back(form)


@router.post("/outbox/reroute")
def receive_reroute(visit: VisitDep, form: PostedDep) -> RedirectResponse:
    """Send one message another way."""
    try:
        role = reroute(
            visit.place.engine, _id(text_of(form, "message")), given(text_of(form, "role")), visit.actor, visit.now
        )
    except ResendRefusedError as refused:
        visit.say("problem", visit.words("outbox.refused"), visit.words(f"resend.{refused.cause}"))
    else:
        visit.say("done", visit.words("outbox.rerouted", role=visit.words.named("role", role)))
    return _back(form)


@router.post("/outbox/held")
def receive_decision(visit: VisitDep, form: PostedDep) -> RedirectResponse:
    """Let what is held leave, or never."""
    engine = visit.place.engine
    match text_of(form, "do"):
        case "release":
            visit.say("done", visit.words.count("outbox.released", release_held(engine, visit.actor)))
        case "drop":
            visit.say("done", visit.words.count("outbox.dropped", drop_held(engine, visit.actor, visit.now)))
        case _:
            raise PageNotFoundError
    return _back(form)


def _left(visit: Visit, number: int) -> tuple[str, ...]:
    return (visit.words.count("outbox.left", number),) if number else ()


def _id(text: str) -> int:
    """Return the number of a message; raises `PageNotFoundError` for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise PageNotFoundError
    return int(text)


def _back(form: PostedDep) -> RedirectResponse:
    to = own_path(text_of(form, "back"))
    return RedirectResponse(to if to.startswith("/outbox") else "/outbox", 303)
