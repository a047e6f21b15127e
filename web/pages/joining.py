"""Taking up an invitation: a password, a telephone that tells codes, and recovery codes shown once."""

import segno
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from access.passwords import SHORTEST, WeakPasswordError
from engine.enrolling import enrol, offer_of
from engine.signing_in import CodeRefusedError
from web.errors import explain
from web.rendering import page
from web.visits import Caller, OutsideDep, PostedDep, let_in, text_of, visit

router = APIRouter()


@router.get("/join/{code}", response_class=HTMLResponse)
def show_invitation(who: OutsideDep, code: str) -> Response:
    """Ask for a password, and show the secret of the one-time codes as a picture and in text."""
    return _invitation_page(who, code)


@router.post("/join/{code}", response_class=HTMLResponse)
def receive_invitation(who: OutsideDep, form: PostedDep, code: str) -> Response:
    """Make the account, and show its recovery codes."""
    password = text_of(form, "password")
    if password != text_of(form, "again"):
        return _invitation_page(who, code, 422, password_problem=who.words("join.differ"))
    place = who.place
    try:
        made = enrol(place.engine, code, password, text_of(form, "otp"), who.came_from, who.now, place.entrance.limits)
    except WeakPasswordError as error:
        return _invitation_page(who, code, 422, password_problem=who.words(f"join.weak.{error.cause}", n=SHORTEST))
    except CodeRefusedError as error:
        return _invitation_page(who, code, 422, code_problem=explain(error, who.words).text)
    let_in(who, made.session)
    return page(visit(who.request), "codes.html.j2", codes=made.codes)


def _invitation_page(
    who: Caller, code: str, status: int = 200, *, password_problem: str = "", code_problem: str = ""
) -> HTMLResponse:
    offer = offer_of(who.place.engine, code, who.now)
    return page(
        who,
        "join.html.j2",
        status,
        offer=offer,
        action=f"/join/{code}",
        picture=_picture(offer.address),
        secret=" ".join(offer.secret[start : start + 4] for start in range(0, len(offer.secret), 4)),
        shortest=SHORTEST,
        password_problem=password_problem,
        code_problem=code_problem,
    )


def _picture(text: str) -> str:
    """Return a text as a QR code, to be shown as an image without being asked for anywhere."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")
