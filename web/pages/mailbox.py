"""The demo's mailbox: every mail and card that left, as it arrived."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, Response

from web.addresses import address, given
from web.demo_door import CaughtItem, DemoDoor
from web.errors import BadAddressError, PageNotFoundError
from web.guard import MAIL_POLICY
from web.mail_reading import open_mail, read_card
from web.pages.journeys import Demo
from web.rendering import page
from web.visits import VisitDep

router = APIRouter()
PER_PAGE = 50
Kind = Literal["mail", "card"]
Number = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/mailbox", response_class=HTMLResponse)
def show_mailbox(
    visit: VisitDep,
    demo: Demo,
    kind: str | None = None,
    ref: str | None = Query(None, max_length=20),
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """Show what was caught, newest first."""
    chosen, about = _kind(given(kind)), (given(ref) or "").upper() or None
    filters = {"kind": chosen, "ref": about}
    total = demo.mailbox.count(chosen, about)
    items = demo.mailbox.list(PER_PAGE, (number - 1) * PER_PAGE, chosen, about)
    more = number * PER_PAGE < total
    return page(
        visit,
        "mailbox.html.j2",
        items=items,
        total=total,
        filters=filters,
        kinds=[(k, demo.mailbox.count(k, about), address("/mailbox", filters, kind=k)) for k in (None, "mail", "card")],
        following=address("/mailbox", filters, page=str(number + 1)) if more else None,
        earlier=address("/mailbox", filters, page=str(number - 1)) if number > 1 else None,
    )


def _kind(value: str | None) -> Kind | None:
    match value:
        case None | "mail" | "card":
            return value
        case _:
            raise BadAddressError("kind", "mail, card")


@router.get("/mailbox/{number}", response_class=HTMLResponse)
def show_item(visit: VisitDep, demo: Demo, number: Number) -> HTMLResponse:
    """Show one mail or card, as it looks and as it was sent."""
    item = _item(demo, number)
    if item.kind == "card":
        blocks, source = read_card(item)
        return page(visit, "card.html.j2", item=item, blocks=blocks, source=source)
    return page(visit, "mail.html.j2", item=item, mail=open_mail(item))


@router.get("/mailbox/{number}/html")
def show_html(_visit: VisitDep, demo: Demo, number: Number) -> Response:
    """Give a mail's HTML for the frame on its page: sandboxed by its own policy, whoever opens it."""
    item = _item(demo, number)
    html = open_mail(item).html if item.kind == "mail" else ""
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def _item(demo: DemoDoor, number: int) -> CaughtItem:
    item = demo.mailbox.get(number)
    if item is None:
        raise PageNotFoundError
    return item
