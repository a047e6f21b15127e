"""The list of cases: found by reference, person or filter, and chosen several at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from access.rules import CARE_ROLES
from engine.finding_persons import NotANumberError, cases_of_person
from engine.inspecting import (
    Band,
    CaseFilter,
    CaseLine,
    Caseload,
    Colleague,
    ProgrammeTitles,
    Sort,
    caseload,
    colleagues,
    programme_titles,
    units,
)
from engine.saved_views import FILTERS, SavedView, views_of
from web.addresses import address, choice, given
from web.errors import BadAddressError
from web.live import Shown, fingerprint_address
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of
from workflows.model import Text

router = APIRouter()
PER_PAGE = 50
ME, NOBODY = "me", "nobody"
TILES = (Band.OVERDUE, Band.WEEK, Band.LATER, Band.PAUSED, Band.NONE)


@dataclass(frozen=True, slots=True)
class Tile:
    """A count that is also a filter. `address` of the chosen one leads back to everything; `count` in words."""

    band: Band
    count: str
    address: str
    chosen: bool


@router.get("/cases", response_class=HTMLResponse)
def show_caseload(
    visit: VisitDep,
    q: str | None = Query(None, max_length=20),
    after: str | None = Query(None, max_length=200),
    view: int | None = Query(None, ge=0, le=2**31),
) -> Response:
    """Show the cases this visitor may see; a plain address begins with the view she has chosen to begin with."""
    asked = visit.request.query_params
    filters = {name: given(asked.get(name)) for name in FILTERS} | {"q": given(q)}
    views = views_of(visit.place.engine, visit.actor)
    known = _begun_with(views, view, is_plain=not asked)
    if known is not None and not any(filters.values()):
        return RedirectResponse(address("/cases", {**known.filters, "view": str(known.id)}), 303)
    sort = choice("sort", filters["sort"], Sort) or Sort.URGENCY
    found = caseload(visit.place.engine, visit.actor, visit.now, wanted(visit, filters), PER_PAGE, given(after), sort)
    return _page(visit, found, filters, sort, views, chosen=view, is_first=given(after) is None)


@router.post("/cases/search", response_class=HTMLResponse)
def search_person(visit: VisitDep, form: PostedDep) -> Response:
    """Find the cases of a person by her number, which stands in no address; every case shown so is logged."""
    try:
        found = cases_of_person(visit.place.engine, visit.actor, text_of(form, "number"), visit.now)
    except NotANumberError:
        return page(visit, "person_search.html.j2", 422, found=(), wrong=True)
    if len(found) == 1:
        return RedirectResponse(f"/cases/{found[0]}", 303)
    return page(visit, "person_search.html.j2", found=found, wrong=False)


def wanted(visit: Visit, filters: Mapping[str, str | None]) -> CaseFilter:
    """Return a list's filters as the engine knows them.

    Raises:
        BadAddressError: one of them has a value that does not exist.
    """
    return CaseFilter(
        unit=filters["unit"],
        coordinator=_whose("coordinator", filters["coordinator"], visit),
        programme=filters["programme"],
        state=filters["state"],
        band=choice("band", filters["band"], Band),
        search=filters.get("q"),
        handler=_whose("handler", filters["handler"], visit),
        kind=filters["kind"],
    )


def _whose(name: str, text: str | None, visit: Visit) -> int | None:
    if text is None:
        return None
    if text in {ME, NOBODY}:
        return visit.member.staff_id if text == ME else 0
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadAddressError(name, f"{ME}, {NOBODY}, 1, 2 …")
    return int(text)


def _begun_with(views: Iterable[SavedView], asked: int | None, *, is_plain: bool) -> SavedView | None:
    """Return the view asked for; of a plain address, the one the visitor wants to begin with."""
    if asked is not None:
        return next((view for view in views if view.id == asked), None)
    return next((view for view in views if view.is_default), None) if is_plain else None


def _page(
    visit: Visit,
    found: Caseload,
    filters: Mapping[str, str | None],
    sort: Sort,
    views: tuple[SavedView, ...],
    *,
    chosen: int | None,
    is_first: bool,
) -> HTMLResponse:
    engine = visit.place.engine
    programmes = programme_titles(engine, visit.now)
    band = choice("band", filters["band"], Band)
    may_several = bool(set(visit.member.roles) & (CARE_ROLES | {"admin"}))
    current = address("/cases", filters) if any(filters.values()) else "/cases?view=0"
    return page(
        visit,
        "caseload.html.j2",
        found=found,
        groups=_groups(found, sort),
        sort=sort,
        sorts=tuple((address("/cases", filters, sort=one if one is not Sort.URGENCY else None), one) for one in Sort),
        tiles=_tiles(visit, found, filters, band),
        counted={band: count_in_words(visit, found, band) for band in TILES},
        filters=filters,
        band=band,
        units=units(engine, visit.actor),
        programmes=programmes,
        states=_titles(programmes, filters["programme"], "states"),
        kinds=_titles(programmes, filters["programme"], "deadlines"),
        people=_people(colleagues(engine, visit.actor)),
        is_coordinator="coordinator" in visit.member.roles,
        is_filtered=any(value for name, value in filters.items() if name != "sort"),
        is_first=is_first,
        following=address("/cases", filters, after=found.next_cursor) if found.next_cursor else None,
        beginning=current,
        everything=sum(found.counts.values()),
        is_more=bool(found.over or found.uncounted),
        views=views,
        view=next((view for view in views if view.id == chosen), None),
        kept={name: value for name, value in filters.items() if value and name in FILTERS},
        may_search=bool(set(visit.member.roles) & CARE_ROLES),
        may_several=may_several,
        live=fingerprint_address([Shown(line.ref, line.seq) for line in found.lines]),
        reload=address("/cases", filters, view=str(chosen) if chosen is not None else None),
    )


def _groups(found: Caseload, sort: Sort) -> tuple[tuple[Band | None, tuple[CaseLine, ...]], ...]:
    if sort is not Sort.URGENCY:
        return ((None, found.lines),) if found.lines else ()
    return tuple((band, tuple(lines)) for band, lines in groupby(found.lines, key=lambda line: line.band))


def _tiles(visit: Visit, found: Caseload, filters: Mapping[str, str | None], chosen: Band | None) -> tuple[Tile, ...]:
    return tuple(
        Tile(
            band,
            count_in_words(visit, found, band),
            _without(filters, band) if band is chosen else address("/cases", filters, band=band),
            band is chosen,
        )
        for band in TILES
    )


def _without(filters: Mapping[str, str | None], band: Band) -> str:
    rest = {name: value for name, value in filters.items() if value and value != band}
    return address("/cases", rest) if rest else "/cases?view=0"


def count_in_words(visit: Visit, found: Caseload, band: Band) -> str:
    """Return how many cases a band has: "12", "över 1 000", or a dash where nobody has counted."""
    if band in found.uncounted:
        return "–"
    number = visit.words.number(found.counts[band])
    return visit.words("caseload.over", n=number) if band in found.over else number


def _titles(programmes: tuple[ProgrammeTitles, ...], programme: str | None, what: str) -> Mapping[str, Text]:
    """Return the states or deadlines to filter by: those of the programme chosen, else of all of them."""
    chosen = [p for p in programmes if programme in (None, p.programme)]
    return {name: title for p in reversed(chosen) for name, title in getattr(p, what).items()}


def _people(found: Iterable[Colleague]) -> Mapping[str, tuple[Colleague, ...]]:
    people = tuple(found)
    return {
        "coordinator": tuple(one for one in people if one.role == "coordinator"),
        "handler": tuple(one for one in people if one.role == "handler"),
    }
