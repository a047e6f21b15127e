"""The first page: what is mine today, and what I can do about it without opening the case."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from engine.inspecting import Day, DayLine, Figure, Scope, Section, day_of, figures_of, scopes_of
from engine.undoing import undo_offer
from web.addresses import address, choice
from web.case_forms import move_blank, quiet_blanks
from web.forms import Blank, Form, Returned, fill
from web.live import Shown, fingerprint_address
from web.rendering import page
from web.sessions import Flashes
from web.visits import Visit, VisitDep

router = APIRouter()
SECTIONS = (Section.OVERDUE, Section.TODAY, Section.WEEK, Section.WAITING)
CASELOAD = ("unit", "programme", "state", "band", "coordinator", "q", "after")  # what `/` was filtered by before


@dataclass(frozen=True, slots=True)
class Item:
    """A line with its number on the page, where to come back to after acting, and its forms."""

    number: int
    line: DayLine
    back: str
    first: tuple[Form, ...]  # what would meet it or book its meeting
    quiet: tuple[Form, ...]  # acknowledge and snooze

    @property
    def is_open(self) -> bool:
        """Say whether one of its forms was just sent back."""
        return any(form.is_open for form in (*self.first, *self.quiet))


@router.get("/", response_class=HTMLResponse)
def show_day(
    visit: VisitDep,
    scope: str | None = None,
    undo: str | None = Query(None, max_length=12),
    at: int | None = Query(None, ge=1, le=999),
) -> Response:
    """Show what is to be done today, and (`undo`) offer to take back what was just done to a case.

    An address from when the list of cases was here leads to where it is now.
    """
    asked = visit.request.query_params
    if any(name in asked for name in CASELOAD):
        return RedirectResponse(f"/cases?{visit.request.url.query}", 308)
    return day_page(visit, choice("scope", scope, Scope), undo=undo, at=at)


def day_page(
    visit: Visit,
    scope: Scope | None,
    returned: tuple[str, str, Returned] | None = None,
    status: int = 200,
    undo: str | None = None,
    at: int | None = None,
) -> HTMLResponse:
    """Return the day.

    Args:
        visit: who looks.
        scope: whose day; None: her own, or of those she may look at the first.
        returned: (reference, kind of deadline, form) of a form that was refused.
        status: of the answer.
        undo: the case on which something was just done.
        at: the line at which it was done: what there is to say is said there, where she is, not on top of the page.
    """
    engine, actor = visit.place.engine, visit.actor
    scopes = scopes_of(actor)
    chosen = scope if scope in scopes else next(iter(scopes), Scope.MINE)
    day = day_of(engine, actor, visit.now, chosen)
    base = address("/", {"scope": chosen if chosen is not next(iter(scopes), chosen) else None})
    items = tuple(_item(visit, number, line, base, returned) for number, line in enumerate(_ordered(day), start=1))
    return page(
        visit,
        "day.html.j2",
        status,
        day=day,
        sections=tuple((section, tuple(i for i in items if i.line.section is section)) for section in SECTIONS),
        scope=chosen,
        tabs=tuple((address("/", {"scope": one}), one, one is chosen) for one in scopes) if len(scopes) > 1 else (),
        figures=_figures(visit, chosen),
        everything=_everything(visit, chosen),
        live=fingerprint_address([Shown(i.line.ref, i.line.seq) for i in items]),
        reload=base,
        undo=undo_offer(engine, undo, actor, visit.now) if undo else None,
        undo_back=f"{address(base, {'at': str(at)})}#n{at}" if at and "?" not in base else base,
        at=min(at, len(items)) if at else None,
        said=_said_here(visit) if at and items else [],
    )


def _said_here(visit: Visit) -> Flashes:
    """Return what there is to say, and let it be said nowhere else."""
    said, visit.session.flashes = visit.session.flashes, []
    return said


def _ordered(day: Day) -> tuple[DayLine, ...]:
    return tuple(line for section in SECTIONS for line in day.of(section))


def _item(visit: Visit, number: int, line: DayLine, base: str, returned: tuple[str, str, Returned] | None) -> Item:
    mine = returned[2] if returned and returned[:2] == (line.ref, line.kind) else None
    within = f"n{number}-"

    def filled(blank: Blank) -> Form:
        return fill(blank, visit.words, mine, within)

    quiet = quiet_blanks(line.kind, line.due_on, visit.words, visit.dates) if line.may_steer else ()
    moves = (move_blank(move, visit.words, visit.dates) for move in line.moves)
    return Item(number, line, f"{base}#n{number}", tuple(map(filled, moves)), tuple(map(filled, quiet)))


def _figures(visit: Visit, scope: Scope) -> tuple[tuple[Figure, Mapping[Section, str]], ...]:
    """Return the figures of a unit or of the house, each with the addresses of the cases it counts."""
    if scope is Scope.MINE:
        return ()
    name = "coordinator" if scope is Scope.UNIT else "unit"
    found = figures_of(visit.place.engine, visit.actor, visit.now, scope)
    return tuple((figure, _addresses(name, figure)) for figure in found)


def _addresses(name: str, figure: Figure) -> Mapping[Section, str]:
    bands = {Section.OVERDUE: "overdue", Section.TODAY: "week", Section.WEEK: "week"}
    key = figure.key if figure.key not in {"", "0"} else "nobody"
    return {section: address("/cases", {name: key, "band": band}) for section, band in bands.items()}


def _everything(visit: Visit, scope: Scope) -> str:
    return address("/cases", {"coordinator": "me" if scope is Scope.MINE and _coordinates(visit) else None})


def _coordinates(visit: Visit) -> bool:
    return "coordinator" in visit.member.roles
