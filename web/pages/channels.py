"""The ways out: whether email and each unit's Teams connection work; connect, test, mend."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from engine.connecting import set_team_channel
from engine.inspecting_channels import channel_views
from engine.resending import retry_failed
from engine.staffing import BadEntryError
from engine.trying_channels import Tried, try_email, try_team
from notifications.channels.teams import WebhookUrlError
from web.errors import PageNotFoundError
from web.queue_words import failure_words
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of

router = APIRouter()


@router.get("/channels", response_class=HTMLResponse)
def show_channels(visit: VisitDep) -> HTMLResponse:
    """Show the ways out that this visitor answers for."""
    return _channels_page(visit)


@router.post("/channels/connect")
def receive_address(visit: VisitDep, form: PostedDep) -> Response:
    """Give a unit its Teams connection, in place of the one it had. The address is never shown again."""
    teams, unit = visit.place.engine.teams, text_of(form, "unit")
    if teams is None:
        raise PageNotFoundError
    language = "en" if text_of(form, "language") == "en" else "sv"
    try:
        label = set_team_channel(
            visit.place.engine, unit, text_of(form, "url"), teams.settings, visit.actor, language=language
        )
    except WebhookUrlError as refused:
        return _channels_page(visit, 422, unit, refused.explain(visit.words.language))
    except BadEntryError:
        return _channels_page(visit, 422, unit, visit.words("failure.webhook_url"))
    visit.say("done", visit.words("channels.connected"), label)
    return RedirectResponse("/channels", 303)


@router.post("/channels/test")
def receive_test(visit: VisitDep, form: PostedDep) -> RedirectResponse:
    """Send a test message, and say what came of it."""
    unit, engine = text_of(form, "unit"), visit.place.engine
    tried = try_team(engine, unit, visit.actor, visit.now) if unit else try_email(engine, visit.actor, visit.now)
    visit.say(*_told(visit, tried, to_team=bool(unit)))
    return RedirectResponse("/channels", 303)


@router.post("/channels/retry")
def receive_retry(visit: VisitDep, form: PostedDep) -> RedirectResponse:
    """Put what failed on a channel back in the queue."""
    unit = text_of(form, "unit")
    way = "teams" if unit else "email"
    done = retry_failed(visit.place.engine, visit.actor, visit.now, channel=way, unit=unit or None)
    visit.say("done", visit.words.count("outbox.retried", done.again))
    return RedirectResponse("/channels", 303)


def _told(visit: Visit, tried: Tried, *, to_team: bool) -> tuple[str, ...]:
    if tried.code is not None:
        return "problem", visit.words("channels.test.failed"), failure_words(tried.code, None, visit.words)
    arrived = visit.words("channels.test.team" if to_team else "channels.test.mail")
    more = (visit.words("channels.test.mended"),) if tried.mended else ()
    return ("done", visit.words("channels.test.done"), arrived, *more)


def _channels_page(visit: Visit, status: int = 200, unit: str = "", problem: str = "") -> HTMLResponse:
    views = channel_views(visit.place.engine, visit.actor, visit.now)
    return page(visit, "channels.html.j2", status, views=views, refused=unit, problem=problem)
