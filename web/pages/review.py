"""Reviewing who has read about whom: what stands out, a sample, broken glass; signed; and the extract for a patient."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from access.personnumbers import PersonalNumber, PersonalNumberError
from access.rules import Action, may_anywhere
from engine.breaking_glass import openings, review_opening
from engine.reviewing import Conclusion, ReviewLine, Sign, patient_extract, review, sign_review, signed_reviews
from engine.staffing import BadEntryError
from web.addresses import choice, day
from web.errors import BadAddressError, PageNotFoundError
from web.rendering import page
from web.visits import PostedDep, Visit, VisitDep, text_of
from workflows.dates import at_local

router = APIRouter()
USUAL = timedelta(days=30)
LONGEST = timedelta(days=400)
LONGEST_NUMBER = 64


@router.get("/review", response_class=HTMLResponse)
def show_review(visit: VisitDep, since: str | None = None, until: str | None = None) -> HTMLResponse:
    """Show the readings of a time that stand out, a sample of the others, and broken glass that waits."""
    first, last = day("since", since), day("until", until)
    last = last or visit.dates.today
    first = first or last - USUAL
    if not timedelta(0) <= last - first <= LONGEST:
        raise BadAddressError("since", f"at most {LONGEST.days} days before until")
    return _review_page(visit, first, last)


@router.post("/review/sign")
def receive_signature(visit: VisitDep, form: PostedDep) -> RedirectResponse:
    """Keep the protocol of the very review that was shown: the same time and the same draw."""
    signer, conclusion = visit.place.engine.signer, choice("conclusion", text_of(form, "conclusion"), Conclusion)
    if signer is None or conclusion is None:
        raise PageNotFoundError
    begun, ended, seed = _instant(form, "since"), _instant(form, "until"), _seed(form)
    engine, actor = visit.place.engine, visit.actor
    done = review(engine, actor, begun, ended, visit.now, seed=seed)
    try:
        number = sign_review(engine, signer, actor, done, conclusion, visit.now, text_of(form, "note"))
    except BadEntryError:
        visit.say("problem", visit.words("review.note.long"))
    else:
        visit.say("done", visit.words("review.signed", n=number))
    return RedirectResponse("/review", 303)


@router.post("/review/openings")
def receive_opening(visit: VisitDep, form: PostedDep) -> RedirectResponse:
    """Note what the review of one opening came to."""
    conclusion, seq = choice("conclusion", text_of(form, "conclusion"), Conclusion), text_of(form, "seq")
    if conclusion is None or not (seq.isascii() and seq.isdecimal() and len(seq) < 10):
        raise PageNotFoundError
    engine, ref = visit.place.engine, text_of(form, "ref")
    try:
        review_opening(engine, ref, int(seq), conclusion, visit.actor, visit.now, text_of(form, "note"))
    except BadEntryError:
        visit.say("problem", visit.words("review.note.long"))
    else:
        visit.say("done", visit.words("review.opening.done"))
    return RedirectResponse("/review", 303)


@router.post("/review/extract", response_class=HTMLResponse)
def receive_number(visit: VisitDep, form: PostedDep) -> Response:
    """Show the extract of one person, to be printed. Her number is in no address and not repeated."""
    try:
        number = PersonalNumber.parse(text_of(form, "number")[:LONGEST_NUMBER], today=visit.dates.today)
    except PersonalNumberError:
        visit.say("problem", visit.words("review.extract.number"))
        return RedirectResponse("/review", 303)
    lines = patient_extract(visit.place.engine, number, visit.actor, visit.now)
    return page(visit, "extract.html.j2", lines=lines)


def _review_page(visit: Visit, first: date, last: date) -> HTMLResponse:
    engine, actor, seed = visit.place.engine, visit.actor, secrets.randbelow(2**31)
    begun = _midnight(first)
    ended = max(begun, min(_midnight(last + timedelta(days=1)), visit.now))
    found = review(engine, actor, begun, ended, visit.now, seed=seed)
    return page(
        visit,
        "review.html.j2",
        found=found,
        since=first,
        until=last,
        seed=seed,
        signs=[(sign, _of(found.lines, sign)) for sign in Sign],
        openings=openings(engine, actor, visit.now),
        reviews=signed_reviews(engine, actor),
        conclusions=list(Conclusion),
        may_sign=engine.signer is not None and actor.staff_id is not None,
        may_see_cases=may_anywhere(actor, Action.SEE_CASE),
    )


def _of(lines: Sequence[ReviewLine], sign: Sign) -> list[ReviewLine]:
    """Return the readings whose first sign this is: each is looked at once."""
    return [line for line in lines if line.signs[0] is sign]


def _midnight(on: date) -> datetime:
    return at_local(on, time())


def _instant(form: PostedDep, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text_of(form, name)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadAddressError(name, "an instant in ISO 8601") from None


def _seed(form: PostedDep) -> int:
    text = text_of(form, "seed")
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise BadAddressError("seed", "a whole number")
    return int(text)
