"""The first page: what is overdue, what comes within a week, what comes later."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from engine.inspecting import Band, CaseFilter, CaseLine, Caseload, ProgrammeTitles, caseload, programme_titles, units
from web.addresses import address, choice, given
from web.rendering import page
from web.visits import Visit, VisitDep
from workflows.model import Text

router = APIRouter()
PER_PAGE = 50
MINE = "me"
TILES = (Band.OVERDUE, Band.WEEK, Band.LATER, Band.PAUSED, Band.NONE)


@dataclass(frozen=True, slots=True)
class Tile:
    """A count that is also a filter. `address` of the chosen one leads back to everything."""

    band: Band
    count: int
    address: str
    chosen: bool


@router.get("/", response_class=HTMLResponse)
def show_caseload(
    visit: VisitDep,
    unit: str | None = None,
    programme: str | None = None,
    state: str | None = None,
    band: str | None = None,
    coordinator: str | None = None,
    q: str | None = Query(None, max_length=20),
    after: str | None = Query(None, max_length=200),
) -> HTMLResponse:
    """Show the cases this visitor may see, the most urgent first."""
    chosen = choice("band", band, Band)
    filters = {
        "unit": given(unit),
        "programme": given(programme),
        "state": given(state),
        "coordinator": MINE if coordinator == MINE else None,
        "q": given(q),
    }
    wanted = CaseFilter(
        unit=filters["unit"],
        coordinator=visit.member.staff_id if filters["coordinator"] else None,
        programme=filters["programme"],
        state=filters["state"],
        band=chosen,
        search=filters["q"],
    )
    found = caseload(visit.place.engine, visit.actor, visit.now, wanted, PER_PAGE, given(after))
    return _page(visit, found, filters, chosen, is_first=given(after) is None)


def _page(
    visit: Visit, found: Caseload, filters: Mapping[str, str | None], band: Band | None, *, is_first: bool
) -> HTMLResponse:
    programmes = programme_titles(visit.place.engine, visit.now)
    following = address("/", filters, band=band, after=found.next_cursor) if found.next_cursor else None
    return page(
        visit,
        "caseload.html.j2",
        found=found,
        groups=_groups(found),
        tiles=_tiles(found, filters, band),
        filters=filters,
        band=band,
        units=units(visit.place.engine, visit.actor),
        programmes=programmes,
        states=_states(programmes, filters["programme"]),
        is_coordinator="coordinator" in visit.member.roles,
        is_filtered=any(filters.values()) or band is not None,
        is_first=is_first,
        following=following,
        beginning=address("/", filters, band=band),
        everything=sum(found.counts.values()),
    )


def _groups(found: Caseload) -> tuple[tuple[Band, tuple[CaseLine, ...]], ...]:
    return tuple((band, tuple(lines)) for band, lines in groupby(found.lines, key=lambda line: line.band))


def _tiles(found: Caseload, filters: Mapping[str, str | None], chosen: Band | None) -> tuple[Tile, ...]:
    return tuple(
        Tile(band, found.counts[band], address("/", filters, band=None if band is chosen else band), band is chosen)
        for band in TILES
    )


def _states(programmes: tuple[ProgrammeTitles, ...], programme: str | None) -> Mapping[str, Text]:
    """Return the states to filter by: those of the programme chosen, else of all of them."""
    chosen = [p for p in programmes if programme in (None, p.programme)]
    return {name: title for p in reversed(chosen) for name, title in p.states.items()}
