"""Pages out of templates: escaped, with an error for every name that is not there."""

from functools import lru_cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from engine.inspecting import Band
from engine.slots import role_of
from web.navigation import Navigation, navigation_of
from web.queue_words import CHANNEL_ICONS, QUEUE_ICONS, failure_words, why_words
from web.texts import Words
from web.visits import Caller, Visit
from workflows.dates import local_date

BAND_ICONS = {
    Band.OVERDUE: "alert",
    Band.WEEK: "clock",
    Band.LATER: "calendar",
    Band.PAUSED: "pause",
    Band.NONE: "dash",
}
OUTCOME_ICONS = {"sent": "check", "queued": "clock", "collapsed": "stack", "suppressed": "bell-off", "failed": "alert"}


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the packaged templates."""
    environment = Environment(
        loader=PackageLoader("web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        band_icons=BAND_ICONS, outcome_icons=OUTCOME_ICONS, queue_icons=QUEUE_ICONS, channel_icons=CHANNEL_ICONS
    )
    environment.filters.update(
        capitalize_first=lambda text: text[:1].upper() + text[1:],
        lower_first=lambda text: text[:1].lower() + text[1:],
        local_day=local_date,
        rung_words=rung_words,
        slot_words=slot_words,
        why_words=why_words,
        failure_words=failure_words,
    )
    return environment


def page(who: Caller, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page. What was left to be said is said on it, once."""
    visitor = who if isinstance(who, Visit) else None
    flashes, who.session.flashes = who.session.flashes, []
    html = (
        templates()
        .get_template(template)
        .render(
            t=who.words,
            d=who.dates,
            lang=who.words.language,
            csrf=who.csrf,
            visit=visitor,
            demo=who.place.demo is not None,
            nav=navigation_of(visitor) if visitor else Navigation(),
            path=_path(who),
            flashes=flashes,
            **context,
        )
    )
    return HTMLResponse(
        html, status, headers={"Content-Language": who.words.language, "Vary": "Cookie, Accept-Language"}
    )


def rung_words(rung: str, words: Words) -> str:
    """Return a rung of the ledger in words: "r1" is the first reminder, "e3#2" the third escalation's second time."""
    if rung.startswith("q"):
        return words("rung.quiet")
    key, _, time = rung.partition("#")
    named = words("rung.remind" if key.startswith("r") else "rung.escalate", n=key[1:])
    return words("rung.again", rung=named, n=time) if time else named


def slot_words(slot: str, words: Words) -> str:
    """Return whom a slot addresses, in words: "unit_manager:teams" is the unit manager by Teams."""
    role, channel = role_of(slot), slot.rpartition(":")[2]
    named = words.named("role", role)
    return f"{named} (Teams)" if channel == "teams" else named


def _path(who: Caller) -> str:
    """Return where to come back to after a change of language or persona: this page, if it can be asked for again."""
    url = who.request.url
    if who.request.method != "GET":
        return "/"
    return f"{url.path}?{url.query}" if url.query else url.path
