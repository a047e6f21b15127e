"""The ledger: what became of every rung."""

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from engine.inspecting import LedgerFilter, accounts_of, ledger_lines
from web.addresses import address, choice, day, given
from web.rendering import page
from web.visits import VisitDep
from workflows.ladders import Outcome, Reason

router = APIRouter()
PER_PAGE = 100


@router.get("/ledger", response_class=HTMLResponse)
def show_ledger(
    visit: VisitDep,
    outcome: str | None = None,
    reason: str | None = None,
    ref: str | None = Query(None, max_length=20),
    since: str | None = None,
    until: str | None = None,
    after: str | None = Query(None, max_length=400),
) -> HTMLResponse:
    """Show the ledger of the cases this visitor may see, the newest entries first."""
    chosen, why = choice("outcome", outcome, Outcome), choice("reason", reason, Reason)
    first, last = day("since", since), day("until", until)
    filters = {
        "reason": why,
        "ref": given(ref),
        "since": first.isoformat() if first else None,
        "until": last.isoformat() if last else None,
    }
    wanted = LedgerFilter(chosen, why, filters["ref"], first, last)
    engine = visit.place.engine
    found = ledger_lines(engine, visit.actor, visit.now, wanted, PER_PAGE, given(after))
    return page(
        visit,
        "ledger.html.j2",
        found=found,
        filters=filters,
        outcome=chosen,
        outcomes=[
            (o, found.counts[o], address("/ledger", filters, outcome=None if o is chosen else o)) for o in Outcome
        ],
        reasons=list(Reason),
        accounts=accounts_of(engine, visit.now),
        is_first=given(after) is None,
        beginning=address("/ledger", filters, outcome=chosen),
        following=address("/ledger", filters, outcome=chosen, after=found.next_cursor) if found.next_cursor else None,
        is_filtered=any(filters.values()) or chosen is not None,
    )
