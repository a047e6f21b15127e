"""The calendar: deadlines and meetings by month and week, as a grid and as a list; and a feed to subscribe to."""

import calendar as months
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from engine.feeding import FeedBusyError, FeedGoneError, make_feed, own_feed, read_feed, revoke_feed
from engine.inspecting import units
from engine.inspecting_calendar import CalendarEntry, Whose, calendar_entries
from web.addresses import address, choice, day, given
from web.errors import BadAddressError
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, place_of

router = APIRouter()
MINE = "me"
WEEK = timedelta(days=7)
FIRST_YEAR, LAST_YEAR = 2000, 2100


class View(StrEnum):
    """How much is shown at once."""

    MONTH = "month"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the grid."""

    day: date
    entries: tuple[CalendarEntry, ...]
    within: bool
    today: bool


@router.get("/calendar", response_class=HTMLResponse)
def show_calendar(
    visit: VisitDep,
    view: str | None = None,
    on: str | None = None,
    whose: str | None = Query(None, max_length=40),
) -> HTMLResponse:
    """Show a month or a week."""
    return _calendar_page(visit, choice("view", view, View) or View.MONTH, day("on", on), given(whose))


@router.post("/calendar/feed", response_class=HTMLResponse)
def receive_wish(visit: VisitDep, _form: PostedDep) -> HTMLResponse:
    """Make a feed, and show its address once."""
    secret = make_feed(visit.place.engine, visit.actor, visit.now)
    return page(visit, "feed.html.j2", link=f"{visit.place.engine.public_url}/calendar/feed/{secret}.ics")


@router.post("/calendar/feed/revoke")
def receive_revocation(visit: VisitDep, _form: PostedDep) -> RedirectResponse:
    """Let the feed open nothing any more."""
    revoke_feed(visit.place.engine, visit.actor, visit.now)
    visit.say("done", visit.words("calendar.feed.revoked"))
    return RedirectResponse("/calendar", 303)


@router.get("/calendar/feed/{secret}.ics")
def give_feed(request: Request, secret: str) -> Response:
    """Give a calendar to whoever has its address; no session, no cookie, nothing else."""
    place = place_of(request)
    try:
        feed = read_feed(place.engine, secret, place.clock())
    except FeedGoneError:
        return PlainTextResponse("There is no such calendar.\n", 404)
    except FeedBusyError as busy:
        wait = str(int(busy.wait.total_seconds()) + 1)
        return PlainTextResponse("Asked too often.\n", 429, headers={"Retry-After": wait})
    headers = {"ETag": feed.tag, "Cache-Control": "private, no-cache"}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if feed.tag in known:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="bevaka.ics"'
    return Response(feed.octets, media_type="text/calendar; charset=utf-8", headers=headers)


def _calendar_page(visit: Visit, view: View, on: date | None, whose: str | None) -> HTMLResponse:
    chosen = on or visit.dates.today
    if not FIRST_YEAR <= chosen.year <= LAST_YEAR:
        raise BadAddressError("on", f"{FIRST_YEAR}-01-01 … {LAST_YEAR}-12-31")
    choices = units(visit.place.engine, visit.actor)
    whose = whose or _usual(visit, [unit.code for unit in choices])
    weeks = _weeks(chosen) if view is View.MONTH else [_week(chosen)]
    entries = calendar_entries(
        visit.place.engine,
        visit.actor,
        visit.now,
        weeks[0][0],
        weeks[-1][-1],
        Whose(None if whose == MINE else whose),
    )
    filters = {"view": view, "whose": whose}
    return page(
        visit,
        "calendar.html.j2",
        view=view,
        views=[(one, address("/calendar", filters, view=one, on=chosen.isoformat())) for one in View],
        chosen=chosen,
        whose=whose,
        units=choices,
        rows=_rows(weeks, entries, chosen, view, visit.dates.today),
        days=_days(entries, chosen, view),
        weekdays=weeks[0],
        before=address("/calendar", filters, on=_moved(chosen, view, -1).isoformat()),
        after=address("/calendar", filters, on=_moved(chosen, view, 1).isoformat()),
        now=address("/calendar", filters),
        feed=own_feed(visit.place.engine, visit.actor),
    )


def _usual(visit: Visit, codes: Sequence[str]) -> str:
    """Return whose calendar one wants to see first: her own if she has cases of her own, else a unit's."""
    has_own = bool({"coordinator", "deputy", "handler"} & set(visit.member.roles))
    return MINE if has_own or not codes else codes[0]


def _weeks(chosen: date) -> list[list[date]]:
    """Return the weeks of a month, Monday first, with the days around it that fill them."""
    return months.Calendar(firstweekday=0).monthdatescalendar(chosen.year, chosen.month)


def _week(chosen: date) -> list[date]:
    monday = chosen - timedelta(days=chosen.weekday())
    return [monday + timedelta(days=number) for number in range(7)]


def _rows(
    weeks: Iterable[Sequence[date]], entries: Iterable[CalendarEntry], chosen: date, view: View, today: date
) -> list[tuple[int, list[Cell]]]:
    by_day: dict[date, list[CalendarEntry]] = {}
    for entry in entries:
        by_day.setdefault(entry.day, []).append(entry)
    return [
        (
            week[0].isocalendar().week,
            [
                Cell(one, tuple(by_day.get(one, ())), view is View.WEEK or one.month == chosen.month, one == today)
                for one in week
            ],
        )
        for week in weeks
    ]


def _days(entries: Iterable[CalendarEntry], chosen: date, view: View) -> list[tuple[date, list[CalendarEntry]]]:
    """Return the days on which something is, as the list shows them: of a month only its own."""
    found: dict[date, list[CalendarEntry]] = {}
    for entry in entries:
        if view is View.WEEK or entry.day.month == chosen.month:
            found.setdefault(entry.day, []).append(entry)
    return list(found.items())


def _moved(chosen: date, view: View, steps: int) -> date:
    if view is View.WEEK:
        return chosen + steps * WEEK
    month = chosen.year * 12 + chosen.month - 1 + steps
    return date(month // 12, month % 12 + 1, 1)
